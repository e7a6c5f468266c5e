/** A program that neither closes nor joins its pools: one has worked, one never did. */

import { isMain } from "../../../mod.ts";
import { mp } from "../context.ts";
import { square } from "../pool/tasks.ts";

if (isMain(import.meta)) {
  new mp.Pool(1);
  const pool = new mp.Pool(2);
  console.log((await pool.map(square, [1, 2, 3])).join(" "));
}
