/** Runs the conformance cases on one runtime with one start method, and sets the results of all side by side. */

import { randomUUID } from "node:crypto";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { environment, root } from "./setup.mjs";
import { howItEnded, killGroup, start } from "./run.mjs";

/**
 * @typedef {import("./setup.mjs").Tool} Tool
 * @typedef {{ status: "passed" | "failed" | "skipped" | "gap", milliseconds: number, reason?: string }} Cell
 * @typedef {{ tool: Tool, method: string, plan: string[], cells: Map<string, Cell>, milliseconds: number }} Column
 * @typedef {{ event: "plan", cases: string[] } | { event: "start", case: string, timeLimit: number, gap?: string }
 *   | { event: "end", case: string } & Cell} Result
 */

/** Row of what concerns the run as a whole: that the driver starts, ends by itself, and leaves nothing behind. */
export const WHOLE = "(the run as a whole)";

/** Milliseconds a driver has to load, and to end after its last case. */
const GRACE = 20_000;

/** @param {Tool} tool @returns {string[]} */
function driverArguments(tool) {
  const driver = `./conformance/drivers/${tool.runtime}.ts`;
  if (tool.runtime === "deno") return ["test", "-A", "--no-check", driver];
  return tool.runtime === "bun" ? ["test", driver] : ["--disable-warning=ExperimentalWarning", driver];
}

/** @param {string} file @returns {Result[]} */
function readResults(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  lines.pop(); // what follows the last newline is not written yet
  return lines.map((line) => JSON.parse(line));
}

/** Processes that carry the mark of a run that is over. @param {string} mark */
function remaining(mark) {
  /** @type {{ pid: number, command: string }[]} */
  const found = [];
  if (process.platform !== "linux") return found;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (!readFileSync(`/proc/${name}/environ`, "utf8").split("\0").includes(`MP_CONFORMANCE_RUN=${mark}`)) continue;
      const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
      found.push({ pid: Number(name), command });
    } catch {
      // ended, or another user's
    }
  }
  return found;
}

/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {string} text @param {number} lines */
function tail(text, lines) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

/**
 * Runs the cases on a runtime. A case that hangs or takes the runtime down fails, and the others go on in a new process.
 * @param {Tool} tool
 * @param {string} method
 * @param {{ filter: string[], repeat: number, deadline: number }} options deadline: as of performance.now()
 * @returns {Promise<Column>}
 */
export async function runColumn(tool, method, { filter, repeat, deadline }) {
  const started = performance.now();
  /** @type {Map<string, Cell>} */
  const cells = new Map();
  /** @type {string[]} All cases, in their order. */
  const order = [];
  /** @type {string[]} */
  const troubles = [];
  /** @type {string[] | undefined} The cases still to run; undefined: not known yet. */
  let todo;
  while (todo === undefined || todo.length > 0) {
    const results = join(tmpdir(), `mp-results-${randomUUID()}.jsonl`);
    const mark = randomUUID();
    const limit = Math.max(1000, deadline - performance.now());
    const driver = start(tool.path, driverArguments(tool), {
      cwd: root,
      limit,
      leave: true, // it is looked for below
      env: {
        ...environment(),
        NO_COLOR: "1",
        MP_METHOD: method,
        MP_CASES: (todo?.map((name) => `=${name}`) ?? filter).join("\n"),
        MP_REPEAT: String(repeat),
        MP_RESULTS: results,
        MP_SUPERVISED: "1",
        MP_CONFORMANCE_RUN: mark,
      },
    });
    let over = false;
    void driver.ended.then(() => over = true);

    // Watch it: a case that is over its time (its own limit couldn't fire), or that failed, ends the process.
    let seen = 0;
    let since = performance.now();
    let allowed = GRACE;
    let stopped = "";
    while (!over && stopped === "") {
      await Promise.race([driver.ended, sleep(50)]);
      const lines = readResults(results);
      const last = lines.at(-1);
      if (lines.length > seen) {
        seen = lines.length;
        since = performance.now();
        allowed = last?.event === "start" ? last.timeLimit : GRACE;
      }
      if (last?.event === "end" && ["failed", "gap"].includes(last.status)) stopped = "failure";
      else if (performance.now() - since > allowed) stopped = "stuck";
    }
    if (stopped !== "") killGroup(driver.pid);
    const ended = await driver.ended;

    const lines = readResults(results);
    rmSync(results, { force: true });
    /** @type {string[]} */
    let plan = [];
    /** @type {string | undefined} The case that didn't come to its end. */
    let current;
    /** @type {string | undefined} Why it is known to fail. */
    let gap;
    for (const line of lines) {
      if (line.event === "plan") plan = line.cases;
      else if (line.event === "start") {
        current = line.case;
        gap = line.gap;
      } else {
        const { milliseconds } = line;
        // What its children had to say of it stands there.
        const reason = line.status === "failed"
          ? `${line.reason}\n… and the end of the output:\n${tail(ended.output, 30)}`
          : line.reason;
        cells.set(line.case, { status: line.status, milliseconds, ...(reason !== undefined && { reason }) });
        if (line.case === current) current = undefined;
      }
    }
    if (current !== undefined) {
      const what = stopped === "stuck" ? "did not come back from the case" : howItEnded(ended, limit);
      const reason = `The runtime ${what}; the end of its output:\n${tail(ended.output, 15)}`;
      cells.set(current, { status: gap === undefined ? "failed" : "gap", milliseconds: 0, reason: gap ?? reason });
    }
    if (order.length === 0) order.push(...plan);
    const left = plan.filter((name) => !cells.has(name));
    const progress = todo === undefined || left.length < todo.length;
    if (current === undefined && stopped === "stuck" && left.length === 0 && plan.length > 0) {
      troubles.push(`The runtime was still running ${GRACE / 1000} s after its last case`);
    } else if (!lines.some(({ event }) => event === "plan") || !progress) {
      troubles.push(`The driver ${howItEnded(ended, limit)}; the end of its output:\n${tail(ended.output, 30)}`);
    } else if (left.length === 0 && stopped === "" && ended.code !== 0 && !lines.some(isFailure)) {
      troubles.push(`All cases went well, but the runtime ${howItEnded(ended, limit)}:\n${tail(ended.output, 30)}`);
    }

    let orphans = remaining(mark);
    for (let i = 0; i < 100 && orphans.length > 0; i++) {
      await sleep(20);
      orphans = remaining(mark);
    }
    for (const { pid, command } of orphans) {
      if (stopped === "" && !ended.timedOut) troubles.push(`A process was left behind: ${pid} (${command})`);
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // ended meanwhile
      }
    }
    todo = progress ? left : [];
    if (performance.now() > deadline) {
      for (const name of todo) cells.set(name, { status: "failed", milliseconds: 0, reason: "There was no time left" });
      if (plan.length === 0) troubles.push("There was no time left");
      todo = [];
    }
  }
  const milliseconds = performance.now() - started;
  if (troubles.length > 0 || [...cells.values()].some((cell) => cell.status !== "skipped")) {
    const status = troubles.length > 0 ? "failed" : "passed";
    cells.set(WHOLE, { status, milliseconds, ...(troubles.length > 0 && { reason: troubles.join("\n") }) });
  }
  return { tool, method, plan: order, cells, milliseconds };
}

/** @param {Result} line */
function isFailure(line) {
  return line.event === "end" && line.status === "failed";
}

/** The cases × columns table, in Markdown. @param {Column[]} columns @returns {string} */
export function table(columns) {
  const names = [...new Set(columns.flatMap(({ plan }) => plan)), WHOLE];
  const header = ["case", ...columns.map(({ tool, method }) => `${tool.id} ${method}`)];
  const rows = names.map((name) => [
    name,
    ...columns.map(({ cells }) => {
      const cell = cells.get(name);
      if (cell === undefined) return "-";
      return cell.status === "passed" ? `${Math.round(cell.milliseconds)} ms` : cell.status.toUpperCase();
    }),
  ]);
  const widths = header.map((text, i) => Math.max(text.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (/** @type {string[]} */ cells) =>
    cells.map((text, i) => (i === 0 ? text.padEnd(widths[i] ?? 0) : text.padStart(widths[i] ?? 0))).join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}
