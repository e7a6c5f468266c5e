/** Program 5 of the tutorial: ten processes write to a number and an array in shared memory. */

import { setTimeout as sleep } from "node:timers/promises";
import { isMain, Process, SharedArray, Value } from "../mod.ts";

/** What every process does. */
export async function f(n: Value, a: Int32Array, name: number): Promise<void> {
  await sleep(100);
  n.value = name * name;
  for (let i = 0; i < a.length; i++) a[i] = -i;
}

if (isMain(import.meta)) {
  const num = new Value("d", 0.0); // "d": a double
  const arr = new SharedArray("i", [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]); // "i": signed integers; a real Int32Array
  const processes: Process[] = [];
  for (let i = 0; i < 10; i++) {
    const p = new Process({ target: f, args: [num, arr, i] });
    p.start();
    processes.push(p);
  }
  for (const p of processes) await p.join();
  console.log(num.value); // of whoever wrote last
  console.log(`[${arr.join(", ")}]`);
}
