/** Condition, as programs see it; condition_engine.ts does the work. */

import type { BlockOptions, WaitOptions } from "../base/wait_options.ts";
import { makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import type { Held } from "./acquirable.ts";
import { ConditionEngine, type ConditionOptions } from "./condition_engine.ts";
import type { Lock } from "./lock.ts";
import type { RLock } from "./rlock.ts";

/**
 * Waiting under a lock for a change. CPython: `multiprocessing.Condition`.
 *
 * @example
 * ```ts
 * import { Condition, Value } from "@manyproc/multiprocessing";
 *
 * const changed = new Condition(), count = new Value("i", 0);
 * const waiting = changed.with(() => changed.waitFor(() => count.value > 0));
 * await changed.with(() => { // in another process, say
 *   count.value++;
 *   changed.notifyAll();
 * });
 * console.log(await waiting); // true
 * ```
 */
export class Condition {
  readonly #engine: ConditionEngine;

  static {
    makeFace(this.prototype, (condition) => #engine in condition ? condition.#engine : undefined);
  }

  /**
   * Used under `lock` (the argument itself, or an option), by default under an RLock of its own.
   * @throws {MisuseError} for anything else, for a lock of another context, and when the name is another class's
   */
  constructor(options?: Lock | RLock | ConditionOptions);
  constructor(options?: Lock | RLock | ConditionOptions | ConditionEngine) {
    this.#engine = wear(this, options instanceof ConditionEngine ? options : new ConditionEngine(options));
  }

  /**
   * Acquires the lock; as `Lock.acquire()`. CPython: `Condition.acquire()`.
   * @throws {ClosedError} when the lock's handle is closed
   */
  acquire(options?: BlockOptions): Promise<boolean> {
    return this.#engine.guard.acquire(options);
  }

  /**
   * The synchronous fast path: true if the lock was free and is now ours.
   * @throws {ClosedError} when the lock's handle is closed
   */
  acquireNowait(): boolean {
    return this.#engine.guard.acquireNowait();
  }

  /**
   * Gives the lock back. CPython: `Condition.release()`.
   * @throws {MisuseError} when nobody holds it
   */
  release(): void {
    this.#engine.guard.release();
  }

  /**
   * Acquires the lock; what this resolves to releases it when disposed: `using held = await condition.hold()`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   */
  hold(options?: WaitOptions): Promise<Held> {
    return this.#engine.guard.hold(options);
  }

  /**
   * Runs `fn` while holding the lock, and releases it whatever happens. CPython: `with condition:`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when `fn` is no function
   */
  with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return this.#engine.guard.with(fn, options);
  }

  /**
   * Releases the lock, waits for a notification, takes the lock again; false when `timeout` milliseconds (default: no limit)
   * ran out first. Aborted, it rejects with `signal.reason`, the lock held again all the same. CPython: `Condition.wait()`.
   * @throws {MisuseError} when this process doesn't hold the lock
   * @throws {ClosedError} when this handle is closed
   */
  wait(options?: WaitOptions): Promise<boolean> {
    return this.#engine.wait(options);
  }

  /**
   * Waits until `predicate` gives something truthy, asking after each notification; resolves to what it gave last, falsy when
   * `timeout` milliseconds in all (default: no limit) ran out. CPython: `Condition.wait_for()`.
   * @throws {MisuseError} when this process doesn't hold the lock
   * @throws {ClosedError} when this handle is closed
   */
  waitFor<R>(predicate: () => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return this.#engine.waitFor(predicate, options);
  }

  /**
   * Ends up to `n` waits; they go on once the lock is free. A number below 1 ends none. CPython: `Condition.notify()`.
   * @param n How many; default 1
   * @throws {MisuseError} when this process doesn't hold the lock
   * @throws {ClosedError} when this handle is closed
   */
  notify(n = 1): void {
    this.#engine.notify(n);
  }

  /**
   * Ends all waits; they go on once the lock is free. CPython: `Condition.notify_all()`.
   * @throws {MisuseError} when this process doesn't hold the lock
   * @throws {ClosedError} when this handle is closed
   */
  notifyAll(): void {
    this.#engine.notify(Infinity);
  }

  /** Drops this process's handle (the lock given at its creation stays open). Idempotent. */
  close(): void {
    this.#engine.close();
  }
}

registerSharedClass("Condition", Condition, ConditionEngine);
