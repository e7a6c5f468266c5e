/** What everything that can be held has in common, as programs see it. */

import type { BlockOptions, WaitOptions } from "../base/wait_options.ts";

/** Something that is held until it is released. CPython: the common methods of `Lock`, `RLock`, `Semaphore`, `Condition`. */
export interface Acquirable {
  /**
   * Waits until it is ours. Resolves to false when `timeout` (milliseconds) ran out, or at once with `block: false`.
   * Rejects with `signal.reason` when aborted, with ClosedError when this handle is closed.
   */
  acquire(options?: BlockOptions): Promise<boolean>;
  /** The synchronous fast path: true if it was free and is now ours. */
  acquireNowait(): boolean;
  /** Gives it back. MisuseError for a lock that is free and a BoundedSemaphore that has all of its permits. */
  release(): void;
  /** Acquires; what it resolves to releases when disposed: `using held = await lock.hold()`. TimeoutError when time ran out. */
  hold(options?: WaitOptions): Promise<Held>;
  /** Runs `fn` while holding; releases whatever happens. TimeoutError when time ran out. */
  with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R>;
}

/** Proof of holding; disposing it (once) releases. */
export interface Held extends Disposable {
  /** We got it because the last holder died: what it guards may be half-written. */
  readonly abandoned: boolean;
}
