/** A program that neither closes nor joins its pools: one has worked, one never did, of one the tasks were cancelled. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";
import { never, square } from "../pool/tasks.ts";

if (isMain(import.meta)) {
  new mp.Pool(1);
  const cancelled = new mp.Pool(1);
  await cancelled.apply(square, [1]);
  const results = [cancelled.applyAsync(never), cancelled.applyAsync(square, [1]), cancelled.mapAsync(square, [1, 2])];
  for (const result of results) result.cancel();
  const pool = new mp.Pool(2);
  console.log((await pool.map(square, [1, 2, 3])).join(" "));
}
