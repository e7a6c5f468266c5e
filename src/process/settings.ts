/** Settings of a Process, and their checks. */

import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { isSignal } from "../base/wait_options.ts";
import { describe } from "../base/words.ts";

/** How a child runs: all options of a Process but `target` and `args`. CPython: the parameters of `Process()`. */
export interface ProcessSettings {
  /**
   * A label. It may change until the start.
   * @default "Process-1" and so on, in that child "Process-1:2"; also for ""
   */
  name?: string;
  /**
   * A process that ends by itself terminates its daemons and waits for its other children; a root that dies takes all with it.
   * @default the creator's; false in the root
   */
  daemon?: boolean;
  /** Aborting it terminates the child (exit code -15), or keeps it from starting: then start() rejects with its reason. */
  signal?: AbortSignal;
  /**
   * "process" only: added to the parent's environment; `undefined` takes a variable away.
   * @default {}
   */
  env?: Record<string, string | undefined>;
  /**
   * "process" only: working directory.
   * @default the parent's
   */
  cwd?: string;
  /**
   * "process" only: flags of the interpreter, in place of the parent's.
   * @default the parent's
   */
  execArgv?: readonly string[];
  /**
   * "process" only: where the child's standard output goes. "pipe": it is read from the Process's `stdout`. Its standard input
   * is always empty.
   * @default "inherit"
   */
  stdout?: "inherit" | "ignore" | "pipe";
  /**
   * As `stdout`, for standard error.
   * @default "inherit"
   */
  stderr?: "inherit" | "ignore" | "pipe";
  /**
   * Workers of Deno only: what Deno's `WorkerOptions.deno.permissions` takes. It needs at least `read` for the modules that it
   * loads, and Deno must run with --unstable-worker-options (else start() rejects with SpawnError).
   * @default "inherit"
   */
  permissions?: "inherit" | "none" | Readonly<Record<string, unknown>>;
  /**
   * Workers of Node only, elsewhere ignored: `maxMemory` in bytes of heap. A worker that uses it up ends with exit code 1, and
   * its process lives on.
   * @default what Node grants
   */
  resourceLimits?: { maxMemory?: number };
}

/**
 * Options of a Process: its settings, `target`, which the child runs, and `args`, copies of which it is called with. A target
 * that takes arguments requires `args`.
 */
// deno-lint-ignore no-explicit-any -- a target whose arguments aren't known
export type ProcessOptions<A extends readonly unknown[] = any[]> =
  & ProcessSettings
  & (
    | { target?: undefined; args?: undefined }
    | { target: URL; args?: readonly unknown[] }
    | ({ target: (...args: A) => unknown } & ([] extends A ? { args?: A } : { args: A }))
  );

/** MisuseError for a setting that is not of its type, or means nothing under the start method. */
export function checkSettings(settings: ProcessSettings, method: StartMethod): void {
  const { name, daemon, signal, cwd, env, execArgv, stdout, stderr, permissions, resourceLimits } = settings;
  if (method === "worker") {
    for (const key of ["env", "cwd", "execArgv", "stdout", "stderr"] as const) {
      if (settings[key] === undefined) continue;
      throw new MisuseError(
        `Cannot create a Process with ${key}: a worker shares its process's; use getContext("process")`,
      );
    }
  }
  if (permissions !== undefined && permissions !== "inherit" && (method !== "worker" || runtime.name !== "deno")) {
    throw new MisuseError("Cannot create a Process with permissions: only workers of Deno can have their own");
  }
  if (signal !== undefined && !isSignal(signal)) {
    throw new MisuseError("Cannot create a Process: signal is not an AbortSignal");
  }
  check("name", name, isString, "a string");
  check("daemon", daemon, (value) => typeof value === "boolean", "true or false");
  for (const [key, value] of Object.entries({ stdout, stderr })) {
    check(
      key,
      value,
      (value) => ["inherit", "ignore", "pipe"].includes(value as string),
      '"inherit", "ignore" or "pipe"',
    );
  }
  check("cwd", cwd, (value) => isString(value) && value !== "", "a path");
  check("env", env, isObject, "an object of strings");
  for (const [key, value] of Object.entries(env ?? {})) check(`env.${key}`, value, isString, "a string");
  check("execArgv", execArgv, (value) => Array.isArray(value) && value.every(isString), "an array of strings");
  check("resourceLimits", resourceLimits, isObject, "an object");
  check(
    "resourceLimits.maxMemory",
    resourceLimits?.maxMemory,
    (value) => typeof value === "number" && value > 0 && value < Infinity,
    "a number of bytes above 0",
  );
  const isGrant = (value: unknown) => value === "inherit" || value === "none" || isObject(value);
  check("permissions", permissions, isGrant, '"inherit", "none" or an object of permissions');
}

function isString(value: unknown): boolean {
  return typeof value === "string";
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** MisuseError for a setting that was given, but isn't what it `takes`. */
function check(key: string, value: unknown, isRight: (value: unknown) => boolean, takes: string): void {
  if (value === undefined || isRight(value)) return;
  throw new MisuseError(`Cannot create a Process: ${key} is ${describe(value)}, it takes ${takes}`);
}
