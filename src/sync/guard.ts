/** The lock that an object is used under: a new RLock, a given lock, or none. */

import { MisuseError } from "../errors/base.ts";
import type { Handle } from "../objects/messages.ts";
import { enterFlight, leaveFlight } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import { engineOf } from "../objects/face.ts";
import { attach, part } from "../objects/object.ts";
import { H_KIND, HEADER_WORDS, KIND_RLOCK } from "../memory/layout.ts";
import type { Lock } from "./lock.ts";
import { isHeldBy, LockEngine } from "./lock_engine.ts";
import { lockOf, type RLock } from "./rlock.ts";
import { RLockEngine } from "./rlock_engine.ts";

/** Words that name a lock in a payload: address and generation; 0 = none. */
export const GUARD_WORDS = 2;

/** Writes the lock that `lock` asks for into a payload, which counts as a user of it. */
export function initGuard(family: Family, i32: Int32Array, at: number, lock: boolean | Lock | RLock | undefined): void {
  if (lock === false) return;
  const own = lock === undefined || lock === true ? new RLockEngine(part) : undefined;
  const guard = own ?? engineOf(lock, LockEngine);
  if (guard === undefined) {
    throw new MisuseError("Cannot create the object: lock is neither a boolean nor a lock");
  }
  guard.ensureOpen("create an object with");
  if (guard.family !== family) {
    throw new MisuseError(
      `Cannot create an object of the "${family.method}" context with a lock of another context`,
    );
  }
  // Counted first: killed in between, the count is too high (a leak), not too low (a wrong object).
  enterFlight(family, guard.handle);
  i32[at + 1] = guard.handle.generation;
  i32[at] = guard.handle.address;
  own?.close();
}

function guardHandle(i32: Int32Array, at: number): Handle | undefined {
  const address = (i32[at] as number) >>> 0;
  return address === 0 ? undefined : { address, generation: i32[at + 1] as number };
}

/** Throws MisuseError when an object that is joined by name is used under another lock than the caller's. */
export function checkGuard(i32: Int32Array, at: number, lock: boolean | Lock | RLock | undefined, what: string): void {
  const given = engineOf(lock, LockEngine);
  if (given === undefined) return;
  const handle = guardHandle(i32, at);
  if (handle?.address === given.handle.address && handle.generation === given.handle.generation) return;
  throw new MisuseError(`Cannot join ${what} with this lock: the one of that name is used under another`);
}

/** The lock named in a payload. MisuseError when there is none. */
export function guardOf(family: Family, i32: Int32Array, at: number, what: string): Lock | RLock {
  return lockOf(guardEngineOf(family, i32, at, what));
}

/** The engine of the lock named in a payload. MisuseError when there is none. */
export function guardEngineOf(family: Family, i32: Int32Array, at: number, what: string): LockEngine {
  const handle = guardHandle(i32, at);
  if (handle === undefined) throw new MisuseError(`Cannot lock ${what}: it was created with lock: false`);
  return family.arena.load(handle.address + H_KIND) === KIND_RLOCK
    ? attach(family, handle, (source) => new RLockEngine(source))
    : attach(family, handle, (source) => new LockEngine(source));
}

/** Whether that agent holds the lock named in a payload. */
export function isGuardHeldBy(family: Family, i32: Int32Array, at: number, owner: number): boolean {
  const handle = guardHandle(i32, at);
  if (handle === undefined) return false;
  const segment = family.arena.segment(handle.address);
  return isHeldBy(segment.i32, handle.address - segment.start + HEADER_WORDS, owner);
}

/** The payload is a user of its lock no more. */
export function disposeGuard(family: Family, i32: Int32Array, at: number): void {
  const handle = guardHandle(i32, at);
  i32[at] = 0;
  if (handle !== undefined) leaveFlight(family, handle);
}
