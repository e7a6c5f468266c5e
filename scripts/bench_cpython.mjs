/** The suite of the benchmarks beside CPython, a table for each runtime and start method; and the load for a busy machine. */

import { availableParallelism } from "node:os";
import process from "node:process";
import { howItEnded, killGroup, run, start } from "./run.mjs";
import { root } from "./setup.mjs";

/** One combination has to be over after this many milliseconds. */
const LIMIT = 5 * 60_000;
/** No load lasts longer, whatever happens to us. */
const LONGEST_LOAD = 2 * 60 * 60_000;

/**
 * Runs `work`, with `isLoaded` beside as many busy loops as there are processors.
 * @template T @param {boolean} isLoaded @param {() => Promise<T>} work @returns {Promise<T>}
 */
export async function beside(isLoaded, work) {
  /** @type {{ pid: number, ended: Promise<unknown> }[]} */
  const loops = [];
  try {
    for (let i = 0; isLoaded && i < availableParallelism(); i++) {
      loops.push(start(process.execPath, ["--eval", "while (true);"], { limit: LONGEST_LOAD }));
    }
    return await work();
  } finally {
    for (const { pid } of loops) killGroup(pid);
    await Promise.all(loops.map(({ ended }) => ended));
  }
}

/**
 * @typedef {{ name: string, figure: number, ratio?: number }} Figure
 * @typedef {{ ratio: number, figure?: number }} Floor
 * @typedef {{ row: string, title: string, unit: string, figures: Figure[], floor?: Floor, holds?: boolean }} Row
 */

/** @param {Row} row @param {(value: number) => string} short */
function line({ title, unit, figures: [ours, ...others], floor, holds }, short) {
  const compared = others.map(({ name, figure, ratio = NaN }) => `${name} ${short(figure)}, ${ratio.toFixed(2)} ×`);
  const wanted = floor === undefined
    ? ""
    : `${holds === undefined ? "? not judged:" : holds ? "✓" : "✗"} ≥ ${Number(floor.ratio.toFixed(2))} ×${
      floor.figure === undefined ? "" : `, ≥ ${floor.figure} ${unit}`
    }`;
  const figure = `${short(ours?.figure ?? NaN)} ${unit}`;
  return `${title.padEnd(32)} ${figure.padStart(16)}  ${compared.join("  ")}  ${wanted}`.trimEnd();
}

/**
 * Runs the suite and prints its tables; false when a combination couldn't be run.
 * @param {import("./setup.mjs").Tool[]} tools
 * @param {{ rows: string, methods: string[], isLoaded: boolean, built: string, env: NodeJS.ProcessEnv,
 *   flags: Record<string, string[]>, short: (value: number) => string, note: (figure: object) => void }} options
 */
export async function benchCPython(tools, { rows, methods, isLoaded, built, env, flags, short, note }) {
  let good = true;
  const load = isLoaded ? "loaded" : "quiet";
  for (const { id, version, runtime, path } of tools) {
    for (const method of methods) {
      const args = [...(flags[runtime] ?? []), "bench/cpython_main.ts", method, rows, built, load];
      const ended = await run(path, args, { cwd: root, env, limit: LIMIT });
      console.log(`\n── Beside CPython, ${load}: ${id} ${version}, ${method}, median of 7 turns\n`);
      for (const text of ended.output.split("\n").filter((text) => text.startsWith("{"))) {
        const figure = JSON.parse(text);
        if (figure.missing !== undefined) console.log(`  without ${figure.missing}: ${figure.why}`);
        else {
          note({ runtime: id, version, method, load, ...figure });
          console.log(line(figure, short));
        }
      }
      if (ended.code === 0) continue;
      good = false;
      console.log(`\nIt ${howItEnded(ended, LIMIT)}:\n${ended.output.split("\n").slice(-20).join("\n")}`);
    }
  }
  return good;
}
