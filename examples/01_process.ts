/** Program 1 of the tutorial: ten processes say hello at the same time, each with its parent's id and its own. */

import { setTimeout as sleep } from "node:timers/promises";
import { currentProcess, isMain, parentProcess, Process } from "../mod.ts";

/** What every process does. */
export async function f(name: number): Promise<void> {
  await sleep(100);
  console.log(`hello ${name}   parent ${parentProcess()?.ident}   me ${currentProcess().ident}`);
}

// What is out here runs in every process that loads this file; what is in there, only in the program itself.
if (isMain(import.meta)) {
  const processes: Process[] = [];
  for (let i = 0; i < 10; i++) {
    const p = new Process({ target: f, args: [i] });
    p.start();
    processes.push(p);
  }
  for (const p of processes) await p.join();
}
