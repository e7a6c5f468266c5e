/** Pool: tasks for a fixed number of workers. */

import { ClosedError, MisuseError } from "../errors.ts";
import { currentMethod } from "../memory/families.ts";
import type { WaitOptions } from "../memory/futex.ts";
import { refuseWhileLoading } from "../process/current.ts";
import type { Target } from "../process/reference.ts";
import { referenceTo } from "../process/reference.ts";
import { cpuCount } from "../process/start_method.ts";
import { keptAlive, withLimit } from "../process/watch.ts";
import { AsyncResult } from "./async_result.ts";
import type { Task } from "./crew.ts";
import { Crew } from "./crew.ts";
import { runImap } from "./imap.ts";
import { APPLY, MAP, STARMAP } from "./protocol.ts";

/** What a pool is to be. */
export interface PoolOptions {
  /** Number of workers; default cpuCount(). */
  processes?: number;
  /** Runs in each worker before its first task. One that fails fails the pool, with the cause. */
  initializer?: Target;
  initargs?: unknown[];
}

/** How map and its relatives go about it. */
export interface MapOptions {
  /** Items that go to a worker in one go. map: default a quarter of a worker's share. imap: default 1. */
  chunksize?: number;
}

/** How imap and imapUnordered go about it. */
export interface ImapOptions extends MapOptions {
  /** Items that may be read ahead of the consumer; default 2 × processes × chunksize. */
  buffersize?: number;
}

type Items<T> = Iterable<T> | AsyncIterable<T>;

/** Arguments are needed by functions that take some. */
export type Rest<A extends readonly unknown[]> = [] extends A ? [args?: A] : [args: A];

/**
 * Workers that tasks are handed to. CPython: `multiprocessing.Pool`.
 *
 * Functions are found in the worker as targets are (see Target). A task whose worker dies rejects with WorkerDiedError; the
 * worker is replaced and the pool goes on. Unlike CPython's `with Pool()`, `await using` lets accepted tasks finish.
 *
 * @example
 * ```ts ignore
 * await using pool = new Pool(4);
 * console.log(await pool.map(square, [1, 2, 3])); // [1, 4, 9]
 * ```
 */
export class Pool implements AsyncDisposable {
  readonly #crew: Crew;
  readonly #size: number;
  #state: "open" | "closed" | "terminated" = "open";

  /**
   * Starts the workers.
   * @throws {RangeError} for a number of processes below 1
   * @throws {MisuseError} for a bad option, or while a child loads its modules
   */
  constructor(options?: number | PoolOptions) {
    refuseWhileLoading("create a Pool");
    const { processes = cpuCount(), initializer, initargs = [] } = typeof options === "number"
      ? { processes: options }
      : options ?? {};
    if (!Number.isInteger(processes) || processes < 1) {
      throw new RangeError(
        `Cannot create a Pool: its number of processes is ${String(processes)}, it must be at least 1`,
      );
    }
    if (!Array.isArray(initargs)) throw new MisuseError("Cannot create a Pool: initargs is not an array");
    this.#size = processes;
    this.#crew = new Crew({
      method: currentMethod(),
      size: processes,
      initializer: initializer === undefined ? null : referenceTo(initializer, "create a Pool with this initializer"),
      initargs,
    });
  }

  /** Number of workers. */
  get size(): number {
    return this.#size;
  }

  /** Calls `fn` with `args` in a worker. CPython: `Pool.apply`. */
  apply<A extends unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A>): Promise<Awaited<R>>;
  apply<R = unknown>(fn: URL, args?: readonly unknown[]): Promise<R>;
  apply(fn: Target, args: readonly unknown[] = []): Promise<unknown> {
    return this.#call(fn, args);
  }

  /** As apply; the result can also be asked. CPython: `Pool.apply_async`. */
  applyAsync<A extends unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A>): AsyncResult<Awaited<R>>;
  applyAsync<R = unknown>(fn: URL, args?: readonly unknown[]): AsyncResult<R>;
  applyAsync(fn: Target, args: readonly unknown[] = []): AsyncResult<unknown> {
    return AsyncResult.of(this.#call(fn, args));
  }

  /** Calls `fn` with each item; results in the order of the items. The first failure rejects at once. CPython: `Pool.map`. */
  map<T, R>(fn: (item: T) => R, items: Items<T>, options?: MapOptions): Promise<Awaited<R>[]>;
  map<R = unknown>(fn: URL, items: Items<unknown>, options?: MapOptions): Promise<R[]>;
  map(fn: Target, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    return this.#map(fn, items, MAP, options);
  }

  /** As map; the result can also be asked. CPython: `Pool.map_async`. */
  mapAsync<T, R>(fn: (item: T) => R, items: Items<T>, options?: MapOptions): AsyncResult<Awaited<R>[]>;
  mapAsync<R = unknown>(fn: URL, items: Items<unknown>, options?: MapOptions): AsyncResult<R[]>;
  mapAsync(fn: Target, items: Items<unknown>, options?: MapOptions): AsyncResult<unknown[]> {
    return AsyncResult.of(this.#map(fn, items, MAP, options));
  }

  /** As map, each item an array of arguments. CPython: `Pool.starmap`. */
  starmap<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]>;
  starmap<R = unknown>(fn: URL, items: Items<readonly unknown[]>, options?: MapOptions): Promise<R[]>;
  starmap(fn: Target, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    return this.#map(fn, items, STARMAP, options);
  }

  /** As starmap; the result can also be asked. CPython: `Pool.starmap_async`. */
  starmapAsync<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions,
  ): AsyncResult<Awaited<R>[]>;
  starmapAsync<R = unknown>(fn: URL, items: Items<readonly unknown[]>, options?: MapOptions): AsyncResult<R[]>;
  starmapAsync(fn: Target, items: Items<unknown>, options?: MapOptions): AsyncResult<unknown[]> {
    return AsyncResult.of(this.#map(fn, items, STARMAP, options));
  }

  /** Results in the order of the items, as they are wanted; the input is read only a little ahead. CPython: `Pool.imap`. */
  imap<T, R>(fn: (item: T) => R, items: Items<T>, options?: ImapOptions): AsyncGenerator<Awaited<R>, void, undefined>;
  imap<R = unknown>(fn: URL, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<R, void, undefined>;
  imap(fn: Target, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<unknown, void, undefined> {
    return this.#imap(fn, items, true, options);
  }

  /** As imap, results in the order in which they come. CPython: `Pool.imap_unordered`. */
  imapUnordered<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: ImapOptions,
  ): AsyncGenerator<Awaited<R>, void, undefined>;
  imapUnordered<R = unknown>(fn: URL, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<R, void, undefined>;
  imapUnordered(fn: Target, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<unknown, void, undefined> {
    return this.#imap(fn, items, false, options);
  }

  /** No new tasks; accepted ones finish. Idempotent. */
  close(): void {
    if (this.#state === "open") this.#state = "closed";
    this.#crew.close();
  }

  /** Stops the workers; every unsettled result rejects with ClosedError. Idempotent. */
  terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#crew.terminate(new ClosedError("Cannot finish the task: its pool was terminated"));
  }

  /**
   * Waits until all workers have ended; false when `timeout` milliseconds ran out.
   * @throws {MisuseError} before close() or terminate()
   */
  async join(options?: WaitOptions): Promise<boolean> {
    if (this.#state === "open") throw new MisuseError("Cannot join the pool: close() or terminate() it first");
    return await keptAlive(withLimit(this.#crew.ended.then(() => true), options)) ?? false;
  }

  /** close(), then join(). (CPython's `with Pool` terminates.) */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.join();
  }

  #number(fn: unknown, doing: string): number {
    if (this.#state !== "open") throw new ClosedError(`Cannot ${doing}: the pool is ${this.#state}`);
    return this.#crew.numberOf(fn instanceof URL ? fn.href : fn, () => referenceTo(fn, doing));
  }

  #submit(fn: number, mode: number, payload: readonly unknown[], settle: Task["settle"]): Task {
    const task: Task = { fn, mode, payload, settle, withdrawn: false };
    this.#crew.submit(task);
    return task;
  }

  #call(fn: unknown, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const number = this.#number(fn, "apply");
      if (!Array.isArray(args)) throw new MisuseError("Cannot apply: args is not an array");
      this.#submit(number, APPLY, args, (ok, value) => ok ? resolve(value) : reject(value));
    });
  }

  #map(fn: unknown, items: Items<unknown>, mode: number, options: MapOptions = {}): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      const number = this.#number(fn, mode === MAP ? "map" : "starmap");
      checkItems(items, "map");
      checkCount(options.chunksize, "chunksize");
      const start = (all: readonly unknown[]) => {
        const chunksize = options.chunksize ?? Math.max(1, Math.ceil(all.length / (4 * this.#size)));
        const results: unknown[] = new Array(all.length);
        const tasks: Task[] = [];
        let due = Math.ceil(all.length / chunksize);
        if (due === 0) return resolve(results);
        let failed = false;
        for (let at = 0; at < all.length && !failed; at += chunksize) {
          tasks.push(this.#submit(number, mode, all.slice(at, at + chunksize), (ok, value) => {
            if (!ok) {
              failed = true;
              for (const task of tasks) task.withdrawn = true;
              return reject(value);
            }
            const values = value as unknown[];
            for (let i = 0; i < values.length; i++) results[at + i] = values[i];
            if (--due === 0) resolve(results);
          }));
        }
      };
      if (Symbol.asyncIterator in Object(items)) void Array.fromAsync(items).then(start).catch(reject);
      else start([...items as Iterable<unknown>]);
    });
  }

  #imap(
    fn: unknown,
    items: Items<unknown>,
    ordered: boolean,
    options: ImapOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    const number = this.#number(fn, ordered ? "imap" : "imapUnordered");
    checkItems(items, "imap");
    checkCount(options.chunksize, "chunksize");
    checkCount(options.buffersize, "buffersize");
    const chunksize = options.chunksize ?? 1;
    return runImap({
      items,
      chunksize,
      buffersize: options.buffersize ?? 2 * this.#size * chunksize,
      ordered,
      submit: (chunk, settle) => this.#submit(number, MAP, chunk, settle),
    });
  }
}

function checkItems(items: unknown, doing: string): void {
  const object = Object(items) as object;
  if (!(Symbol.iterator in object) && !(Symbol.asyncIterator in object)) {
    throw new MisuseError(`Cannot ${doing}: the items are neither an iterable nor an async iterable`);
  }
}

function checkCount(value: number | undefined, what: string): void {
  if (value !== undefined && (!Number.isInteger(value) || value < 1)) {
    throw new RangeError(`Cannot map: ${what} is ${String(value)}, it must be at least 1`);
  }
}
