/** Program 6 of the tutorial: ten processes fill a dict that a server process keeps. */

import { setTimeout as sleep } from "node:timers/promises";
import { type DictProxy, isMain, Manager, Process } from "../mod.ts";

/** A dict as the tutorial shows it. */
async function show(d: DictProxy<number, number>): Promise<void> {
  const entries = (await d.entries()).sort(([a], [b]) => a - b);
  console.log(`{${entries.map(([key, value]) => `${key}: ${value}`).join(", ")}}`);
}

/** What every process does. */
export async function f(d: DictProxy<number, number>, name: number): Promise<void> {
  await sleep(100);
  await d.set(name, name * name);
  await show(d);
}

if (isMain(import.meta)) {
  await using manager = await Manager();
  const d = await manager.dict<number, number>();
  const processes: Process[] = [];
  for (let i = 0; i < 10; i++) {
    const p = new Process({ target: f, args: [d, i] });
    p.start();
    processes.push(p);
  }
  for (const p of processes) await p.join();
  await show(d);
}
