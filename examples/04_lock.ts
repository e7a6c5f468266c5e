/** Program 4 of the tutorial: a lock at the top of the module lets one process at a time print. */

import { setTimeout as sleep } from "node:timers/promises";
import { currentProcess, isMain, Lock, parentProcess, Process } from "../mod.ts";

// The name makes it one lock in all processes.
const lock = new Lock({ name: "examples/print" });

/** What every process does. */
export async function f(name: number): Promise<void> {
  await lock.acquire();
  await sleep(50);
  console.log(`hello--${name}`);
  console.log(parentProcess()?.ident, "-----------", currentProcess().ident);
  lock.release(); // `await lock.with(async () => { … })` does so whatever happens
}

if (isMain(import.meta)) {
  const processes: Process[] = [];
  for (let i = 0; i < 10; i++) {
    const p = new Process({ target: f, args: [i] });
    p.start();
    processes.push(p);
  }
  for (const p of processes) await p.join();
}
