/** Runs one case: with its time limit, and with a look at what it leaves behind. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import type { Case, Env } from "./case.ts";
import { endLeftProcesses, MARK, settle, takeSnapshot } from "./leaks.ts";

/** Milliseconds that a case has when it doesn't say. */
export const DEFAULT_TIME_LIMIT = 20_000;

/** How often a case runs at most, to see whether what it leaves behind gets more. */
export const MAX_RUNS = 3;

/** The case was still running when its time was up; whatever it started may still be at it. */
export class TimeLimitError extends Error {
  static {
    this.prototype.name = "TimeLimitError";
  }
}

/** The case passed, but something of it is still there. */
export class LeakError extends Error {
  static {
    this.prototype.name = "LeakError";
  }
}

async function withTimeLimit(run: () => Promise<void>, limit: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeIsUp = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TimeLimitError(`The case was still running after ${limit} ms`)), limit);
  });
  try {
    await Promise.race([run(), timeIsUp]);
  } finally {
    clearTimeout(timer);
  }
}

/** How long remains are given to disappear, in milliseconds. */
export interface Patience {
  /** Processes and files; descriptors, mappings and threads when the case runs again. */
  readonly real: number;
  /** Descriptors, mappings and threads the first time, when they may be there to stay. */
  readonly first: number;
}

/**
 * Runs a case, and rejects with what it threw, with TimeLimitError or with LeakError.
 *
 * Processes and files left are a leak at once. Descriptors, mappings and threads may be opened once in a process's life
 * by the package or the runtime: when some are left, the case runs again, and it is a leak if each of three runs leaves
 * some.
 */
export async function runCase(
  one: Case,
  env: Omit<Env, "tempDir">,
  patience: Patience = { real: 3000, first: 300 },
): Promise<void> {
  process.env[MARK] ??= `${process.pid}-${Date.now()}`;
  const tempBefore = process.env["TMPDIR"];
  const tempDir = mkdtempSync(join(tmpdir(), "mp-case-"));
  process.env["TMPDIR"] = tempDir; // of this process and its children: what they put there is seen
  const runOnce = async (limit: number) => {
    const before = takeSnapshot(tempDir);
    try {
      await withTimeLimit(() => one.run({ ...env, tempDir }), one.timeLimit ?? DEFAULT_TIME_LIMIT);
    } catch (error) {
      await settle(before, tempDir, patience.first);
      endLeftProcesses(before);
      throw error;
    }
    let left = await settle(before, tempDir, limit);
    if (left.never.length > 0) left = await settle(before, tempDir, patience.real);
    if (left.never.length > 0) {
      endLeftProcesses(before);
      throw new LeakError(`The case left behind: ${left.never.join(", ")}`);
    }
    return left.maybeOnce.filter((text) => !(one.growsMemory && text.startsWith("mapping ")));
  };
  try {
    let left: readonly string[] = [];
    for (let run = 0; run < MAX_RUNS; run++) {
      left = await runOnce(run === 0 ? patience.first : patience.real);
      if (left.length === 0) return;
    }
    throw new LeakError(`The case leaves behind, each time it runs: ${left.join(", ")}`);
  } finally {
    if (tempBefore === undefined) delete process.env["TMPDIR"];
    else process.env["TMPDIR"] = tempBefore;
    rmSync(tempDir, { recursive: true, force: true });
  }
}
