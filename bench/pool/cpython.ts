/** CPython's multiprocessing.Pool, driven over a pipe; it measures itself. */

import { openPython } from "../python.ts";
import type { Contestant } from "./contestant.ts";

/** Starts it; rejects where there is no python3. */
export async function openCPython(workers: number): Promise<Contestant> {
  const python = await openPython(new URL("./cpython.py", import.meta.url), [String(workers)]);
  const ask = (what: string, count: number, milliseconds = 0) => python.ask(`${what} ${count} ${milliseconds}`);
  return {
    name: "CPython",
    burst: (count) => ask("burst", count),
    single: (count) => ask("single", count),
    tasks: (count, milliseconds) => ask("tasks", count, milliseconds),
    chunksOfOne: (count) => ask("chunksOfOne", count),
    map: (count) => ask("map", count),
    close: () => python.close(),
  };
}
