/** The pool suite of the benchmarks: our pool beside those of npm and CPython's, a table for each runtime and start method. */

import { howItEnded, run } from "./run.mjs";
import { environment, root } from "./setup.mjs";

/** One combination has to be over after this many milliseconds. */
const LIMIT = 10 * 60_000;

const flags = { deno: ["run", "-A", "--no-check"], bun: ["run"], node: [] };

/** How many times better than the best pool of npm we want to be, and than CPython's. */
const targets = {
  burst: { peers: { node: 3, deno: 3, bun: 2 } },
  single: { peers: { node: 2, deno: 2, bun: 2 } },
  map: { cpython: 1 },
};
/** Times the ideal that tasks of some length may take. */
const MOST_OF_IDEAL = 1.05;

/**
 * @typedef {{ name: string, value: number }} Figure
 * @typedef {{ row: string, title: string, unit: string, figures: Figure[] }} Row
 * @typedef {{ missing: string, why: string }} Missing
 * @typedef {{ rows: string, pools: string, methods: string[] }} Options
 */

/** @param {number} value @param {string} unit */
function show(value, unit) {
  if (unit === "tasks/s") return value >= 1e6 ? `${(value / 1e6).toFixed(2)} M` : `${(value / 1e3).toFixed(1)} k`;
  return value.toFixed(unit === "µs" ? 1 : 3);
}

/** How many times better `a` is than `b`. @param {number} a @param {number} b @param {string} unit */
const better = (a, b, unit) => unit === "tasks/s" ? a / b : b / a;

/** A verdict on a row, for a person. @param {Row} row @param {import("./setup.mjs").RuntimeName} runtime */
function verdict({ row, unit, figures }, runtime) {
  const ours = figures.find(({ name }) => name === "ours")?.value;
  if (ours === undefined) return "";
  if (unit === "× ideal") return `${ours <= MOST_OF_IDEAL ? "✓" : "✗"} ≤ ${MOST_OF_IDEAL}`;
  const peers = figures.filter(({ name }) => name !== "ours" && name !== "CPython");
  const [best] = peers.sort((a, b) => better(b.value, a.value, unit) - 1);
  const python = figures.find(({ name }) => name === "CPython");
  /** @type {{ peers?: Record<string, number>, cpython?: number }} */
  const target = targets[/** @type {keyof typeof targets} */ (row)] ?? {};
  const compared = (/** @type {Figure} */ { name, value }, /** @type {number | undefined} */ wanted) => {
    const ratio = better(ours, value, unit), text = `${ratio.toFixed(1)} × ${name}`;
    return wanted === undefined ? text : `${ratio >= wanted ? "✓" : "✗"} ${text} (≥ ${wanted})`;
  };
  return [
    ...(best === undefined ? [] : [compared(best, target.peers?.[runtime])]),
    ...(python === undefined ? [] : [compared(python, target.cpython)]),
  ].join(", ");
}

/** @param {Row[]} rows @param {Missing[]} missing @param {import("./setup.mjs").RuntimeName} runtime */
function table(rows, missing, runtime) {
  const names = [...new Set(rows.flatMap(({ figures }) => figures.map(({ name }) => name)))];
  const cells = [
    ["", ...rows.map(({ title }) => title)],
    ["", ...rows.map(({ unit }) => unit)],
    ...names.map((name) => [
      name,
      ...rows.map(({ unit, figures }) => {
        const figure = figures.find((one) => one.name === name);
        return figure === undefined ? "–" : show(figure.value, unit);
      }),
    ]),
  ];
  const widths = names.length === 0
    ? []
    : (cells[0] ?? []).map((_, i) => Math.max(...cells.map((line) => (line[i] ?? "").length)));
  const lines = cells.map((line) =>
    line.map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join("  ").trimEnd()
  );
  const verdicts = rows.map((row) => `  ${row.title}: ${verdict(row, runtime)}`);
  return [...lines, "", ...verdicts, ...missing.map(({ missing, why }) => `  without ${missing}: ${why}`)].join("\n");
}

/**
 * Runs the suite and prints its tables; false when a combination couldn't be run.
 * @param {import("./setup.mjs").Tool[]} tools @param {Options} options
 */
export async function benchPools(tools, { rows, pools, methods }) {
  let good = true;
  for (const { id, version, runtime, path } of tools) {
    for (const method of methods) {
      const args = [...flags[runtime], "bench/pool/main.ts", method, rows, pools];
      const ended = await run(path, args, { cwd: root, env: environment(), limit: LIMIT });
      console.log(`\n── Pool, 2 workers: ${id} ${version}, ${method}, median of 5 turns\n`);
      const lines = ended.output.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
      console.log(table(lines.filter(({ row }) => row), lines.filter(({ missing }) => missing), runtime));
      if (ended.code === 0) continue;
      good = false;
      console.log(`\nIt ${howItEnded(ended, LIMIT)}:\n${ended.output.split("\n").slice(-20).join("\n")}`);
    }
  }
  return good;
}
