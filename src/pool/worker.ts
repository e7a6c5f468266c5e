/** A pool's worker: takes batches of tasks from its inbox and says what came of each. */

import { ClosedError } from "../errors/base.ts";
import type { AnyFunction } from "../targets/plain_function.ts";
import type { Reference } from "../targets/reference.ts";
import { resolveReference } from "../targets/resolve.ts";
import { ExitSignal, isEnding } from "../process/exit.ts";
import { keptAlive } from "../base/event_loop.ts";
import { runtime } from "../runtime/current.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import { BatchWriter, type Received } from "../wire/batch.ts";
import { WorkerClaims } from "./claims.ts";
import { LaneWriter } from "../wire/lane.ts";
import { WorkerProgress } from "./progress.ts";
import {
  batchIn,
  functionIn,
  isApply,
  isDefinition,
  isMap,
  isSettled,
  isTimed,
  modeIn,
  NO_TASK,
  ReportWriter,
  taskIn,
} from "./protocol.ts";
import { now } from "../base/originals.ts";

/** What a worker is started with. */
export interface WorkerOptions {
  readonly index: number;
  readonly inbox: BatchQueue;
  readonly claims: Int32Array;
  readonly results: BatchQueue;
  readonly lane: Int32Array;
  readonly progress: Float64Array;
  readonly initializer: Reference | null;
  /** Bytes of memory after which this worker takes no more; 0 = no limit. */
  readonly maxMemory: number;
}

/** The target of a worker's process. Ends when it is told that there are no more tasks. */
export async function servePool(options: WorkerOptions): Promise<void> {
  // A task may wait for what keeps no process alive.
  await keptAlive(serve(options));
}

async function serve(options: WorkerOptions): Promise<void> {
  try {
    await new PoolWorker(options).run();
  } finally {
    // What it said counts, also when it ends at once.
    await options.results.sent();
  }
}

class PoolWorker {
  readonly #options: WorkerOptions;
  readonly #out: BatchWriter;
  readonly #reports: ReportWriter;
  readonly #lane: LaneWriter;
  readonly #claims: WorkerClaims;
  readonly #progress: WorkerProgress;
  /** Nanoseconds that each function takes. */
  readonly #paces = new Map<number, number>();
  /** How functions are found, by their numbers. */
  readonly #definitions = new Map<number, Received>();
  /** Those that were asked for. */
  readonly #functions = new Map<number, Promise<AnyFunction> | AnyFunction>();

  constructor(options: WorkerOptions) {
    this.#options = options;
    this.#out = new BatchWriter(options.results.family);
    this.#reports = new ReportWriter(options.index, this.#out);
    this.#lane = new LaneWriter(options.lane);
    this.#claims = new WorkerClaims(options.claims);
    this.#progress = new WorkerProgress(options.progress);
  }

  async run(): Promise<void> {
    const { inbox, initializer, maxMemory } = this.#options, progress = this.#progress;
    // Ctrl-C reaches the whole group of processes; the pool's owner says what becomes of the tasks.
    runtime.onInterrupt(() => {});
    if (initializer !== null) {
      try {
        await this.#initialize(initializer, inbox);
      } catch (error) {
        throwIfLeaving(error);
        if (isEnding()) return;
        this.#reports.unfit(error);
        return this.#send(NO_TASK);
      }
    }
    if (!isEnding()) {
      this.#reports.ready();
      this.#put();
    }
    for (;;) {
      const batch = await nextBatch(inbox);
      if (batch === undefined) return;
      const since = now();
      let tasks = 0, fn = 0;
      for (const entry of batch) {
        if (isEnding()) return await new Promise<never>(() => {}); // nothing more is begun
        if (progress.isStopped) return;
        if (isDefinition(entry)) this.#definitions.set(functionIn(entry), entry);
        else {
          if (!this.#claims.take(batchIn(entry))) break; // the rest was given to others
          const later = this.#perform(entry);
          if (later !== undefined) await later;
          tasks++;
          fn = functionIn(entry);
        }
      }
      if (maxMemory > 0 && runtime.residentBytes() > maxMemory && !isEnding()) {
        this.#reports.outgrown();
        this.#put();
      }
      if (tasks === 0) continue;
      this.#notePace(fn, (now() - since) * 1e6 / tasks);
    }
  }

  /** Notes how many nanoseconds a function's calls took, lately. */
  #notePace(fn: number, pace: number): void {
    const known = this.#paces.get(fn) ?? pace, mean = Math.max(1, (known + pace) / 2);
    this.#paces.set(fn, mean);
    this.#progress.showPace(fn, mean);
  }

  /** Runs the initializer; only its module may make it possible to read its arguments. */
  async #initialize(initializer: Reference, inbox: BatchQueue): Promise<void> {
    const batch = await nextBatch(inbox);
    if (batch === undefined) return;
    const fn = await resolveReference(initializer);
    const { value, error } = batch[0] as Received; // the first batch is the arguments alone
    if (error !== undefined && error.again === undefined) throw error.reason;
    await fn(...(error?.again?.() ?? value) as unknown[]);
  }

  /** Does a task. Synchronous as long as the function is: short tasks don't pay for an await. */
  #perform(entry: Received): Promise<void> | undefined {
    const id = taskIn(entry), mode = modeIn(entry), { error } = entry;
    this.#progress.beginTask(id, isTimed(mode));
    if (error?.again !== undefined) return this.#performLater(entry, error.again);
    if (error !== undefined) return void this.#fail(id, 0, error.reason);
    const fn = this.#functions.get(functionIn(entry));
    if (typeof fn !== "function") return this.#performLater(entry, () => entry.value);
    return this.#call(id, fn, mode, entry.value as unknown[]);
  }

  /** Does a task whose function isn't there yet; only its module may make it possible to read the payload. */
  async #performLater(entry: Received, read: () => unknown): Promise<void> {
    const id = taskIn(entry), number = functionIn(entry), mode = modeIn(entry);
    // The task begins when its module is there: in a worker that has just come, loading that takes its time.
    if (isTimed(mode)) this.#progress.stopClock();
    let fn: AnyFunction, payload: unknown;
    try {
      fn = await this.#load(number);
      this.#functions.set(number, fn);
      payload = read();
    } catch (error) {
      throwIfLeaving(error);
      return this.#fail(id, 0, error);
    }
    if (isTimed(mode)) this.#progress.startClock();
    await this.#call(id, fn, mode, payload as unknown[]);
  }

  #call(id: number, fn: AnyFunction, mode: number, payload: unknown[]): Promise<void> | undefined {
    if (!isApply(mode)) return this.#each(id, fn, mode, payload, []);
    let value: unknown;
    try {
      value = fn(...payload);
    } catch (thrown) {
      throwIfLeaving(thrown);
      return void this.#fail(id, 0, thrown);
    }
    if (isThenable(value)) return this.#settle(id, value);
    this.#succeed(id, value);
    return undefined;
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
      return this.#fail(id, 0, thrown);
    }
    this.#succeed(id, value);
  }

  /** Calls for each item from `values.length` on. */
  #each(id: number, fn: AnyFunction, mode: number, items: unknown[], values: unknown[]): Promise<void> | undefined {
    const progress = this.#progress, timed = isTimed(mode), takesItem = isMap(mode), settled = isSettled(mode);
    while (values.length < items.length) {
      const at = values.length;
      if (progress.isStopped) return undefined;
      if (progress.isUnwanted(id)) return void this.#succeed(id, null); // nobody looks at it
      progress.beginItem(at, timed);
      try {
        const value = takesItem ? fn(items[at]) : fn(...items[at] as unknown[]);
        if (isThenable(value)) return this.#eachLater(id, fn, mode, items, values, value);
        values.push(settled ? { status: "fulfilled", value } : value);
      } catch (thrown) {
        throwIfLeaving(thrown);
        if (!settled) return void this.#fail(id, at, thrown);
        values.push({ status: "rejected", reason: thrown });
      }
    }
    if (settled) this.#settleEach(id, values as PromiseSettledResult<unknown>[]);
    else this.#succeedAll(id, values);
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
    const settled = isSettled(mode);
    try {
      const value = await first;
      values.push(settled ? { status: "fulfilled", value } : value);
    } catch (thrown) {
      throwIfLeaving(thrown);
      if (!settled) return this.#fail(id, values.length, thrown);
      values.push({ status: "rejected", reason: thrown });
    }
    await this.#each(id, fn, mode, items, values);
  }

  /** Says what came of each item, each by itself: one that can't travel, or can't be rebuilt, fails alone. */
  #settleEach(id: number, outcomes: readonly PromiseSettledResult<unknown>[]): void {
    const reports = this.#reports;
    for (const outcome of outcomes) {
      if (outcome.status === "rejected") reports.itemRejected(id, outcome.reason);
      else {
        try {
          reports.itemFulfilled(id, outcome.value);
        } catch (error) {
          reports.itemRejected(id, error);
        }
      }
    }
    reports.succeeded(id, null);
    this.#send(id);
  }

  /** Says what came of all items. One whose value can't travel has failed. */
  #succeedAll(id: number, values: readonly unknown[]): void {
    if (isEnding() || this.#sendShort(id, values)) return;
    try {
      this.#reports.succeeded(id, values);
    } catch (error) {
      const found = this.#firstThatStays(values);
      this.#reports.failed(id, found?.at ?? 0, found?.error ?? error);
    }
    this.#send(id);
  }

  /** The first of values that can't travel, and why. */
  #firstThatStays(values: readonly unknown[]): { readonly at: number; readonly error: unknown } | undefined {
    for (const [at, value] of values.entries()) {
      try {
        this.#reports.succeeded(NO_TASK, value);
      } catch (error) {
        return { at, error };
      } finally {
        this.#out.clear();
      }
    }
    return undefined;
  }

  /** Says what a task came to, at once: it is known even if this worker dies in the next one. */
  #succeed(id: number, value: unknown): void {
    if (isEnding() || this.#sendShort(id, value)) return; // of one that ends, the exit code is the outcome
    try {
      this.#reports.succeeded(id, value);
    } catch (error) {
      // What can't travel, such as an object that was closed, is replaced by the error that says so.
      this.#reports.failed(id, 0, error);
    }
    this.#send(id);
  }

  /** Says at once that a task has failed, at which item, and why. */
  #fail(id: number, item: number, thrown: unknown): void {
    if (isEnding()) return;
    this.#reports.failed(id, item, thrown);
    this.#send(id);
  }

  /** Sends a small plain value; false when it must go another way. */
  #sendShort(id: number, value: unknown): boolean {
    if (!this.#lane.add(id, value)) return false;
    this.#options.results.announce(this.#lane.isDue);
    return true;
  }

  /** Sends what was collected about a task, or NO_TASK: that the initializer failed. */
  #send(id: number): void {
    const fail = (error: unknown) => {
      if (id === NO_TASK) this.#reports.unfit(error);
      else this.#reports.failed(id, 0, error);
      this.#put();
    };
    try {
      this.#put(fail);
    } catch (error) {
      // There is no room for it: the task fails, not the worker.
      if (!(error instanceof RangeError)) throw error;
      this.#out.clear();
      fail(error);
    }
  }

  /** `onLost`: what is done when it can't be put after all; default: this worker ends. */
  #put(onLost: (error: unknown) => void = end): void {
    this.#options.results.send(this.#out, onLost);
    this.#out.clear();
  }
}

function end(error: unknown): never {
  throw error;
}

/** What a worker is sent next; undefined: it is dismissed. */
async function nextBatch(inbox: BatchQueue): Promise<Received[] | undefined> {
  try {
    return await inbox.take();
  } catch (error) {
    if (error instanceof ClosedError) return undefined;
    throw error;
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
