/** Runs the pool suite on one runtime with one start method: our pool and the others, turn and turn about; lines of JSON. */

import process from "node:process";
import { setStartMethod } from "../../mod.ts";
import { median } from "../measure.ts";
import type { Method } from "../peer.ts";
import type { Contestant } from "./contestant.ts";
import { openCPython } from "./cpython.ts";
import { openOurs } from "./ours.ts";
import { peers } from "./peers.ts";

/** Workers of each pool. */
const WORKERS = 2;
/** How often each contestant gets its turn at a row. */
const ROUNDS = 5;
/** Milliseconds that a pool may take to be there, or for a turn. */
const LIMIT = 10_000;

interface Row {
  readonly title: string;
  readonly unit: string;
  /** Milliseconds; undefined where the pool has nothing of the kind. */
  readonly measure: (pool: Contestant) => Promise<number> | undefined;
  /** The figure that is shown for so many milliseconds. */
  readonly figure: (milliseconds: number) => number;
}

function rate(count: number): Pick<Row, "unit" | "figure"> {
  return { unit: "tasks/s", figure: (milliseconds) => count / milliseconds * 1e3 };
}

function timesIdeal(count: number, milliseconds: number): Pick<Row, "unit" | "figure" | "measure"> {
  return {
    unit: "× ideal",
    measure: (pool) => pool.tasks(count, milliseconds),
    figure: (took) => took / (count * milliseconds / WORKERS),
  };
}

const rows: Readonly<Record<string, Row>> = {
  burst: { title: "x * x, one call each, at once", measure: (pool) => pool.burst(20_000), ...rate(20_000) },
  chunk1: { title: "x * x, map with chunksize 1", measure: (pool) => pool.chunksOfOne?.(20_000), ...rate(20_000) },
  map: { title: "x * x, map of 1 000 000", measure: (pool) => pool.map?.(1_000_000), ...rate(1_000_000) },
  single: {
    title: "one call at a time, median",
    unit: "µs",
    measure: (pool) => pool.single(1000),
    figure: (milliseconds) => milliseconds * 1e3,
  },
  ms1: { title: "400 tasks of 1 ms", ...timesIdeal(400, 1) },
  ms100: { title: "10 tasks of 100 ms", ...timesIdeal(10, 100) },
};

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${LIMIT / 1e3} s`)), LIMIT);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function main(): Promise<void> {
  const [method, wantedRows, wantedPools] = process.argv.slice(2) as [Method, string?, string?];
  const chosen = Object.entries(rows).filter(([name]) => !wantedRows || wantedRows.split(",").includes(name));
  const isWanted = (name: string) =>
    !wantedPools || wantedPools.split(",").some((wanted) => name.toLowerCase().startsWith(wanted.toLowerCase()));
  const say = (line: unknown) => console.log(JSON.stringify(line));
  setStartMethod(method);

  const pools: Contestant[] = [];
  const openers: [string, () => Promise<Contestant>][] = [
    ["ours", () => Promise.resolve(openOurs(WORKERS))],
    ...Object.entries(peers).map(([name, open]): [string, () => Promise<Contestant>] => [name, () => open(WORKERS)]),
    ["CPython", () => openCPython(WORKERS)],
  ];
  for (const [name, open] of openers) {
    if (!isWanted(name)) continue;
    let pool: Contestant | undefined;
    try {
      pool = await within(open());
      // Warm, and known to work; long tasks make sure that all workers are there.
      await within(pool.tasks(2 * WORKERS, 50));
      for (let i = 0; i < 3; i++) await within(pool.burst(2000));
      await within(pool.single(200));
      pools.push(pool);
    } catch (error) {
      say({ missing: name, why: error instanceof Error ? error.message.split("\n")[0] : String(error) });
      // What is left of it must not run beside the others.
      await within(Promise.resolve(pool?.close())).catch(() => {});
    }
  }
  for (const [row, { title, unit, measure, figure }] of chosen) {
    const took = new Map<Contestant, number[]>();
    for (let round = 0; round < ROUNDS; round++) {
      for (const pool of pools) {
        const work = measure(pool);
        if (work === undefined) continue;
        const known = took.get(pool) ?? [];
        took.set(pool, known);
        known.push(await within(work));
      }
    }
    const figures = [...took].map(([{ name }, all]) => ({ name, value: figure(median(all)) }));
    say({ row, title, unit, figures });
  }
}

// Not every pool ends on every runtime.
main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
