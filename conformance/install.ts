/** The part of the drivers that they share: which cases run, with what they are given, and where the results go. */

import { spawnSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import process from "node:process";
import type { StartMethod } from "../mod.ts";
import type { Case, Env, Need, RuntimeName } from "./case.ts";
import { findGap, type Gap } from "./gaps.ts";
import { DEFAULT_TIME_LIMIT, MAX_RUNS, runCase } from "./run_case.ts";

/** What a driver tells about its runtime's test runner. */
export interface Driver {
  readonly runtime: RuntimeName;
  readonly runtimeVersion: string;
  /** Registers a test: `run` rejects if it failed. `timeLimit` is for runners that have a limit of their own, in milliseconds. */
  test(name: string, options: TestOptions, run: () => Promise<void>): void;
}

/** What a driver's test runner should know about a test. */
export interface TestOptions {
  readonly skip: boolean;
  readonly timeLimit: number;
  /** The first one to run opens what is opened once in a process's life. */
  readonly first: boolean;
}

/** A line of the results file (JSON lines). */
export type Result =
  | { readonly event: "plan"; readonly cases: readonly string[] }
  | {
    readonly event: "start";
    readonly case: string;
    readonly timeLimit: number;
    /** Why it is known to fail, if it is: it may take this process down. */
    readonly gap?: string;
  }
  | {
    readonly event: "end";
    readonly case: string;
    readonly status: "passed" | "failed" | "skipped" | "gap";
    /** Of one round. */
    readonly milliseconds: number;
    /** The error, the need that is missing, or the gap's reason. */
    readonly reason?: string;
  };

/** What the environment asks for. */
interface Settings {
  readonly method: StartMethod;
  /** Parts of names, one a line; a line that begins with `=` is a whole name. None: all cases. */
  readonly filter: readonly string[];
  readonly repeat: number;
  readonly results: string | undefined;
  /** After a case that fails, this process is ended from outside, and the others go on in a new one. */
  readonly supervised: boolean;
}

function readSettings(): Settings {
  const method = process.env["MP_METHOD"] ?? "process";
  if (method !== "process" && method !== "worker") {
    throw new Error(`MP_METHOD is "process" or "worker", not "${method}"`);
  }
  return {
    method,
    filter: (process.env["MP_CASES"] ?? "").split("\n").filter((line) => line !== ""),
    repeat: Number(process.env["MP_REPEAT"] ?? 1),
    results: process.env["MP_RESULTS"],
    supervised: process.env["MP_SUPERVISED"] === "1",
  };
}

/** The first of a case's needs that isn't met here. */
export function missingNeed(one: Case, env: Pick<Env, "method" | "runtime">): Need | undefined {
  const met: Record<Need, () => boolean> = {
    process: () => env.method === "process",
    worker: () => env.method === "worker",
    linux: () => process.platform === "linux",
    "stops-busy": () => !(env.runtime === "deno" && env.method === "worker"),
    "prints-in-order": () => !(env.runtime === "node" && env.method === "worker"),
    "heap-limit": () => env.runtime !== "bun",
    python3: () => spawnSync("python3", ["--version"]).status === 0,
    deno: () => env.runtime === "deno",
    bun: () => env.runtime === "bun",
    node: () => env.runtime === "node",
  };
  return one.needs?.find((need) => !met[need]());
}

function forEver(): Promise<never> {
  setInterval(() => {}, 1000); // keeps the process alive
  return new Promise(() => {});
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const stack = error.stack ?? "";
  const text = stack.includes(error.message) ? stack : `${error.name}: ${error.message}\n${stack}`;
  return error.cause === undefined ? text : `${text}\nCaused by: ${describe(error.cause)}`;
}

/** Runs a case as often as asked; a known gap must fail. Never rejects. */
export async function judge(
  one: Case,
  env: Omit<Env, "tempDir">,
  gap: Gap | undefined,
  repeat = 1,
): Promise<Result & { event: "end" }> {
  const started = performance.now();
  const end = (status: "passed" | "failed" | "gap", reason?: string): Result & { event: "end" } => {
    const milliseconds = Math.round((performance.now() - started) / repeat);
    return { event: "end", case: one.name, status, milliseconds, ...(reason !== undefined && { reason }) };
  };
  try {
    for (let round = 0; round < repeat; round++) await runCase(one, env);
  } catch (error) {
    return gap === undefined ? end("failed", describe(error)) : end("gap", gap.reason);
  }
  if (gap === undefined) return end("passed");
  return end("failed", `It passes, so its line in conformance/gaps.ts has to go (it gave as reason: ${gap.reason})`);
}

/** Registers the cases with a driver's test runner. */
export async function install(driver: Driver): Promise<void> {
  const { method, filter, repeat, results, supervised } = readSettings();
  const report = (result: Result) => {
    if (results !== undefined) appendFileSync(results, `${JSON.stringify(result)}\n`);
  };
  const [{ getContext }, { cases }] = await Promise.all([import("../mod.ts"), import("./cases/index.ts")]);
  const { runtime, runtimeVersion } = driver;
  const env = { mp: getContext(method), method, runtime, runtimeVersion };
  try {
    new env.mp.Event().close(); // what is opened once in a process's life is no case's doing
  } catch {
    // the cases will say so
  }
  const names = cases.map((one) => one.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two cases are named "${twice}"`);
  const chosen = cases.filter((one) =>
    filter.length === 0 ||
    filter.some((line) => line.startsWith("=") ? one.name === line.slice(1) : one.name.includes(line))
  );
  report({ event: "plan", cases: chosen.map((one) => one.name) });
  let first = true;
  for (const one of chosen) {
    const missing = missingNeed(one, env);
    const timeLimit = one.timeLimit ?? DEFAULT_TIME_LIMIT;
    if (missing !== undefined) {
      report({ event: "end", case: one.name, status: "skipped", milliseconds: 0, reason: `needs ${missing}` });
    }
    // A case may run again (leaks), and repeatedly; what its remains get to disappear comes on top.
    const limitForRunner = MAX_RUNS * (timeLimit + 5000) * repeat;
    driver.test(one.name, { skip: missing !== undefined, timeLimit: limitForRunner, first }, async () => {
      const gap = findGap(one.name, env);
      report({ event: "start", case: one.name, timeLimit: limitForRunner, ...(gap && { gap: gap.reason }) });
      const result = await judge(one, env, gap, repeat);
      report(result);
      // What a case that failed has left behind (it may even be running still) would disturb the next.
      if (supervised && result.status !== "passed") await forEver();
      if (result.status === "failed") throw new Error(result.reason);
    });
    if (missing === undefined) first = false;
  }
}
