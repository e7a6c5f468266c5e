/** What everything that can be held has in common, as programs see it. */

import type { BlockOptions, WaitOptions } from "../base/wait_options.ts";

/** Something that is held until it is released. CPython: the common methods of `Lock`, `RLock`, `Semaphore`, `Condition`. */
export interface Acquirable {
  /**
   * Waits until it is ours. Resolves to false when `timeout` milliseconds (default: no limit) ran out, or at once with
   * `block: false`; rejects with `signal.reason` when aborted.
   * @throws {ClosedError} when this handle is closed
   */
  acquire(options?: BlockOptions): Promise<boolean>;
  /**
   * The synchronous fast path: true if it was free and is now ours.
   * @throws {ClosedError} when this handle is closed
   */
  acquireNowait(): boolean;
  /**
   * Gives it back.
   * @throws {MisuseError} for a lock that is free, and a BoundedSemaphore that has all of its permits
   * @throws {ClosedError} when this handle is closed
   */
  release(): void;
  /**
   * Acquires; what it resolves to releases when disposed: `using held = await lock.hold()`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {ClosedError} when this handle is closed
   */
  hold(options?: WaitOptions): Promise<Held>;
  /**
   * Runs `fn` while holding, and releases whatever happens; resolves to what `fn` returned.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when `fn` is no function
   * @throws {ClosedError} when this handle is closed
   */
  with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R>;
}

/**
 * Proof of holding; disposing it releases, once.
 *
 * @example
 * ```ts
 * import { Lock } from "@manyproc/multiprocessing";
 *
 * const lock = new Lock();
 * {
 *   using held = await lock.hold();
 *   if (held.abandoned) console.log("the holder before died: look whether the file is whole");
 * }
 * console.log(lock.locked()); // false
 * ```
 */
export interface Held extends Disposable {
  /** We got it because the last holder died: what it guards may be half-written. */
  readonly abandoned: boolean;
}
