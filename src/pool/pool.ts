/** Pool: tasks for a fixed number of workers. */

import { ClosedError, MisuseError } from "../errors/base.ts";
import { currentMethod } from "../family/families.ts";
import { ensureOptions } from "../base/options.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { refuseWhileLoading } from "../targets/loading.ts";
import type { Target } from "../targets/reference.ts";
import { referenceTo } from "../targets/naming.ts";
import { keptAlive } from "../base/event_loop.ts";
import { withLimit } from "../base/limited.ts";
import { AsyncResult } from "./async_result.ts";
import { ApplyTask } from "./apply.ts";
import { Call } from "./call.ts";
import { Crew } from "./crew.ts";
import { runImap } from "./imap.ts";
import { drainOnInterrupt } from "./interrupt.ts";
import { bound } from "../process/caller_context.ts";
import { runMap } from "./map.ts";
import {
  checkCount,
  checkMap,
  checkPoolOptions,
  type ImapOptions,
  type Items,
  type MapOptions,
  type PoolOptions,
  type Rest,
  type TaskOptions,
} from "./options.ts";
import { MAP, SETTLED, STARMAP } from "./protocol.ts";
import type { PoolStats } from "./stats.ts";

/**
 * Workers that tasks are handed to. CPython: `multiprocessing.Pool`.
 *
 * Functions are found in the worker as targets are (see Target). Every task has an outcome: one whose worker dies rejects with
 * WorkerDiedError, the worker is replaced, and the pool goes on. Unlike CPython's `with Pool()`, `await using` lets accepted
 * tasks finish. A program that forgets to close its pool still ends by itself.
 *
 * All calls take `timeout` (milliseconds for the whole call), `taskTimeout` (milliseconds for one task from its start) and
 * `signal`; running out, or aborted, they reject at once, what no worker has begun is withdrawn, and what is running is
 * stopped by replacing its worker.
 *
 * While every worker has more than 4 ms of work ahead and results keep coming, they are taken in every 2 ms instead of one by
 * one, which leaves the processors to the workers.
 *
 * @example
 * ```ts
 * import { isMain, Pool } from "@manyproc/multiprocessing";
 *
 * export function square(x: number) {
 *   return x * x;
 * }
 *
 * if (isMain(import.meta)) {
 *   await using pool = new Pool(4);
 *   console.log(await pool.map(square, [1, 2, 3])); // [ 1, 4, 9 ]
 * }
 * ```
 */
export class Pool implements AsyncDisposable {
  readonly #crew: Crew;
  readonly #size: number;
  readonly #takesInterrupts: boolean;
  #disarm: (() => void) | undefined;
  #state: "open" | "closed" | "terminated" = "open";

  /**
   * Starts the workers: as many as the number, or as the options say.
   * @throws {RangeError} for a number of processes below 1, or another number out of its range
   * @throws {MisuseError} for another bad option, or while a child loads its modules
   * @throws {TargetError} when a worker could never find the initializer
   * @throws {SpawnError} when the start method can't be used here; says which flag or package is missing
   */
  constructor(options?: number | PoolOptions) {
    refuseWhileLoading("create a Pool");
    const checked = checkPoolOptions(options);
    const method = currentMethod();
    if (checked.maxMemoryPerChild > 0 && method === "worker") {
      throw new MisuseError(
        'Cannot create a Pool with maxMemoryPerChild: threads share one memory; use getContext("process")',
      );
    }
    const { initializer, initargs, processes, name, retries, maxTasksPerChild, maxMemoryPerChild } = checked;
    this.#size = processes;
    this.#takesInterrupts = checked.sigint === "drain";
    this.#crew = new Crew({
      method,
      name,
      size: processes,
      initializer: initializer === undefined ? null : referenceTo(initializer, "create a Pool with this initializer"),
      initargs,
      retries,
      maxTasks: maxTasksPerChild,
      maxMemory: maxMemoryPerChild,
    });
    void this.#crew.ended.then(() => this.#disarm?.());
  }

  /** Number of workers. */
  get size(): number {
    return this.#size;
  }

  /**
   * Calls `fn` with a copy of `args` in a worker; resolves to what it returned, or what that resolves to, and rejects with what it
   * threw (see remoteOrigin()). CPython: `Pool.apply()`.
   * @throws {WorkerDiedError} when the worker died at it, and `retries` are used up
   * @throws {TimeoutError} when `timeout` or `taskTimeout` milliseconds ran out
   * @throws {SerializationError} when an argument or the result can't travel
   * @throws {TargetError} when a worker can't find or load the function
   * @throws {ClosedError} when the pool is closed, or is terminated before there is an outcome
   * @throws {MisuseError} for a function, arguments or options that are none
   * @throws {RangeError} for a `taskTimeout` that isn't above 0
   *
   * @example
   * ```ts
   * import { Pool } from "@manyproc/multiprocessing";
   *
   * await using pool = new Pool(1);
   * const join = new URL("node:path#join"); // of one's own: new URL("./tasks.ts#join", import.meta.url)
   * console.log(await pool.apply(join, ["home", "ada"], { timeout: 60_000 })); // home/ada
   * ```
   */
  apply<A extends unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A>): Promise<Awaited<R>>;
  /** The same, with a function that a URL names. */
  apply<R = unknown>(fn: URL, args?: readonly unknown[], options?: TaskOptions): Promise<R>;
  apply(fn: Target, args: readonly unknown[] = [], options: TaskOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => void this.#apply(fn, args, options, resolve, reject));
  }

  /** As apply, and rejects as it does; the result can also be asked and cancelled. CPython: `Pool.apply_async()`. */
  applyAsync<A extends unknown[], R>(fn: (...args: A) => R, ...rest: Rest<A>): AsyncResult<Awaited<R>>;
  /** The same, with a function that a URL names. */
  applyAsync<R = unknown>(fn: URL, args?: readonly unknown[], options?: TaskOptions): AsyncResult<R>;
  applyAsync(fn: Target, args: readonly unknown[] = [], options: TaskOptions = {}): AsyncResult<unknown> {
    return AsyncResult.of((resolve, reject) => this.#apply(fn, args, options, resolve, reject));
  }

  /**
   * Calls `fn` with each item; results in the order of the items. All items are read before the first is handed in. The first
   * failure rejects at once and withdraws the rest. CPython: `Pool.map()`.
   * @throws {WorkerDiedError} when a worker died at an item, and `retries` are used up
   * @throws {TimeoutError} when `timeout` milliseconds ran out, or `taskTimeout` for one item
   * @throws {SerializationError} when an item or a result can't travel
   * @throws {TargetError} when a worker can't find or load the function
   * @throws {ClosedError} when the pool is closed, or is terminated before there is an outcome
   * @throws {MisuseError} for a function, items or options that are none
   * @throws {RangeError} for a `chunksize` or `taskTimeout` out of its range
   *
   * @example
   * ```ts
   * import { Pool } from "@manyproc/multiprocessing";
   *
   * await using pool = new Pool(2);
   * const names = await pool.map<string>(new URL("node:path#basename"), ["/home/ada", "/home/grace"], {
   *   onProgress: (done, total) => console.log(`${done} of ${total}`),
   * });
   * console.log(names); // [ "ada", "grace" ]
   * ```
   */
  map<T, R>(fn: (item: T) => R, items: Items<T>, options?: MapOptions): Promise<Awaited<R>[]>;
  /** The same, with a function that a URL names. */
  map<R = unknown>(fn: URL, items: Items<unknown>, options?: MapOptions): Promise<R[]>;
  map(fn: Target, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    return new Promise((resolve, reject) => void this.#map(fn, items, MAP, options, resolve, reject));
  }

  /** As map, and rejects as it does; the result can also be asked and cancelled. CPython: `Pool.map_async()`. */
  mapAsync<T, R>(fn: (item: T) => R, items: Items<T>, options?: MapOptions): AsyncResult<Awaited<R>[]>;
  /** The same, with a function that a URL names. */
  mapAsync<R = unknown>(fn: URL, items: Items<unknown>, options?: MapOptions): AsyncResult<R[]>;
  mapAsync(fn: Target, items: Items<unknown>, options?: MapOptions): AsyncResult<unknown[]> {
    return AsyncResult.of((resolve, reject) => this.#map(fn, items, MAP, options, resolve, reject));
  }

  /**
   * As map, but each item has an outcome of its own, as of Promise.allSettled; it rejects where no item can be done any more, the
   * whole call runs out of time or is aborted, or is wrong. CPython has none.
   *
   * @example
   * ```ts
   * import { Pool } from "@manyproc/multiprocessing";
   *
   * await using pool = new Pool(2);
   * const outcomes = await pool.mapSettled(new URL("node:path#basename"), ["/home/ada", 7]);
   * console.log(outcomes.map(({ status }) => status)); // [ "fulfilled", "rejected" ]
   * ```
   */
  mapSettled<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: MapOptions,
  ): Promise<PromiseSettledResult<Awaited<R>>[]>;
  /** The same, with a function that a URL names. */
  mapSettled<R = unknown>(fn: URL, items: Items<unknown>, options?: MapOptions): Promise<PromiseSettledResult<R>[]>;
  mapSettled(
    fn: Target,
    items: Items<unknown>,
    options?: MapOptions,
  ): Promise<PromiseSettledResult<unknown>[]> {
    return new Promise((resolve, reject) =>
      void this.#map(fn, items, MAP | SETTLED, options, resolve as (values: unknown[]) => void, reject)
    );
  }

  /**
   * As map, and rejects as it does; each item is an array of arguments. CPython: `Pool.starmap()`.
   *
   * @example
   * ```ts
   * import { Pool } from "@manyproc/multiprocessing";
   *
   * await using pool = new Pool(2);
   * console.log(await pool.starmap(new URL("node:path#join"), [["a", "b"], ["c", "d", "e"]])); // [ "a/b", "c/d/e" ]
   * ```
   */
  starmap<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions,
  ): Promise<Awaited<R>[]>;
  /** The same, with a function that a URL names. */
  starmap<R = unknown>(fn: URL, items: Items<readonly unknown[]>, options?: MapOptions): Promise<R[]>;
  starmap(fn: Target, items: Items<unknown>, options?: MapOptions): Promise<unknown[]> {
    return new Promise((resolve, reject) => void this.#map(fn, items, STARMAP, options, resolve, reject));
  }

  /** As starmap, and rejects as it does; the result can also be asked and cancelled. CPython: `Pool.starmap_async()`. */
  starmapAsync<A extends readonly unknown[], R>(
    fn: (...args: A) => R,
    items: Items<Readonly<A>>,
    options?: MapOptions,
  ): AsyncResult<Awaited<R>[]>;
  /** The same, with a function that a URL names. */
  starmapAsync<R = unknown>(fn: URL, items: Items<readonly unknown[]>, options?: MapOptions): AsyncResult<R[]>;
  starmapAsync(fn: Target, items: Items<unknown>, options?: MapOptions): AsyncResult<unknown[]> {
    return AsyncResult.of((resolve, reject) => this.#map(fn, items, STARMAP, options, resolve, reject));
  }

  /**
   * Results in the order of the items, as they are wanted; the input is read only a little ahead. Ending the iteration
   * withdraws the rest. A failure ends the iteration where its result would have come. CPython: `Pool.imap()`.
   *
   * Nothing is read before the first result is asked for; from then on `timeout` counts, and the iteration throws what map
   * rejects with.
   * @throws {ClosedError} when the pool is closed
   * @throws {MisuseError} for a function, items or options that are none
   * @throws {TargetError} when no worker could find the function
   * @throws {RangeError} for a `chunksize` or `buffersize` out of its range
   *
   * @example
   * ```ts
   * import { Pool } from "@manyproc/multiprocessing";
   *
   * function* homes() {
   *   for (let i = 0;; i++) yield `/home/${i}`; // without end: it is read as it is needed
   * }
   *
   * await using pool = new Pool(2);
   * for await (const name of pool.imap<string>(new URL("node:path#basename"), homes())) {
   *   console.log(name);
   *   if (name === "3") break;
   * }
   * ```
   */
  imap<T, R>(fn: (item: T) => R, items: Items<T>, options?: ImapOptions): AsyncGenerator<Awaited<R>, void, undefined>;
  /** The same, with a function that a URL names. */
  imap<R = unknown>(fn: URL, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<R, void, undefined>;
  imap(fn: Target, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<unknown, void, undefined> {
    return this.#imap(fn, items, MAP, true, options);
  }

  /** As imap, but each item has an outcome of its own, as of Promise.allSettled. CPython has none. */
  imapSettled<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: ImapOptions,
  ): AsyncGenerator<PromiseSettledResult<Awaited<R>>, void, undefined>;
  /** The same, with a function that a URL names. */
  imapSettled<R = unknown>(
    fn: URL,
    items: Items<unknown>,
    options?: ImapOptions,
  ): AsyncGenerator<PromiseSettledResult<R>, void, undefined>;
  imapSettled(
    fn: Target,
    items: Items<unknown>,
    options?: ImapOptions,
  ): AsyncGenerator<PromiseSettledResult<unknown>, void, undefined> {
    return this.#imap(fn, items, MAP | SETTLED, true, options) as AsyncGenerator<
      PromiseSettledResult<unknown>,
      void,
      undefined
    >;
  }

  /** As imap, results in the order in which they come. CPython: `Pool.imap_unordered()`. */
  imapUnordered<T, R>(
    fn: (item: T) => R,
    items: Items<T>,
    options?: ImapOptions,
  ): AsyncGenerator<Awaited<R>, void, undefined>;
  /** The same, with a function that a URL names. */
  imapUnordered<R = unknown>(fn: URL, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<R, void, undefined>;
  imapUnordered(fn: Target, items: Items<unknown>, options?: ImapOptions): AsyncGenerator<unknown, void, undefined> {
    return this.#imap(fn, items, MAP, false, options);
  }

  /** No new tasks; accepted ones finish, then the workers end. Idempotent. CPython: `Pool.close()`. */
  close(): void {
    if (this.#state === "open") this.#state = "closed";
    this.#crew.close();
  }

  /** Stops the workers; every unsettled result rejects with ClosedError. Idempotent. CPython: `Pool.terminate()`. */
  terminate(): void {
    if (this.#state === "terminated") return;
    this.#state = "terminated";
    this.#crew.terminate(new ClosedError("Cannot finish the task: its pool was terminated"));
  }

  /**
   * Waits until all workers have ended; false when `timeout` milliseconds (default: no limit) ran out. Rejects with
   * `signal.reason` when aborted. What an imap has not read of its input by then is refused with ClosedError, since nobody may
   * ever ask for it. CPython: `Pool.join()`.
   * @throws {MisuseError} before close() or terminate()
   */
  async join(options?: WaitOptions): Promise<boolean> {
    if (this.#state === "open") throw new MisuseError("Cannot join the pool: close() or terminate() it first");
    this.#crew.refuseUnread();
    return await keptAlive(withLimit(this.#crew.ended.then(() => true), options)) ?? false;
  }

  /**
   * Live figures. They cost when they are asked for.
   *
   * @example
   * ```ts
   * import { Pool } from "@manyproc/multiprocessing";
   *
   * await using pool = new Pool(2);
   * await pool.map(new URL("node:path#basename"), ["/home/ada", "/home/grace"], { chunksize: 1 });
   * const { done, failed, queued } = pool.stats();
   * console.log(done, failed, queued); // 2 0 0
   * ```
   */
  stats(): PoolStats {
    return this.#crew.stats();
  }

  /** close(), then join(): `await using pool = new Pool()`. (CPython's `with Pool` terminates.) */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.join();
  }

  /** The number of a function; called synchronously from the public method, since it asks for the caller's module. */
  #number(fn: unknown, doing: string): number {
    if (this.#state !== "open") throw new ClosedError(`Cannot ${doing}: the pool is ${this.#state}`);
    if (this.#takesInterrupts) this.#disarm ??= this.#armInterrupt();
    return this.#crew.numberOf(fn instanceof URL ? fn.href : fn, () => referenceTo(fn, doing));
  }

  #armInterrupt(): () => void {
    const crew = this.#crew;
    return drainOnInterrupt({
      get outstanding() {
        return crew.outstanding;
      },
      drain: (error) => crew.drain(error),
      kill: (error) => crew.terminate(error),
    });
  }

  #apply(
    fn: unknown,
    args: readonly unknown[],
    options: TaskOptions,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ): ApplyTask {
    const number = this.#number(fn, "apply");
    if (!Array.isArray(args)) throw new MisuseError("Cannot apply: args is not an array");
    ensureOptions(options, "apply", { number: "timeout" });
    return new ApplyTask(this.#crew, number, args, options, resolve, reject);
  }

  #map(
    fn: unknown,
    items: Items<unknown>,
    mode: number,
    options: MapOptions = {},
    resolve: (values: unknown[]) => void,
    reject: (error: unknown) => void,
  ): Call {
    const doing = mode === STARMAP ? "starmap" : "map";
    const number = this.#number(fn, doing);
    checkMap(items, options, doing);
    const call = new Call(this.#crew, number, mode, options, doing, reject);
    runMap(call, items, options, this.#size, resolve, reject);
    return call;
  }

  #imap(
    fn: unknown,
    items: Items<unknown>,
    mode: number,
    isOrdered: boolean,
    options: ImapOptions = {},
  ): AsyncGenerator<unknown, void, undefined> {
    const doing = isOrdered ? "imap" : "imapUnordered";
    const number = this.#number(fn, doing);
    checkMap(items, options, doing);
    const { chunksize = 1, buffersize = 2 * this.#size * chunksize, onProgress } = options;
    checkCount(buffersize, "buffersize");
    const begin = (onEnd: (error: unknown) => void) => new Call(this.#crew, number, mode, options, doing, onEnd);
    const keepOpen = (refuse: (error: unknown) => void) => this.#crew.keepOpen({ refuse, fail: refuse });
    return runImap({
      items,
      chunksize,
      buffersize,
      isOrdered,
      onProgress: onProgress && bound(onProgress),
      begin,
      keepOpen,
    });
  }
}
