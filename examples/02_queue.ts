/** Program 2 of the tutorial: a queue at the top of the module, which every process reaches without being handed it. */

import { setTimeout as sleep } from "node:timers/promises";
import { isMain, Process, Queue } from "../mod.ts";

// The name makes it one queue in all processes: without it, each that loads this file would make one of its own.
const q = new Queue<[string]>({ name: "examples/hellos" });

/** What every process does. */
export async function f(name: number): Promise<void> {
  await sleep(100);
  await q.put([`hello${name}`]);
}

if (isMain(import.meta)) {
  const processes: Process[] = [];
  for (let i = 0; i < 10; i++) {
    const p = new Process({ target: f, args: [i] });
    p.start();
    processes.push(p);
  }
  // Joined before anything is read: an item that is put is in shared memory, and needs nobody to wait for it.
  for (const p of processes) await p.join();
  for (let i = 0; i < 10; i++) console.log(await q.get());
}
