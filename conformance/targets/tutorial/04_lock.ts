/** The tutorial's fourth program: a lock at the top of the module, which children reach by its name. */

import { type Queue, task } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";

export const SLEEP = 20;
export const lock = new mp.Lock({ name: "tutorial/lock" });
/** How many are inside now; only touched by whoever is. */
const inside = new mp.RawValue("i", 0, { name: "tutorial/inside" });

/** True if nobody else came in meanwhile. */
async function alone(): Promise<boolean> {
  const before = inside.value;
  inside.value = before + 1;
  await sleep(SLEEP);
  const during = inside.value;
  inside.value = during - 1;
  return before === 0 && during === 1;
}

export async function f(name: number, reports: Queue<[number, boolean]>): Promise<void> {
  await lock.acquire();
  await reports.put([name, await alone()]);
  lock.release();
}
task(import.meta, f);

/** As `f`; numbers that are multiples of three throw while they are inside. */
export async function sometimesThrows(name: number, reports: Queue<[number, boolean]>): Promise<void> {
  const work = async () => {
    await reports.put([name, await alone()]);
    if (name % 3 === 0) throw new Error(`${name} throws inside`);
  };
  if (name % 2 === 0) return await lock.with(work);
  const held = await lock.hold();
  try {
    await work();
  } finally {
    held[Symbol.dispose](); // what `using held = …` does
  }
}
task(import.meta, sometimesThrows);
