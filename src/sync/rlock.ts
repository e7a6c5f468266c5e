/** RLock, as programs see it; rlock_engine.ts does the work. */

import { faceOf } from "../objects/face.ts";
import type { Named } from "../objects/object.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { Lock } from "./lock.ts";
import type { LockEngine } from "./lock_engine.ts";
import { RLockEngine } from "./rlock_engine.ts";

/**
 * A re-entrant lock. CPython: `multiprocessing.RLock`.
 *
 * JavaScript has no thread that could own it, so re-entrance is by call: everything that runs inside `with()`, across its
 * awaits, may acquire again. An `acquire` or `hold` outside of a `with()` is always a new owner.
 *
 * @example
 * ```ts
 * import { RLock } from "@manyproc/multiprocessing";
 *
 * const lock = new RLock();
 * await lock.with(() => lock.with(() => console.log("twice inside")));
 * ```
 */
export class RLock extends Lock {
  /**
   * Free at first, unless it exists already: the same name in one family is the same lock.
   * @throws {MisuseError} when the name is another class's, or options aren't an object
   */
  constructor(options?: Named);
  constructor(options?: Named | RLockEngine) {
    super((options instanceof RLockEngine ? options : new RLockEngine(options)) as Named);
  }

  /**
   * Takes one level of a `with()` back; outside of one, gives the lock back. CPython: `RLock.release()`.
   * @throws {MisuseError} inside a `with()` that has no level left but its own; outside of one, when nobody holds it
   * @throws {ClosedError} when this handle is closed
   */
  override release(): void {
    super.release();
  }
}

/** The face of a lock's engine. */
export function lockOf(engine: LockEngine): Lock | RLock {
  return faceOf(engine) as Lock | RLock;
}

registerSharedClass("RLock", RLock, RLockEngine);
