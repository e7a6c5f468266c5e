/** A program that takes its system for one without start method "process", and says what it finds there. */

import type * as mp from "../../../mod.ts";
import { process } from "../../host.ts";

export async function greet(queue: mp.Queue<string>): Promise<void> {
  await queue.put("hello");
}

Object.defineProperty(process, "platform", { value: "darwin" });
const { Deno } = globalThis as unknown as { Deno?: object };
if (Deno !== undefined) {
  Object.defineProperty(globalThis, "Deno", { value: Object.create(Deno, { build: { value: { os: "darwin" } } }) });
}
// Not before: what the package finds out as it loads must be found out here.
const { getAllStartMethods, getContext, getStartMethod, isMain, Process, Queue } = await import("../../../mod.ts");

if (isMain(import.meta)) {
  console.log(getAllStartMethods().join(), getStartMethod());
  const queue = new Queue<string>(), child = new Process({ target: greet, args: [queue] });
  await child.start();
  console.log(await queue.get(), await child.join());
  try {
    new (getContext("process").Queue)();
  } catch (error) {
    console.log(`${(error as Error).name}: ${(error as Error).message}`);
  }
}
