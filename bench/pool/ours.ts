/** Our pool as a contestant, and what its workers do. */

import { type MapOptions, Pool, task } from "../../mod.ts";
import { byCalls, checkSquares, type Contestant } from "./contestant.ts";

const square = task(import.meta, (x: number) => x * x, "square");

/** Keeps a processor busy for so many milliseconds of the clock. */
const busy = task(import.meta, (milliseconds: number) => {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return milliseconds;
}, "busy");

/** Starts it. */
export function openOurs(workers: number): Contestant {
  const pool = new Pool(workers), name = "ours", functions = { square, busy };
  const calls = byCalls(name, (fn, x) => pool.apply(functions[fn], [x]), async () => {
    pool.terminate();
    await pool.join();
  });
  const timedMap = async (count: number, options?: MapOptions) => {
    const items = Array.from({ length: count }, (_, i) => i);
    const start = performance.now();
    const values = await pool.map(square, items, options);
    const took = performance.now() - start;
    checkSquares(values, count, name);
    return took;
  };
  return {
    ...calls,
    chunksOfOne: (count) => timedMap(count, { chunksize: 1 }),
    map: (count) => timedMap(count),
  };
}
