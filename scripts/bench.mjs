/**
 * Runs the benchmarks, one combination of runtime and start method after the other. The figures of one table belong together;
 * on a busy machine only the ratios mean something.
 *
 * `node scripts/bench.mjs [--suite NAME,…] [--runtime NAME,…] [--method process|worker] [--row NAME,…] [--pool NAME,…] [--loaded] [--json FILE]`
 *
 * - `--suite`: primitives (channels, locks, starting), cpython (the same work in CPython), pool; default all, with `--loaded`
 *   the first two
 * - `--runtime`: deno, bun, node22, node24, node26; default deno, bun, node24
 * - `--row`: only these rows, by their names in bench/rows.ts, bench/cpython_rows.ts and bench/pool/main.ts
 * - `--pool`: pool suite only, the pools whose names begin so, e.g. `ours,piscina`
 * - `--loaded`: beside as many busy loops as there are processors; a suite's floors for a busy machine hold, if it has such
 * - `--json`: writes the figures of the suites primitives and cpython into a file
 */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { benchCPython, beside } from "./bench_cpython.mjs";
import { benchPools } from "./bench_pool.mjs";
import { buildPackage, packageFolder } from "./build_npm.mjs";
import { howItEnded, run } from "./run.mjs";
import { environment, root, setUp } from "./setup.mjs";

const LIMIT = 5 * 60_000;
/** Without what makes the project's own runs start faster: a user's program has no compile cache by itself. */
const plainEnvironment = () => ({ ...environment(), NODE_COMPILE_CACHE: undefined });
const flags = { deno: ["run", "-A", "--no-check"], bun: ["run"], node: [] };

/** @param {number} value */
function short(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} M`;
  return value >= 1e4 ? `${(value / 1e3).toFixed(1)} k` : value.toFixed(2);
}

/**
 * @param {import("./setup.mjs").Tool[]} tools @param {string[]} methods @param {string} rows @param {string} built
 * @param {(figure: object) => void} note
 */
async function benchPrimitives(tools, methods, rows, built, note) {
  let good = true;
  for (const { id, version, runtime, path } of tools) {
    for (const method of methods) {
      const args = [...flags[runtime], "bench/main.ts", method, rows, built];
      const ended = await run(path, args, { cwd: root, env: plainEnvironment(), limit: LIMIT });
      console.log(`\n── Primitives: ${id} ${version}, ${method}\n`);
      for (const line of ended.output.split("\n").filter((line) => line.startsWith("{"))) {
        const figure = JSON.parse(line), { name, unit, ours, own, ratio, target, holds } = figure;
        note({ runtime: id, version, method, ...figure });
        const others = own === undefined ? "" : `the runtime's own ${short(own)}, ${ratio.toFixed(1)} ×`;
        const wanted = target === undefined ? "" : `${holds ? "✓" : "✗"} ${target}`;
        console.log(`${name.padEnd(42)} ${`${short(ours)} ${unit}`.padStart(16)}  ${others}  ${wanted}`.trimEnd());
      }
      if (ended.code === 0) continue;
      good = false;
      console.log(`\nIt ${howItEnded(ended, LIMIT)}:\n${ended.output.split("\n").slice(-20).join("\n")}`);
    }
  }
  return good;
}

async function main() {
  const { values } = parseArgs({
    options: {
      suite: { type: "string" },
      runtime: { type: "string", default: "deno,bun,node24" },
      method: { type: "string" },
      row: { type: "string", default: "" },
      pool: { type: "string", default: "" },
      loaded: { type: "boolean", default: false },
      json: { type: "string" },
    },
  });
  const { row: rows, loaded: isLoaded, json } = values;
  const suites = (values.suite ?? (isLoaded ? "primitives,cpython" : "primitives,cpython,pool")).split(",");
  const wanted = values.runtime.split(",");
  const tools = setUp().filter(({ id, runtime }) => wanted.includes(id) || wanted.includes(runtime));
  const methods = values.method === undefined ? ["process", "worker"] : [values.method];
  /** @type {object[]} */
  const figures = [];
  const note = (/** @type {object} */ figure) => void figures.push(figure);
  buildPackage();
  const built = pathToFileURL(join(packageFolder, "mod.js")).href;
  const good = await beside(isLoaded, async () => {
    let good = true;
    if (suites.includes("primitives")) good = await benchPrimitives(tools, methods, rows, built, note) && good;
    if (suites.includes("cpython")) {
      const options = { rows, methods, isLoaded, built, env: plainEnvironment(), flags, short, note };
      good = await benchCPython(tools, options) && good;
    }
    if (suites.includes("pool")) good = await benchPools(tools, { rows, pools: values.pool, methods }) && good;
    return good;
  });
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(figures, undefined, 2)}\n`);
  process.exitCode = good ? 0 : 1;
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
