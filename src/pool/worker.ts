/** A pool's worker: takes batches of tasks from its inbox and says what came of each. */

import type { AnyFunction } from "../targets/fit.ts";
import type { Reference } from "../targets/reference.ts";
import { resolveReference } from "../targets/resolve.ts";
import { ExitSignal, isEnding } from "../process/exit.ts";
import { keptAlive } from "../base/kept_alive.ts";
import { runtime } from "../runtime/current.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import type { Received } from "../wire/batch.ts";
import { BatchWriter } from "../wire/batch.ts";
import { WorkerClaims } from "./claims.ts";
import { LaneWriter } from "../wire/lane.ts";
import {
  APPLY,
  batchOf,
  DEFINE,
  DISMISS,
  FULFILLED,
  MAP,
  OUTGROWN,
  PROGRESS_ITEM,
  PROGRESS_PACE,
  PROGRESS_PACE_OF,
  PROGRESS_SINCE,
  PROGRESS_STOP,
  PROGRESS_TASK,
  PROGRESS_UNWANTED,
  READY,
  REJECTED,
  SETTLED,
  TIMED,
  UNFIT,
  wayOf,
} from "./protocol.ts";

/** What a worker is started with. */
export interface WorkerOptions {
  readonly index: number;
  readonly inbox: BatchQueue;
  readonly claims: Int32Array;
  readonly results: BatchQueue;
  readonly lane: Int32Array;
  readonly progress: Float64Array;
  readonly initializer: Reference | null;
  readonly initargs: readonly unknown[];
  /** Bytes of memory after which this worker takes no more; 0 = no limit. */
  readonly maxMemory: number;
}

/** The target of a worker's process. Ends when it is told that there are no more tasks. */
export async function servePool(options: WorkerOptions): Promise<void> {
  // A task may wait for what keeps no process alive.
  await keptAlive(new PoolWorker(options).run());
}

class PoolWorker {
  readonly #options: WorkerOptions;
  readonly #out: BatchWriter;
  readonly #lane: LaneWriter;
  readonly #claims: WorkerClaims;
  /** Nanoseconds that each function takes. */
  readonly #paces = new Map<number, number>();
  /** How functions are found, by their numbers. */
  readonly #definitions = new Map<number, Received>();
  /** Those that were asked for. */
  readonly #functions = new Map<number, Promise<AnyFunction> | AnyFunction>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#out = new BatchWriter(options.results.family);
    this.#lane = new LaneWriter(options.lane);
    this.#claims = new WorkerClaims(options.claims);
  }

  async run(): Promise<void> {
    const { inbox, initializer, initargs, maxMemory, progress } = this.#options;
    // Ctrl-C reaches the whole group of processes; the pool's owner says what becomes of the tasks.
    runtime.onInterrupt(() => {});
    if (initializer !== null) {
      try {
        await (await resolveReference(initializer))(...initargs);
      } catch (error) {
        throwIfLeaving(error);
        return this.#report(UNFIT, 0, error);
      }
    }
    this.#report(READY, -1, null);
    for (;;) {
      const batch = await inbox.take();
      const since = performance.now();
      let tasks = 0, fn = 0;
      for (const entry of batch) {
        if (isEnding()) return await new Promise<never>(() => {}); // nothing more is begun
        if (entry.c === DISMISS || progress[PROGRESS_STOP] !== 0) return;
        if (entry.c === DEFINE) this.#definitions.set(entry.b, entry);
        else {
          if (!this.#claims.take(batchOf(entry.c))) break; // the rest was given to others
          const later = this.#perform(entry);
          if (later !== undefined) await later;
          tasks++;
          fn = entry.b;
        }
      }
      if (maxMemory > 0 && runtime.residentBytes() > maxMemory) this.#report(OUTGROWN, -1, null);
      if (tasks === 0) continue;
      this.#notePace(fn, (performance.now() - since) * 1e6 / tasks);
    }
  }

  /** Shows how many nanoseconds a function's calls take; 0 while it changes. */
  #notePace(fn: number, pace: number): void {
    const { progress } = this.#options, known = this.#paces.get(fn) ?? pace, mean = Math.max(1, (known + pace) / 2);
    this.#paces.set(fn, mean);
    if (progress[PROGRESS_PACE_OF] !== fn) progress[PROGRESS_PACE] = 0;
    progress[PROGRESS_PACE_OF] = fn;
    progress[PROGRESS_PACE] = mean;
  }

  /** Does a task. Synchronous as long as the function is: short tasks don't pay for an await. */
  #perform({ a: id, b: number, c: mode, value: payload, error }: Received): Promise<void> | undefined {
    const { progress } = this.#options;
    if ((mode & TIMED) !== 0) progress[PROGRESS_SINCE] = Date.now();
    progress[PROGRESS_ITEM] = 0;
    progress[PROGRESS_TASK] = id;
    if (error?.again !== undefined) return this.#performLater(id, number, mode, error.again);
    if (error !== undefined) return void this.#report(id, 0, error.reason);
    const fn = this.#functions.get(number);
    if (typeof fn !== "function") return this.#performLater(id, number, mode, () => payload);
    if (wayOf(mode) !== APPLY) return this.#each(id, fn, mode, payload as unknown[], []);
    let value: unknown;
    try {
      value = fn(...payload as unknown[]);
    } catch (thrown) {
      throwIfLeaving(thrown);
      return void this.#report(id, 0, thrown);
    }
    if (isThenable(value)) return this.#settle(id, value);
    this.#report(id, -1, value);
    return undefined;
  }

  /** Does a task whose function isn't there yet; only its module may make it possible to read the payload. */
  async #performLater(id: number, number: number, mode: number, read: () => unknown): Promise<void> {
    // The task begins when its module is there: in a worker that has just come, loading that takes its time.
    if ((mode & TIMED) !== 0) this.#options.progress[PROGRESS_SINCE] = Infinity;
    let payload: unknown;
    try {
      this.#functions.set(number, await this.#load(number));
      payload = read();
    } catch (error) {
      throwIfLeaving(error);
      return this.#report(id, 0, error);
    }
    await this.#perform({ a: id, b: number, c: mode, value: payload });
  }

  /** Finds a function: not before a task asks for it, whose end it is when the module ends this worker. */
  #load(number: number): Promise<AnyFunction> | AnyFunction {
    const known = this.#functions.get(number);
    if (known !== undefined) return known;
    const { value, error } = this.#definitions.get(number) as Received; // it came before its tasks
    const found = error === undefined ? resolveReference(value as Reference) : Promise.reject(error.reason);
    this.#functions.set(number, found);
    return found;
  }

  async #settle(id: number, promise: PromiseLike<unknown>): Promise<void> {
    let value: unknown;
    try {
      value = await promise;
    } catch (thrown) {
      throwIfLeaving(thrown);
      return this.#report(id, 0, thrown);
    }
    this.#report(id, -1, value);
  }

  /** Calls for each item from `values.length` on. */
  #each(id: number, fn: AnyFunction, mode: number, items: unknown[], values: unknown[]): Promise<void> | undefined {
    const { progress } = this.#options, isTimed = (mode & TIMED) !== 0, isMap = wayOf(mode) === MAP;
    const isSettled = (mode & SETTLED) !== 0;
    while (values.length < items.length) {
      const at = values.length;
      if (progress[PROGRESS_STOP] !== 0) return undefined;
      if (progress[PROGRESS_UNWANTED] === id) return void this.#report(id, -1, null);
      progress[PROGRESS_ITEM] = at;
      if (isTimed) progress[PROGRESS_SINCE] = Date.now();
      try {
        const value = isMap ? fn(items[at]) : fn(...items[at] as unknown[]);
        if (isThenable(value)) return this.#eachLater(id, fn, mode, items, values, value);
        values.push(isSettled ? { status: "fulfilled", value } : value);
      } catch (thrown) {
        throwIfLeaving(thrown);
        if (!isSettled) return void this.#report(id, at, thrown);
        values.push({ status: "rejected", reason: thrown });
      }
    }
    if (isSettled) this.#reportEach(id, values as PromiseSettledResult<unknown>[]);
    else this.#reportAll(id, values);
    return undefined;
  }

  async #eachLater(
    id: number,
    fn: AnyFunction,
    mode: number,
    items: unknown[],
    values: unknown[],
    first: PromiseLike<unknown>,
  ): Promise<void> {
    const isSettled = (mode & SETTLED) !== 0;
    try {
      const value = await first;
      values.push(isSettled ? { status: "fulfilled", value } : value);
    } catch (thrown) {
      throwIfLeaving(thrown);
      if (!isSettled) return this.#report(id, values.length, thrown);
      values.push({ status: "rejected", reason: thrown });
    }
    await this.#each(id, fn, mode, items, values);
  }

  /** Says what came of each item, each by itself: one that can't travel, or can't be rebuilt, fails alone. */
  #reportEach(id: number, outcomes: readonly PromiseSettledResult<unknown>[]): void {
    const { index } = this.#options, out = this.#out;
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") out.addThrown(index, id, REJECTED, outcome.reason);
      else {
        try {
          out.add(index, id, FULFILLED, outcome.value, "result");
        } catch (error) {
          out.addThrown(index, id, REJECTED, error);
        }
      }
    }
    out.add(index, id, -1, null, "result");
    this.#send(id);
  }

  /** Says what came of all items. One whose value can't travel has failed. */
  #reportAll(id: number, values: readonly unknown[]): void {
    if (isEnding() || this.#sendShort(id, values)) return;
    const { index } = this.#options, out = this.#out;
    try {
      out.add(index, id, -1, values, "result");
    } catch (error) {
      const found = this.#firstThatStays(values);
      out.addThrown(index, id, found?.at ?? 0, found?.error ?? error);
    }
    this.#send(id);
  }

  /** The first of values that can't travel, and why. */
  #firstThatStays(values: readonly unknown[]): { readonly at: number; readonly error: unknown } | undefined {
    for (const [at, value] of values.entries()) {
      try {
        this.#out.add(0, 0, 0, value, "result");
      } catch (error) {
        return { at, error };
      } finally {
        this.#out.clear();
      }
    }
    return undefined;
  }

  /** Says what came of a task, at once: it is known even if this worker dies in the next one. */
  #report(what: number, failedAt: number, value: unknown): void {
    if (isEnding()) return; // the exit code is the outcome
    if (failedAt < 0 && what >= 0 && this.#sendShort(what, value)) return;
    const { index } = this.#options, out = this.#out;
    try {
      if (failedAt < 0) out.add(index, what, failedAt, value, "result");
      else out.addThrown(index, what, failedAt, value);
    } catch (error) {
      // What can't travel, such as an object that was closed, is replaced by the error that says so.
      out.addThrown(index, what, 0, error);
    }
    this.#send(what);
  }

  /** Sends a small plain value; false when it must go another way. */
  #sendShort(id: number, value: unknown): boolean {
    if (!this.#lane.add(id, value)) return false;
    this.#options.results.announce(this.#lane.isDue);
    return true;
  }

  /** Sends what was collected. */
  #send(what: number): void {
    const { index, results } = this.#options, out = this.#out;
    try {
      results.putNowait(out);
    } catch (error) {
      // There is no room for it: the task fails, not the worker.
      if (!(error instanceof RangeError)) throw error;
      out.clear();
      out.addThrown(index, what, 0, error);
      results.putNowait(out);
    }
    out.clear();
  }
}

/** What exit() throws is no outcome of the task: this worker ends. */
function throwIfLeaving(thrown: unknown): void {
  if (ExitSignal.is(thrown)) throw thrown;
}

/** What throws when it is asked, as a revoked Proxy, is none: encoding it says what is wrong with it. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  try {
    return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
  } catch {
    return false;
  }
}
