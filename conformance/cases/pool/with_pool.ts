/** What the cases of the pool have in common. */

import { assert } from "../../assert.ts";
import type { Env } from "../../case.ts";
import type { Pool, PoolOptions } from "../../../mod.ts";

/** Milliseconds in which a pool that has nothing left to do must have ended, on a busy machine. */
export const ENDS = 20_000;

/** Hands a pool to `use`; closes and joins it, or terminates it when `use` failed. */
export async function withPool(
  { mp }: Env,
  options: number | PoolOptions,
  use: (pool: Pool) => Promise<void>,
): Promise<void> {
  const pool = new mp.Pool(options);
  try {
    await use(pool);
  } catch (error) {
    pool.terminate();
    throw error;
  }
  pool.close();
  assert(await pool.join({ timeout: ENDS }), "a closed pool without work does not end");
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** 0 … n - 1 */
export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}
