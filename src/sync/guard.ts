/** The lock that an object is used under: a new RLock, a given lock, or none. */

import { MisuseError } from "../errors/base.ts";
import type { Handle } from "../objects/messages.ts";
import { enterFlight, leaveFlight } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import { attach, part } from "../objects/object.ts";
import { H_KIND, HEADER_WORDS, KIND_RLOCK } from "../memory/layout.ts";
import { isHeldBy, Lock } from "./lock.ts";
import { RLock } from "./rlock.ts";

/** Words that name a lock in a payload: address and generation; 0 = none. */
export const GUARD_WORDS = 2;

/** Writes the lock that `lock` asks for into a payload, which counts as a user of it. */
export function initGuard(family: Family, i32: Int32Array, at: number, lock: boolean | Lock | RLock | undefined): void {
  const guard = lock === undefined || lock === true ? new RLock(part) : lock === false ? undefined : lock;
  if (guard === undefined) return;
  if (!(guard instanceof Lock)) {
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
  if (guard !== lock) guard.close();
}

function guardHandle(i32: Int32Array, at: number): Handle | undefined {
  const address = (i32[at] as number) >>> 0;
  return address === 0 ? undefined : { address, generation: i32[at + 1] as number };
}

/** Throws MisuseError when an object that is joined by name is used under another lock than the caller's. */
export function checkGuard(i32: Int32Array, at: number, lock: boolean | Lock | RLock | undefined, what: string): void {
  if (!(lock instanceof Lock)) return;
  const handle = guardHandle(i32, at);
  if (handle?.address === lock.handle.address && handle.generation === lock.handle.generation) return;
  throw new MisuseError(`Cannot join ${what} with this lock: the one of that name is used under another`);
}

/** The lock named in a payload. MisuseError when there is none. */
export function guardOf(family: Family, i32: Int32Array, at: number, what: string): Lock | RLock {
  const handle = guardHandle(i32, at);
  if (handle === undefined) throw new MisuseError(`Cannot lock ${what}: it was created with lock: false`);
  return family.arena.load(handle.address + H_KIND) === KIND_RLOCK
    ? attach(family, handle, (source) => new RLock(source))
    : attach(family, handle, (source) => new Lock(source));
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
