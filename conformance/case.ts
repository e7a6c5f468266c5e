/** What a conformance case is: plain data that every driver can run on its runtime with either start method. */

import type { Context, StartMethod } from "../mod.ts";

/** A runtime that the suite runs on. */
export type RuntimeName = "deno" | "bun" | "node";

/**
 * What a case can't do without; it is skipped where this is missing.
 *
 * - `process`, `worker`: only under that start method
 * - `linux`: /proc, signals that behave as on Linux
 * - `stops-busy`: a child that computes can be stopped (not a worker of Deno)
 * - `heap-limit`: a heap whose limit can be set (not on Bun, where the machine's memory is the limit)
 * - `prints-in-order`: what several print comes in the order in which they did (not from workers of Node, which print through
 *   the main thread: it takes their messages in an order of its own)
 * - `python3`: CPython is on the PATH
 * - `deno`, `bun`, `node`: only on that runtime
 */
export type Need =
  | "process"
  | "worker"
  | "linux"
  | "stops-busy"
  | "heap-limit"
  | "prints-in-order"
  | "python3"
  | RuntimeName;

/** What a case is given. */
export interface Env {
  /** The package, bound to the start method under test. */
  readonly mp: Context;
  readonly method: StartMethod;
  readonly runtime: RuntimeName;
  /** For example "2.9.6". */
  readonly runtimeVersion: string;
  /** An empty folder for the case's files. Like everything else a case makes, they must be gone when it ends. */
  readonly tempDir: string;
}

/**
 * One thing that must hold on every runtime. It imports only `mod.ts` and `conformance/`, tidies up after itself, and can
 * run again in the same process (that is how a leak is told from something that is opened once in a process's life).
 */
export interface Case {
  /** Unique. `area/what must hold`, for example `lock/never two inside`. */
  readonly name: string;
  readonly needs?: readonly Need[];
  /** How much shared memory it needs varies, and a family's memory stays mapped: new mappings are no leak. */
  readonly growsMemory?: boolean;
  /** Milliseconds for one run; default 20 000. */
  readonly timeLimit?: number;
  run(env: Env): Promise<void>;
}
