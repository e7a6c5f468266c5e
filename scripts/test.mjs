/**
 * Runs every check of the project; the last line counts them: `N passed, N failed, N skipped`.
 *
 * `node scripts/test.mjs [--only STAGE,…] [--runtime NAME,…] [--method process|worker] [--case TEXT] [--repeat N]`
 *
 * - `--only`: the stages
 *   - fmt, lint: Deno's formatter and linter; the linter also holds each file to scripts/architecture.mjs
 *   - layers: the modules together, from the same rules: circles, and what a child loads
 *   - types: TypeScript's compiler over all, the scripts too, and Deno's over the package
 *   - docs: every public symbol is documented, every type that it names is public, and the examples run
 *   - members: the exported classes show the contract's names only (scripts/public_members.mjs)
 *   - publish: JSR would take the package (`deno publish --dry-run`)
 *   - unit, model: the tests beside the sources and the scripts; the futex's protocol, checked exhaustively
 *   - package: the npm package is well made (publint, attw), and works when it is installed, with bundlers and test runners too
 *   - conformance: the suite, on each runtime with each start method
 * - `--runtime`: deno, bun, node (all three), node22, node24, node26
 * - `--method`: conformance only, with one start method
 * - `--case`: conformance only, the cases whose name contains the text
 * - `--repeat`: conformance only, each case so often in the same process
 */

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { runColumn, table } from "./conformance.mjs";
import { howItEnded, run } from "./run.mjs";
import { environment, root, setUp } from "./setup.mjs";

/** Columns of the conformance suite that run at a time. */
const LANES = 2;

/** What has not run after this counts as failed; so long for each repetition. */
const TIME_LIMIT = 45 * 60_000;

/**
 * What a run of everything repeats on the other versions of Node: what may differ between them. `--runtime node22` runs all.
 */
const repeatedOnOtherNodes = [
  "tutorial/0",
  "process/a program's own flags",
  "process/a target",
  "process/each signal",
  "process/env",
  "process/exit code",
  "bad input/target",
  "mixed/",
  "pool/apply",
  "pool/values",
];

const staticStages = ["fmt", "lint", "layers", "types", "docs", "members", "publish"];
const stageNames = [...staticStages, "unit", "model", "package", "conformance"];

/** @typedef {import("./setup.mjs").Tool} Tool */

const totals = { passed: 0, failed: 0, skipped: 0 };

/** What failed and why, shown once more at the very end: the table before it is long. @type {string[]} */
const failures = [];

function readOptions() {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      runtime: { type: "string" },
      method: { type: "string" },
      case: { type: "string" },
      repeat: { type: "string", default: "1" },
    },
  });
  const onlyConformance = values.method !== undefined || values.case !== undefined || values.repeat !== "1";
  const only = (values.only ?? (onlyConformance ? "conformance" : stageNames.join(","))).split(",");
  const unknown = only.find((name) => !stageNames.includes(name));
  if (unknown !== undefined) throw new Error(`There is no stage "${unknown}" (there are ${stageNames.join(", ")})`);
  const methods = values.method === undefined ? ["process", "worker"] : [values.method];
  if (methods.some((method) => !["process", "worker"].includes(method))) {
    throw new Error(`There is no start method "${values.method}" (there are process, worker)`);
  }
  const repeat = Number(values.repeat);
  if (!Number.isInteger(repeat) || repeat < 1) {
    throw new Error(`--repeat takes a number from 1, not "${values.repeat}"`);
  }
  return { only, methods, repeat, runtimes: values.runtime?.split(","), filter: values.case ? [values.case] : [] };
}

/** @param {number} milliseconds */
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

/** @param {boolean} good @param {string} name @param {string} detail @param {number} milliseconds */
function say(good, name, detail, milliseconds) {
  console.log(
    `${good ? "✓" : "✗"} ${name.padEnd(34)} ${detail.padEnd(36)} ${seconds(milliseconds).padStart(8)}`.trimEnd(),
  );
}

/** @param {string} text */
const indented = (text) => text.trimEnd().split("\n").map((line) => `    ${line}`).join("\n");

/** @param {string} name @param {string} output */
function showFailure(name, output) {
  const text = `  ✗ ${name}\n${indented(output)}`;
  console.log(text);
  failures.push(text);
}

/** A program whose exit code says whether it went well. @param {string} name @param {string} command @param {string[]} args */
async function check(name, command, args, limit = 120_000) {
  const ended = await run(command, args, { cwd: root, env: { ...environment(), NO_COLOR: "1" }, limit });
  const good = ended.code === 0;
  totals[good ? "passed" : "failed"]++;
  say(good, name, good ? "" : howItEnded(ended, limit), ended.milliseconds);
  if (!good) showFailure(name, ended.output);
}

/** Counts the tests in a JUnit report. @param {string} file */
function readReport(file) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const xml = existsSync(file) ? readFileSync(file, "utf8") : "";
  for (const [, body = ""] of xml.matchAll(/<testcase\b[^>]*?(?:\/>|>([\s\S]*?)<\/testcase>)/g)) {
    counts[/<(failure|error)\b/.test(body) ? "failed" : /<skipped\b/.test(body) ? "skipped" : "passed"]++;
  }
  return counts;
}

/**
 * Runs test files written with node:test and counts the tests in them.
 * @param {string} name @param {Pick<Tool, "runtime" | "path">} tool @param {string[]} files
 */
async function testFiles(name, { runtime, path }, files, limit = 180_000) {
  if (files.length === 0) {
    totals.failed++;
    say(false, name, "there are no test files", 0);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "mp-report-"));
  const report = join(folder, "report.xml");
  const paths = files.map((file) => `./${file}`);
  const args = {
    deno: ["test", "-A", "--no-check", `--junit-path=${report}`, ...paths],
    bun: ["test", "--reporter=junit", `--reporter-outfile=${report}`, "--timeout=60000", ...paths],
    node: [
      "--test",
      "--test-reporter=spec",
      "--test-reporter-destination=stdout",
      "--test-reporter=junit",
      `--test-reporter-destination=${report}`,
      ...paths,
    ],
  }[runtime];
  const ended = await run(path, args, { cwd: root, env: { ...environment(), NO_COLOR: "1" }, limit });
  const counts = readReport(report);
  rmSync(folder, { recursive: true });
  // A file that can't be loaded has no tests that could fail.
  if (ended.code !== 0 && counts.failed === 0) counts.failed = 1;
  totals.passed += counts.passed;
  totals.failed += counts.failed;
  totals.skipped += counts.skipped;
  const { passed, failed, skipped } = counts;
  const how = ended.code !== 0 && ended.code !== 1 ? `, ${howItEnded(ended, limit)}` : "";
  say(failed === 0, name, `${passed} passed, ${failed} failed, ${skipped} skipped${how}`, ended.milliseconds);
  if (failed > 0) showFailure(name, ended.output);
}

/** @param {string} folder @param {RegExp} pattern */
function find(folder, pattern) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))).sort();
}

/** @param {Tool[]} tools @param {ReturnType<typeof readOptions>} options @param {number} deadline */
async function conformance(tools, { methods, repeat, filter: asked, runtimes }, deadline) {
  const isAll = asked.length === 0 && runtimes === undefined;
  const plans = tools.flatMap((tool) => {
    const isPart = isAll && tool.runtime === "node" && tool.id !== "node24";
    return methods.map((method) => ({ tool, method, filter: isPart ? repeatedOnOtherNodes : asked }));
  });
  /** @type {import("./conformance.mjs").Column[]} */
  const columns = [];
  let next = 0;
  // Cases wait as much as they compute, and none may fail because the machine has something else to do.
  const lane = async () => {
    for (let at = next++; at < plans.length; at = next++) {
      const { tool, method, filter } = /** @type {typeof plans[number]} */ (plans[at]);
      report(columns[at] = await runColumn(tool, method, { filter, repeat, deadline }));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  console.log(`\n${table(columns)}`);

  /** @param {import("./conformance.mjs").Column} column */
  function report({ tool: { id, version }, method, cells, milliseconds }) {
    const count = (/** @type {string[]} */ ...of) => [...cells.values()].filter((c) => of.includes(c.status)).length;
    const [passed, failed, skipped] = [count("passed"), count("failed"), count("skipped", "gap")];
    totals.passed += passed;
    totals.failed += failed;
    totals.skipped += skipped;
    const detail = `${passed} passed, ${failed} failed, ${skipped} skipped`;
    say(failed === 0, `${id} ${version}, ${method}`, detail, milliseconds);
    for (const [name, cell] of cells) {
      if (cell.status === "failed") showFailure(`${id}, ${method}: ${name}`, cell.reason ?? "");
    }
  }
}

/** @param {string} title */
const heading = (title) => console.log(`\n── ${title} ${"─".repeat(Math.max(0, 80 - title.length))}`);

async function main() {
  const started = performance.now();
  const options = readOptions();
  const all = setUp();
  const unknown = options.runtimes?.find((name) => !all.some(({ id, runtime }) => name === id || name === runtime));
  if (unknown !== undefined) {
    throw new Error(`There is no runtime "${unknown}" (there are ${all.map(({ id }) => id).join(", ")})`);
  }
  const chosen = all.filter(({ id, runtime }) =>
    options.runtimes === undefined || options.runtimes.includes(id) || options.runtimes.includes(runtime)
  );
  /** @param {string} id @returns {Pick<Tool, "runtime" | "path">} */
  const tool = (id) => all.find((one) => one.id === id) ?? { path: id, runtime: "node" };
  const deno = tool("deno").path;
  const has = (/** @type {string} */ name) => options.only.includes(name);

  if (staticStages.some(has)) heading("Static checks");
  if (has("fmt")) await check("deno fmt --check", deno, ["fmt", "--check"]);
  if (has("lint")) await check("deno lint", deno, ["lint"]);
  if (has("layers")) await check("circles, what a child loads", process.execPath, ["scripts/check_modules.mjs"]);
  if (has("types")) {
    await check("tsc", tool("node24").path, ["node_modules/typescript/bin/tsc", "-p", "."]);
    await check("deno check mod.ts", deno, ["check", "mod.ts"]);
  }
  if (has("members")) await check("members of exported classes", tool("node24").path, ["scripts/check_members.mjs"]);
  if (has("publish")) {
    const flags = ["--dry-run", "--allow-dirty", "--no-check"]; // `types` checks them; what JSR calls slow types is seen
    await check("deno publish --dry-run", deno, ["publish", ...flags]);
  }
  if (has("docs")) {
    heading("Documentation");
    const files = ["README.md", ...find("docs", /\.md$/), "mod.ts", ...find("src", /\.ts$/)]
      .filter((file) => readFileSync(join(root, file), "utf8").includes("```ts"));
    const test = ["test", "--doc", "--parallel", "--no-check", "-A", "--preload", "scripts/doc_test_preload.ts"];
    await check("deno doc --lint", deno, ["doc", "--lint", "mod.ts"]);
    await check("examples, their types", deno, ["check", "--doc-only", ...files]);
    await check("examples, run", deno, [...test, ...files]);
    await check("examples that are programs", process.execPath, ["scripts/check_programs.mjs", ...files]);
  }
  if (has("unit")) {
    heading("Unit tests");
    const files = [...find("src", /_test\.ts$/), "conformance/run_case_test.ts"];
    await Promise.all(
      chosen.filter(({ id }) => ["deno", "bun", "node24"].includes(id)).map((one) => testFiles(one.id, one, files)),
    );
    const own = { path: process.execPath, runtime: /** @type {const} */ ("node") };
    await testFiles(`scripts, node ${process.versions.node}`, own, find("scripts", /_test\.mjs$/));
  }
  if (has("model")) {
    heading("Model check");
    await testFiles("futex, node24", tool("node24"), find("conformance/model", /_test\.ts$/));
  }
  if (has("package")) {
    heading("The npm package");
    await check("installed and used", process.execPath, ["scripts/check_package.mjs"], 300_000);
  }
  if (has("conformance")) {
    heading("Conformance");
    await conformance(chosen, options, started + TIME_LIMIT * options.repeat);
  }
  if (failures.length > 0) {
    heading("What failed");
    console.log(failures.join("\n"));
  }
  console.log(`\n${seconds(performance.now() - started)} in all`);
  console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
  process.exitCode = totals.failed > 0 || totals.passed === 0 ? 1 : 0;
}

main().catch((error) => {
  console.error(error instanceof Error ? error.message : error);
  console.log(`${totals.passed} passed, ${totals.failed + 1} failed, ${totals.skipped} skipped`);
  process.exitCode = 1;
});
