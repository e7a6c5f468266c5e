/** A pool that takes part in the comparison, and the work that every pool does. */

import { median } from "../measure.ts";

/** What can be asked of a pool; all return milliseconds. */
export interface Contestant {
  readonly name: string;
  /** `count` calls of `square`, handed in at once, until all results are there. */
  burst(count: number): Promise<number>;
  /** One call of `square` after the other: the median. */
  single(count: number): Promise<number>;
  /** `count` calls of `busy(milliseconds)`, handed in at once. */
  tasks(count: number, milliseconds: number): Promise<number>;
  /** As burst, by a map with chunksize 1, where there is one. */
  chunksOfOne?(count: number): Promise<number>;
  /** A map of `square` over `count` integers with the pool's own chunksize, where there is one. */
  map?(count: number): Promise<number>;
  close(): Promise<void>;
}

/** How a pool calls one of the functions that it was started with. */
export type Call = (fn: "square" | "busy", x: number) => Promise<unknown>;

/** A contestant by its way to make a call. */
export function byCalls(name: string, call: Call, close: () => unknown): Contestant {
  return {
    name,
    async burst(count) {
      const start = performance.now(), results: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) results.push(call("square", i));
      const values = await Promise.all(results);
      const took = performance.now() - start;
      checkSquares(values, count, name);
      return took;
    },
    async single(count) {
      const took: number[] = [];
      for (let i = 0; i < count; i++) {
        const start = performance.now();
        await call("square", i);
        took.push(performance.now() - start);
      }
      return median(took);
    },
    async tasks(count, milliseconds) {
      const start = performance.now(), results: Promise<unknown>[] = [];
      for (let i = 0; i < count; i++) results.push(call("busy", milliseconds));
      await Promise.all(results);
      return performance.now() - start;
    },
    async close() {
      await close();
    },
  };
}

/** A pool that is fast and wrong doesn't count. */
export function checkSquares(values: readonly unknown[], count: number, name: string): void {
  const last = count - 1;
  if (values.length !== count || values[0] !== 0 || values[last] !== last * last) {
    throw new Error(`${name} gave wrong results`);
  }
}
