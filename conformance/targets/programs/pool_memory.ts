/** A program, to be run with a small heap, one of whose tasks needs more memory than there is. */

import { isMain, task } from "../../../mod.ts";
import { mp } from "../context.ts";

/** Fills the heap on item 3. */
export function fill(i: number): number {
  if (i !== 3) return i;
  const newest: { before?: unknown } = {};
  for (;;) newest.before = { before: newest.before, numbers: [0.5, 1] };
}
task(import.meta, fill);

if (isMain(import.meta)) {
  const pool = new mp.Pool(2);
  const outcomes = await pool.mapSettled(fill, [0, 1, 2, 3, 4, 5], { chunksize: 1 });
  const lost = await pool.apply(fill, [3]).catch((error: unknown) => error as Error);
  for (const outcome of outcomes) {
    console.log(outcome.status === "fulfilled" ? outcome.value : (outcome.reason as Error).name);
  }
  console.log((lost as Error).name, await pool.apply(fill, [6]));
  pool.close();
  await pool.join();
}
