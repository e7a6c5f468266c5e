/** Lock, as programs see it; lock_engine.ts does the work. */

import type { BlockOptions, WaitOptions } from "../base/wait_options.ts";
import { makeFace, wear } from "../objects/face.ts";
import type { Named } from "../objects/object.ts";
import { registerSharedClass } from "../wire/handles.ts";
import type { Acquirable, Held } from "./acquirable.ts";
import { LockEngine } from "./lock_engine.ts";

/**
 * A non-recursive lock, shared by name or by passing it. CPython: `multiprocessing.Lock`.
 *
 * When its holder dies, the next gets it, and `abandoned` says so. Not itself disposable: `using l = lock` would look like
 * holding; `using held = await lock.hold()` holds.
 *
 * @example
 * ```ts
 * import { Lock } from "@manyproc/multiprocessing";
 *
 * const lock = new Lock({ name: "my-package/print" });
 * await lock.with(() => console.log("alone"));
 * ```
 */
export class Lock implements Acquirable {
  readonly #engine: LockEngine;

  static {
    makeFace(this.prototype, (lock) => #engine in lock ? lock.#engine : undefined);
  }

  /**
   * Free at first, unless it exists already: the same name in one family is the same lock.
   * @throws {MisuseError} when the name is another class's, or options aren't an object
   */
  constructor(options?: Named);
  constructor(options?: Named | LockEngine) {
    this.#engine = wear(this, options instanceof LockEngine ? options : new LockEngine(options));
  }

  /**
   * Waits until it is ours. Resolves to false when `timeout` milliseconds (default: no limit) ran out, or at once with
   * `block: false`; rejects with `signal.reason` when aborted. CPython: `Lock.acquire()`.
   * @throws {ClosedError} when this handle is closed
   */
  acquire(options?: BlockOptions): Promise<boolean> {
    return this.#engine.acquire(options);
  }

  /**
   * The synchronous fast path: true if it was free and is now ours. CPython: `Lock.acquire(block=False)`.
   * @throws {ClosedError} when this handle is closed
   */
  acquireNowait(): boolean {
    return this.#engine.acquireNowait();
  }

  /**
   * Gives it back; any process may. CPython: `Lock.release()`.
   * @throws {MisuseError} when nobody holds it
   * @throws {ClosedError} when this handle is closed
   */
  release(): void {
    this.#engine.release();
  }

  /**
   * Acquires it; what this resolves to releases it when disposed: `using held = await lock.hold()`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {ClosedError} when this handle is closed
   */
  hold(options?: WaitOptions): Promise<Held> {
    return this.#engine.hold(options);
  }

  /**
   * Runs `fn` while holding it, and releases it whatever happens; resolves to what `fn` returned. CPython: `with lock:`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when `fn` is no function
   * @throws {ClosedError} when this handle is closed
   */
  with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return this.#engine.with(fn, options);
  }

  /**
   * True while anybody holds it; a dead holder is not anybody. CPython: `Lock.locked()`.
   * @throws {ClosedError} when this handle is closed
   */
  locked(): boolean {
    return this.#engine.locked();
  }

  /** Of the acquisition that this process holds: the holder before it died, what it guards may be half-written. */
  get abandoned(): boolean {
    return this.#engine.abandoned;
  }

  /** Drops this process's handle, and gives back what it holds; the lock goes with the last handle. Idempotent. */
  close(): void {
    this.#engine.close();
  }
}

registerSharedClass("Lock", Lock, LockEngine);
