/** Options of a pool and of its calls, and their checks. */

import { JSON } from "../base/originals.ts";
import { MisuseError } from "../errors/base.ts";
import { ensureOptions } from "../base/options.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { limitOf } from "../base/wait_options.ts";
import { describe } from "../base/words.ts";
import type { Target } from "../targets/reference.ts";
import { cpuCount } from "../process/start_method.ts";

/** What a pool is to be. CPython: the parameters of `Pool()`. */
export interface PoolOptions {
  /**
   * Number of workers.
   * @default cpuCount()
   */
  processes?: number;
  /**
   * Runs in each worker before its first task. One that fails fails the pool: every call rejects with what it threw.
   * @default none
   */
  initializer?: Target;
  /**
   * Arguments of `initializer`; each worker gets a copy.
   * @default []
   */
  initargs?: unknown[];
  /**
   * Tasks (for map: chunks) after which a worker is replaced.
   * @default Infinity
   */
  maxTasksPerChild?: number;
  /**
   * "process" only: bytes of resident memory; a worker that has more is replaced, between tasks.
   * @default no limit
   */
  maxMemoryPerChild?: number;
  /**
   * Times a task is given to another worker after its worker died.
   * @default 0
   */
  retries?: number;
  /**
   * A label of its workers.
   * @default "PoolWorker"
   */
  name?: string;
  /**
   * What the pool does at Ctrl-C while there is work. "drain": at the first it cancels what no worker has begun and lets the rest
   * finish (5 000 ms at most), then the process ends as it would have, unless it has a handler of its own (on Deno, that is called
   * once more); at the second it kills. "ignore": nothing.
   * @default "drain"
   */
  sigint?: "drain" | "ignore";
}

/** Limits of a call: `timeout` is for all of it, from handing it in to its outcome. */
export interface TaskOptions extends WaitOptions {
  /**
   * Milliseconds for one task (of a map: for one item) from its start, more than 0. Running out, like an abort, replaces the
   * worker; the others of its chunk run again.
   * @default Infinity
   */
  taskTimeout?: number | undefined;
}

/** How map and its relatives go about it. */
export interface MapOptions extends TaskOptions {
  /**
   * Items that go to a worker in one go, at least 1.
   * @default map, starmap: a quarter of a worker's share; imap: 1
   */
  chunksize?: number;
  /**
   * Called here, after each chunk, with the number of items done and of all (undefined: not known, in imap and its relatives).
   * What it throws rejects the call.
   * @default none
   */
  onProgress?: (done: number, total: number | undefined) => void;
}

/** How imap, imapSettled and imapUnordered go about it. */
export interface ImapOptions extends MapOptions {
  /**
   * Items that may be read ahead of the consumer, at least 1.
   * @default 2 × processes × chunksize
   */
  buffersize?: number;
}

/** What may be iterated for items. */
export type Items<T> = Iterable<T> | AsyncIterable<T>;

/** Which of the two it is. A string is one of its characters. */
export function isAsync<T>(items: Items<T>): items is AsyncIterable<T> {
  return typeof (items as Partial<AsyncIterable<T>>)[Symbol.asyncIterator] === "function";
}

/** What apply takes after the function: its arguments, which are needed by functions that take some, and the limits. */
export type Rest<A extends readonly unknown[]> = [] extends A ? [args?: A, options?: TaskOptions]
  : [args: A, options?: TaskOptions];

/** A pool's options, checked and complete. */
export type CheckedPoolOptions = Required<Omit<PoolOptions, "initializer">> & Pick<PoolOptions, "initializer">;

export function checkPoolOptions(options: number | PoolOptions | undefined): CheckedPoolOptions {
  // Whatever isn't an object was meant as a number of processes, and is checked as one.
  const given: PoolOptions = typeof options === "object" && options !== null
    ? options
    : options === undefined
    ? {}
    : { processes: options };
  const {
    processes = cpuCount(),
    initializer,
    initargs = [],
    maxTasksPerChild = Infinity,
    maxMemoryPerChild = 0,
    retries = 0,
    name = "PoolWorker",
    sigint = "drain",
  } = given;
  if (!Number.isInteger(processes) || processes < 1) {
    throw new RangeError(
      `Cannot create a Pool: its number of processes is ${String(processes)}, it must be an integer of at least 1`,
    );
  }
  if (!Array.isArray(initargs)) throw new MisuseError("Cannot create a Pool: initargs is not an array");
  if (maxTasksPerChild !== Infinity) checkCount(maxTasksPerChild, "maxTasksPerChild");
  if (given.maxMemoryPerChild !== undefined) checkCount(maxMemoryPerChild, "maxMemoryPerChild");
  if (!Number.isInteger(retries) || retries < 0) {
    throw new RangeError(`Cannot create a Pool: retries is ${String(retries)}, it must be at least 0`);
  }
  if (typeof name !== "string") throw new MisuseError("Cannot create a Pool: its name is not a string");
  if (sigint !== "drain" && sigint !== "ignore") {
    throw new MisuseError(`Cannot create a Pool: sigint is ${JSON.stringify(sigint)}, it takes "drain" or "ignore"`);
  }
  return {
    processes,
    initargs,
    maxTasksPerChild,
    maxMemoryPerChild,
    retries,
    name,
    sigint,
    ...(initializer === undefined ? {} : { initializer }),
  };
}

/** Milliseconds for one task. */
export function taskLimitOf({ taskTimeout }: TaskOptions): number {
  if (taskTimeout === undefined) return Infinity;
  if (typeof taskTimeout !== "number" || Number.isNaN(taskTimeout)) {
    throw new MisuseError(`Cannot run a task: taskTimeout is ${String(taskTimeout)}, it takes milliseconds`);
  }
  if (taskTimeout <= 0) {
    throw new RangeError(`Cannot run a task: taskTimeout is ${taskTimeout}, it must be more than 0 milliseconds`);
  }
  return taskTimeout;
}

/** The options of a map, checked. */
export function checkMap(items: unknown, options: MapOptions, doing: string): void {
  const { [Symbol.iterator]: iterate, [Symbol.asyncIterator]: iterateLater } = Object(items) as Record<symbol, unknown>;
  if (typeof iterate !== "function" && typeof iterateLater !== "function") {
    throw new MisuseError(
      `Cannot ${doing}: the items are ${describe(items)}, which is neither an iterable nor an async iterable`,
    );
  }
  ensureOptions(options, doing, { number: "chunksize" });
  limitOf(options);
  taskLimitOf(options);
  const { chunksize, onProgress } = options;
  if (chunksize !== undefined) checkCount(chunksize, "chunksize");
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw new MisuseError(`Cannot ${doing}: onProgress is not a function`);
  }
}

export function checkCount(value: number, what: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new RangeError(`Cannot use ${String(value)} as ${what}: it must be an integer of at least 1`);
  }
}
