/** A program that ends in the way its argument names, with exit hooks and a child that ends later than its main module. */

import { currentProcess, exit, isMain } from "../../../mod.ts";
import { process, sleep } from "../../host.ts";
import { argument } from "../../program.ts";
import { mp } from "../context.ts";

/** Ends when told to, and says so. */
export async function endWhenTold(queue: InstanceType<typeof mp.Queue>): Promise<void> {
  await queue.get();
  console.log("child ends");
}

async function main(): Promise<void> {
  const how = argument(0), queue = new mp.Queue();
  currentProcess().onExit(() => console.log("first hook"));
  currentProcess().onExit(async () => {
    await sleep(20);
    console.log("last hook");
    // Children are awaited after the hooks: so a hook can tell them to end.
    await queue.put(null);
  });
  currentProcess().onExit(() => console.log("withdrawn"))[Symbol.dispose]();
  currentProcess().onExit(() => {
    throw new Error("a hook's own error");
  });
  if (how !== "return") await new mp.Process({ target: endWhenTold, args: [queue] }).start();
  if (how === "timer") setTimeout(() => exit(7), 5);
  if (how === "process.exit") process.exit(9);
  if (how === "throw") throw new RangeError("nobody catches this");
  if (how === "reject") void Promise.reject(new RangeError("nobody catches this"));
  try {
    if (how === "exit") exit(7 + 256);
  } finally {
    console.log("unwinds");
  }
}

if (isMain(import.meta)) await main();
