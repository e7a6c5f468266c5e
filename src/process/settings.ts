/** Settings of a Process, and their checks. */

import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import type { StartMethod } from "../runtime/runtime.ts";

/** How a child runs. */
export interface ProcessSettings {
  /** A label; default (also for "") "Process-1", in that child "Process-1:2". It may change until the start. */
  name?: string;
  /**
   * Default: the creator's, and false in the root. A process that ends by itself terminates its daemons and waits for its
   * other children; a root that dies takes all with it.
   */
  daemon?: boolean;
  /** Aborting it terminates the child (exit code -15), or keeps it from starting: then start() rejects with its reason. */
  signal?: AbortSignal;
  /** "process" only: added to the parent's environment; `undefined` takes a variable away. */
  env?: Record<string, string | undefined>;
  /** "process" only: working directory; default: the parent's. */
  cwd?: string;
  /** "process" only: flags of the interpreter, in place of the parent's (default), which are passed on otherwise. */
  execArgv?: readonly string[];
  /** "process" only; default "inherit". "pipe": read the child's stdout from `process.stdout`. Its stdin is always empty. */
  stdout?: "inherit" | "ignore" | "pipe";
  /** As `stdout`. */
  stderr?: "inherit" | "ignore" | "pipe";
  /**
   * Workers of Deno only: what Deno's `WorkerOptions.deno.permissions` takes; default "inherit". It needs at least `read`
   * for the modules that it loads, and Deno must run with --unstable-worker-options (else start() rejects with SpawnError).
   */
  permissions?: "inherit" | "none" | Readonly<Record<string, unknown>>;
  /**
   * Workers of Node only, elsewhere ignored: `maxMemory` in bytes of heap; default: what Node grants. A worker that uses it up
   * ends with exit code 1, and its process lives on.
   */
  resourceLimits?: { maxMemory?: number };
}

/** A target that takes arguments requires `args`. */
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
  const { name, stdout, stderr, signal, permissions } = settings;
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
  if (name !== undefined && typeof name !== "string") {
    throw new MisuseError(`Cannot create a Process: its name is ${String(name)}, it takes a string`);
  }
  for (const [key, value] of [["stdout", stdout], ["stderr", stderr]] as const) {
    if (value !== undefined && !["inherit", "ignore", "pipe"].includes(value)) {
      throw new MisuseError(
        `Cannot create a Process: ${key} is ${String(value)}, it takes "inherit", "ignore" or "pipe"`,
      );
    }
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new MisuseError("Cannot create a Process: signal is not an AbortSignal");
  }
}
