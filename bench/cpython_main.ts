/** Runs the rows beside CPython on one runtime with one start method, turn and turn about: a line of JSON for each row. */

import process from "node:process";
import { type Floor, type Opened, type Row, rows } from "./cpython_rows.ts";
import { median } from "./measure.ts";
import type { Method } from "./peer.ts";
import { openPython, type Python } from "./python.ts";
import type { Mp } from "./rows.ts";

/** How often each side gets its turn. */
const ROUNDS = 7;
/** Milliseconds of a turn: many times what the system lets a busy process run before others. */
const TURN_MS = 200;

/** One side of a row: does the work so often, and says how many milliseconds it took. */
interface Side {
  readonly name: string;
  take(times: number): Promise<number>;
}

/** What is measured of a side. */
interface Figure {
  readonly name: string;
  readonly figure: number;
  /** Times better ours is. */
  readonly ratio?: number;
}

const [method = "process", wanted = "", built = "", load = "quiet"] = process.argv.slice(2) as [
  Method?,
  string?,
  string?,
  ("quiet" | "loaded")?,
];

function timed({ run }: Opened): Side["take"] {
  return async (times) => {
    const start = performance.now();
    await run(times);
    return performance.now() - start;
  };
}

/** How often the work is done in a turn; on the way, the code becomes warm. */
async function timesOf({ take }: Side): Promise<number> {
  const end = performance.now() + 2 * TURN_MS;
  for (let times = 1;;) {
    const took = await take(times);
    if (took >= TURN_MS / 4 && performance.now() > end) return Math.max(1, Math.round(times * TURN_MS / took));
    if (took < TURN_MS / 4) times *= 2;
  }
}

/** Median milliseconds of one piece of work, of each side. */
async function compare(sides: readonly Side[]): Promise<number[]> {
  const times: number[] = [], took: number[][] = sides.map(() => []);
  for (const side of sides) times.push(await timesOf(side));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [i, side] of sides.entries()) {
      const count = times[i] as number;
      (took[i] as number[]).push(await side.take(count) / count);
    }
  }
  return took.map(median);
}

async function measure(row: Row, mp: Mp, python: Python | undefined): Promise<Figure[]> {
  const own = await row.open(mp, method), others: Opened[] = [];
  try {
    const sides: Side[] = [{ name: "ours", take: timed(own) }];
    for (const { name, by } of row.against) {
      if (typeof by !== "string") {
        const other = by(method);
        others.push(other);
        sides.push({ name, take: timed(other) });
      } else if (python !== undefined) sides.push({ name, take: (times) => python.ask(`${by} ${times}`) });
    }
    const took = await compare(sides), ours = took[0] as number;
    return sides.map(({ name }, i) => {
      const milliseconds = took[i] as number;
      return { name, figure: row.figure(milliseconds), ...(i === 0 ? {} : { ratio: milliseconds / ours }) };
    });
  } finally {
    await own.close();
    for (const other of others) await other.close();
  }
}

/** Whether a floor holds; undefined where that wasn't measured. */
function holds(floor: Floor, [ours, first]: readonly Figure[]): boolean | undefined {
  if (first?.ratio === undefined) return undefined;
  return first.ratio >= floor.ratio && (floor.figure === undefined || (ours?.figure ?? 0) >= floor.figure);
}

const mp = await import(built) as Mp;
mp.setStartMethod(method);
const say = (line: unknown) => console.log(JSON.stringify(line));
let python: Python | undefined;
try {
  python = await openPython(new URL("./cpython.py", import.meta.url));
} catch (error) {
  say({ missing: "CPython", why: error instanceof Error ? error.message : String(error) });
}
for (const [name, row] of Object.entries(rows)) {
  if (wanted !== "" && !wanted.split(",").includes(name)) continue;
  const figures = await measure(row, mp, python), floor = row[load];
  say({ row: name, title: row.title, unit: row.unit, figures, floor, holds: floor && holds(floor, figures) });
}
await python?.close();
process.exit(0);
