/**
 * The engine of a Condition: waiting, under a lock, for others to say that something has changed.
 *
 * ```
 * payload
 *    0…33    robust lock with redo log
 *   34, 35   the lock it is used under: address, generation       once
 *   36…44    wait queue
 *   64…319  waiting: waits of each agent that nobody notified                          under the robust lock
 *  320…575  notified: waits of each agent that may end, or that take the lock again    under the robust lock
 *  576…831  returning: of the notified, those that take the lock again                 each agent its own
 * ```
 *
 * A notification moves a wait of some agent from `waiting` to `notified`; that agent ends its longest wait, and takes it out
 * once it has the lock again. A wait that gives up takes itself out of whichever it is in: so no notification is spent on one
 * that isn't there, and those of an agent that died before its wait() returned go to others.
 */

import { MisuseError } from "../errors/base.ts";
import { indexOf } from "../family/agents.ts";
import type { Segment } from "../memory/arena.ts";
import type { Family } from "../family/family.ts";
import { eventually, persist } from "../family/retries.ts";
import { WaitQueue, type Wanted } from "../family/futex.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_CONDITION, LOCK_WORDS, MAX_AGENTS } from "../memory/layout.ts";
import { engineOf } from "../objects/face.ts";
import { Attachment, type Blueprint, type Named, SharedObject } from "../objects/object.ts";
import { impatiently, RobustLock } from "../memory/robust_lock.ts";
import { checkGuard, disposeGuard, guardEngineOf, initGuard, isGuardHeldBy } from "./guard.ts";
import type { Lock } from "./lock.ts";
import { LockEngine } from "./lock_engine.ts";
import type { RLock } from "./rlock.ts";
import { now } from "../base/originals.ts";

const LOCK = 0, GUARD = LOCK_WORDS, WAITERS = GUARD + 2, WAITING = 64, NOTIFIED = WAITING + MAX_AGENTS;
const RETURNING = NOTIFIED + MAX_AGENTS, WORDS = RETURNING + MAX_AGENTS;
/** Agents whose two words fit into one commit. */
const BATCH = 8;

/** Options of a new condition. */
export interface ConditionOptions extends Named {
  /** The lock it is used under; default: a new RLock. */
  lock?: Lock | RLock;
}

function blueprintFor(lock: Lock | RLock | undefined): Blueprint {
  return {
    label: "Condition",
    kind: KIND_CONDITION,
    words: WORDS,
    init: (family, { i32 }, at) => initGuard(family, i32, at + GUARD, lock),
    check: (_family, { i32 }, at) => checkGuard(i32, at + GUARD, lock, "a Condition"),
  };
}

export class ConditionEngine extends SharedObject {
  /** The lock it is used under. */
  readonly guard: LockEngine;
  readonly #lock: RobustLock;
  readonly #waiters: WaitQueue;
  /** Waits of this handle that wait for a notification, and those that take the lock again. */
  #waits = 0;
  #returns = 0;

  constructor(options?: Lock | RLock | ConditionOptions | Attachment) {
    if (options !== undefined && (typeof options !== "object" || options === null)) {
      throw new MisuseError(
        `Cannot create a Condition: its argument is ${String(options)}, neither a lock nor options`,
      );
    }
    const isLock = engineOf(options, LockEngine) !== undefined;
    const source = isLock ? undefined : options as ConditionOptions | Attachment | undefined;
    const lock = source instanceof Attachment ? undefined : isLock ? options as Lock | RLock : source?.lock;
    super(blueprintFor(lock), source);
    this.guard = guardEngineOf(this.family, this.segment.i32, this.at + GUARD, this.title);
    this.#lock = lockOf(this.family, this.segment, this.at);
    this.#waiters = WaitQueue.at(this.family, this.segment, this.at + WAITERS);
  }

  async wait(options?: WaitOptions): Promise<boolean> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.#ensureHeld("wait for");
    const self = indexOf(this.family.self);
    // At once, if it can be: what its caller does beside this wait is outside of the lock.
    const begin = () => this.#beginWait(self);
    let later: Promise<void> | undefined;
    impatiently(begin, undefined, () => later = persist(begin));
    if (later !== undefined) await later;
    const acquireAgain = this.guard.releaseFully();
    // From here on, whatever happens, it comes back with the lock held.
    const waiting: Wanted<true> = {
      ready: () => this.isClosed || this.#notified(self) > 0,
      attempt: () => this.#beginReturn(self) ? true : undefined,
      of: this,
    };
    const giveUp = () => persist(() => !this.isClosed && this.#giveUp(self));
    let notified: boolean;
    try {
      notified = await this.#waiters.wait(waiting, limit, options?.signal) === true || await giveUp();
    } catch (error) {
      // Aborted: a notification that was meant for this wait is another's.
      if (await giveUp()) await this.#passOnIfOpen(self);
      await acquireAgain();
      throw error;
    }
    try {
      await acquireAgain();
    } catch (error) {
      if (notified) await this.#passOnIfOpen(self);
      throw error;
    }
    this.ensureOpen("wait for");
    if (notified) await persist(() => this.isClosed || this.#endReturn(self));
    return notified;
  }

  async waitFor<R>(predicate: () => R | Promise<R>, options?: WaitOptions): Promise<R> {
    const end = now() + limitOf(options);
    options?.signal?.throwIfAborted();
    this.#ensureHeld("wait for");
    let result = await predicate();
    while (!result) {
      const timeout = end - now();
      if (timeout <= 0) break;
      await this.wait({ ...options, timeout });
      result = await predicate();
    }
    if (this.family.due()) await this.family.turn();
    return result;
  }

  notify(n = 1): void {
    if (typeof n !== "number" || Number.isNaN(n)) throw new MisuseError(`Cannot notify ${String(n)} waits`);
    this.#ensureHeld("notify");
    this.#notify(n);
  }

  protected override onClose(): void {
    const self = indexOf(this.family.self);
    this.#waiters.expel(this, () => this.closedError("wait for"));
    eventually(() => {
      if (!this.#isThere()) return; // the object went with this handle
      while (this.#waits > 0) if (this.#giveUp(self)) this.#passOn(self);
      while (this.#returns > 0) this.#passOn(self);
    });
  }

  /** Whether the object is there still, when this handle is closed. */
  #isThere(): boolean {
    return this.family.allocator.generationOf(this.handle.address) === this.handle.generation;
  }

  #ensureHeld(doing: string): void {
    this.ensureOpen(doing);
    this.guard.ensureOpen("use a condition under");
    if (!this.guard.heldHere) {
      throw new MisuseError(`Cannot ${doing} ${this.title}: its lock is not held; acquire() it first`);
    }
  }

  /** Waits of this agent that may end and don't yet. */
  #notified(self: number): number {
    const { i32 } = this.segment;
    return Atomics.load(i32, this.at + NOTIFIED + self) - Atomics.load(i32, this.at + RETURNING + self);
  }

  /** Adds to one word, under the robust lock. */
  #change(word: number, by: number): void {
    const { i32, start } = this.segment;
    this.#lock.stage(start + this.at + word, (i32[this.at + word] as number) + by);
    this.#lock.commit();
  }

  #beginWait(self: number): void {
    this.#lock.with(() => this.#change(WAITING + self, 1));
    this.#waits++;
  }

  /** One of this agent's waits gives up; true when it was notified already, and so returns. */
  #giveUp(self: number): boolean {
    return this.#lock.with(() => {
      if ((this.segment.i32[this.at + WAITING + self] as number) === 0) return this.#beginReturn(self);
      this.#change(WAITING + self, -1);
      this.#waits--;
      return false;
    });
  }

  /** One of this agent's waits was notified: it takes the lock again. */
  #beginReturn(self: number): boolean {
    if (this.#notified(self) <= 0) return false;
    Atomics.add(this.segment.i32, this.at + RETURNING + self, 1);
    this.#waits--;
    this.#returns++;
    return true;
  }

  /** It has the lock. (Killed in between, the notification is another's once more.) */
  #endReturn(self: number): void {
    this.#lock.with(() => this.#change(NOTIFIED + self, -1));
    Atomics.sub(this.segment.i32, this.at + RETURNING + self, 1);
    this.#returns--;
  }

  /** It doesn't return after all. */
  #passOn(self: number): void {
    this.#endReturn(self);
    eventually(() => this.#isThere() && this.#notify(1));
  }

  #passOnIfOpen(self: number): Promise<unknown> {
    return persist(() => this.isClosed || this.#passOn(self));
  }

  #notify(n: number): void {
    notifyWaits(this.family, this.segment, this.at, this.#lock, n, this.#waiters);
  }
}

function lockOf(family: Family, segment: Segment, at: number): RobustLock {
  return new RobustLock(family.arena, family, segment, at + LOCK, "a condition");
}

/**
 * Moves up to `n` waits from waiting to notified, agent after agent from where the last rotation ended. In one section, since
 * a stopped process may be in the way of a second: then some were notified and the caller told that it couldn't be.
 */
function notifyWaits(
  family: Family,
  segment: Segment,
  at: number,
  lock: RobustLock,
  n: number,
  waiters: WaitQueue,
): void {
  const { i32, start } = segment, end = family.agents.end();
  let left = n, index = waiters.rotation % end;
  // One wait of each agent, and around again while there are more.
  const ring = new Set<number>();
  lock.with(() => {
    for (let seen = 0, found = false; seen < end && left >= 1;) {
      let staged = 0;
      for (; seen < end && left >= 1 && staged < BATCH; seen++, index = (index + 1) % end) {
        const waiting = i32[at + WAITING + index] as number;
        if (waiting === 0) continue;
        const count = n === Infinity ? waiting : 1;
        lock.stage(start + at + WAITING + index, waiting - count);
        lock.stage(start + at + NOTIFIED + index, (i32[at + NOTIFIED + index] as number) + count);
        ring.add(index);
        staged++;
        left -= count;
      }
      lock.commit();
      found ||= staged > 0;
      if (seen === end && found && n !== Infinity) {
        seen = 0;
        found = false;
      }
    }
  });
  for (const one of ring) waiters.wakeAgent(one);
}

/** A dead agent's waits are gone; its notifications go to others who wait. */
function recoverCondition(family: Family, segment: Segment, at: number, dead: number): void {
  const { i32, start } = segment, index = indexOf(dead), lock = lockOf(family, segment, at);
  const waiting = at + WAITING + index, notified = at + NOTIFIED + index, returning = at + RETURNING + index;
  lock.with(() => {
    lock.stage(start + waiting, 0);
    lock.commit();
    // One receiver at a time: if this one is killed too, the next goes on. Everyone is rung afterwards.
    for (let other = 1, end = family.agents.end(); other < end && (i32[notified] as number) > 0; other++) {
      const lost = i32[notified] as number, count = Math.min(lost, i32[at + WAITING + other] as number);
      if (count === 0 || !family.alive(family.agents.ownerAt(other))) continue;
      lock.stage(start + notified, lost - count);
      lock.stage(start + at + WAITING + other, (i32[at + WAITING + other] as number) - count);
      lock.stage(start + at + NOTIFIED + other, (i32[at + NOTIFIED + other] as number) + count);
      lock.commit();
    }
    lock.stage(start + notified, 0);
    lock.stage(start + returning, 0);
    lock.commit();
  });
}

registerCare(KIND_CONDITION, {
  locks: [LOCK],
  waitQueues: [WAITERS],
  heldBy: (family, { i32 }, at, owner) => isGuardHeldBy(family, i32, at + GUARD, owner),
  recover: recoverCondition,
  dispose: (family, { i32 }, at) => disposeGuard(family, i32, at + GUARD),
});
