/** Medians by tinybench: two ways to do the same work, turn and turn about in one process. */

import { Bench } from "tinybench";

/** One way to do a piece of work. */
export interface Way {
  /** Does the work `times` times. */
  run(times: number): Promise<unknown>;
}

export interface Settings {
  /** How often each way gets its turn. */
  readonly rounds?: number;
  /** Milliseconds of a turn. */
  readonly turn?: number;
  /** Milliseconds of one sample: long enough for the clock, short enough for many. */
  readonly sample?: number;
}

/** Median milliseconds that each way takes for one piece of work. */
export async function compare(ways: readonly Way[], settings: Settings = {}): Promise<number[]> {
  const { rounds = 5, turn = 250, sample = 10 } = settings;
  const sizes: number[] = [];
  for (const way of ways) sizes.push(await sizeFor(way, sample, turn));
  const medians: number[][] = ways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of ways.entries()) {
      const size = sizes[i] as number;
      const bench = new Bench({ time: turn, iterations: 5, warmup: false });
      bench.add("way", async () => {
        await way.run(size);
      });
      const [task] = await bench.run();
      const result = task?.result;
      if (result?.state !== "completed") {
        throw result !== undefined && "error" in result ? result.error : new Error(`The benchmark ${result?.state}`);
      }
      (medians[i] as number[]).push(result.latency.p50 / size);
    }
  }
  return medians.map(median);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b), half = sorted.length >> 1;
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}

/** How often the work is done in a sample; on the way, the code becomes warm. */
async function sizeFor(way: Way, sample: number, turn: number): Promise<number> {
  const end = performance.now() + turn;
  for (let size = 1;;) {
    const start = performance.now();
    await way.run(size);
    const now = performance.now(), took = now - start;
    if (took >= sample && now > end) return Math.max(1, Math.round((size * sample) / took));
    if (took < sample) size *= 2;
  }
}
