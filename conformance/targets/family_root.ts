/** A program whose ten children (and a grandchild) work for ever; it says their pids, then works too, or ends. */

import { process } from "../host.ts";
import { getContext, isMain } from "../../mod.ts";
import { workForEver } from "./death.ts";

export { workForEver };

async function main(): Promise<void> {
  const mp = getContext(process.env["MP_METHOD"] === "worker" ? "worker" : "process");
  const pids = new mp.Queue<number>(), end = process.argv[2];
  // A thread that computes can't be stopped on Deno, and would keep the program from ending by itself.
  const spin = end === "spin" ? ["nest", "spin", "spin", "spin", "spin"] : ["nest", "queue", "queue", "queue", "queue"];
  const kinds = ["queue", "shared", "queue", "shared", "shared", ...spin];
  const children = kinds.map((how) =>
    new mp.Process({ target: workForEver, args: [pids, how], daemon: end === "return" })
  );
  await Promise.all(children.map((one) => one.start()));
  const all: number[] = [];
  for (let i = 0; i < kinds.length + 1; i++) all.push(await pids.get());
  console.log(`pids ${all.join(" ")}`);
  if (end === "exit") process.exit(3);
  if (end === "return") return;
  if (end === "spin") await pids.get();
  await pids.get();
}

if (isMain(import.meta)) await main();
