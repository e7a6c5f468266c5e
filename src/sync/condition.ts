/**
 * Condition: waiting, under a lock, for others to say that something has changed.
 *
 * ```
 * payload
 *    0…33    robust lock with redo log
 *   34, 35   the lock it is used under: address, generation       once
 *   36…44    wait queue
 *   64…319   waiting: waits of each agent that nobody notified    under the robust lock
 *  320…575   notified: waits of each agent that may end           under the robust lock
 * ```
 *
 * A notification moves a wait of some agent from `waiting` to `notified`; that agent ends its longest wait and takes it out.
 * A wait that gives up takes itself out of whichever it is in: so no notification is spent on one that isn't there, and those
 * of an agent that died go to others.
 */

import { MisuseError } from "../errors.ts";
import { indexOf } from "../memory/agents.ts";
import type { Segment } from "../memory/arena.ts";
import type { Family } from "../memory/family.ts";
import type { Awaited, BlockOptions, WaitOptions } from "../memory/futex.ts";
import { limitOf, WaitQueue } from "../memory/futex.ts";
import { registerKind } from "../memory/kinds.ts";
import { KIND_CONDITION, LOCK_WORDS, MAX_AGENTS } from "../memory/layout.ts";
import type { Blueprint, Named } from "../memory/object.ts";
import { Attachment, SharedObject } from "../memory/object.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { registerSharedClass } from "../wire/message.ts";
import type { Held } from "./acquirable.ts";
import { disposeGuard, guardOf, initGuard } from "./guard.ts";
import { Lock } from "./lock.ts";
import type { RLock } from "./rlock.ts";

const LOCK = 0, GUARD = LOCK_WORDS, WAITERS = GUARD + 2, WAITING = 64, NOTIFIED = WAITING + MAX_AGENTS;
const WORDS = NOTIFIED + MAX_AGENTS;
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
  };
}

/**
 * Waiting under a lock for a change. CPython: `multiprocessing.Condition`.
 *
 * @example
 * ```ts ignore
 * const changed = new Condition();
 * await changed.with(() => changed.waitFor(() => count.value > 9));
 * // elsewhere
 * await changed.with(() => { count.value++; changed.notifyAll(); });
 * ```
 */
export class Condition extends SharedObject {
  readonly #guard: Lock | RLock;
  readonly #lock: RobustLock;
  readonly #waiters: WaitQueue;

  /** Used under `lock` (the argument itself, or an option), by default under an RLock of its own. */
  constructor(options?: Lock | RLock | ConditionOptions | Attachment) {
    const lock = options instanceof Lock ? options : options instanceof Attachment ? undefined : options?.lock;
    super(blueprintFor(lock), options instanceof Lock ? undefined : options);
    this.#guard = lock ?? guardOf(this.family, this.segment.i32, this.at + GUARD, this.title);
    this.#lock = lockOf(this.family, this.segment, this.at);
    this.#waiters = WaitQueue.at(this.family, this.segment, this.at + WAITERS);
  }

  /** Acquires the lock; see Lock. */
  acquire(options?: BlockOptions): Promise<boolean> {
    return this.#guard.acquire(options);
  }

  acquireNowait(): boolean {
    return this.#guard.acquireNowait();
  }

  release(): void {
    this.#guard.release();
  }

  hold(options?: WaitOptions): Promise<Held> {
    return this.#guard.hold(options);
  }

  with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return this.#guard.with(fn, options);
  }

  /**
   * Releases the lock, waits for a notification, takes the lock again; false when `timeout` milliseconds ran out first. Aborted,
   * it rejects with `signal.reason`, the lock held again all the same.
   * @throws {MisuseError} when this process doesn't hold the lock
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.#ensureHeld("wait for");
    const self = indexOf(this.family.self);
    this.#change(self, 1, 0);
    this.#guard.releaseFully();
    const waiting: Awaited<true> = {
      ready: () => this.isClosed || this.#notified(self) > 0,
      attempt: () => this.isClosed || this.#takeNotification(self) ? true : undefined,
    };
    let notified: true | undefined;
    try {
      notified = await this.#waiters.wait(waiting, limit, options?.signal);
      if (notified === undefined && !this.isClosed && this.#giveUp(self)) notified = true;
    } catch (error) {
      // Aborted. A notification that was meant for this wait is another's.
      if (!this.isClosed && this.#giveUp(self)) this.#notify(1);
      await this.#guard.acquireFully();
      throw error;
    }
    await this.#guard.acquireFully();
    this.ensureOpen("wait for");
    return notified === true;
  }

  /**
   * Waits until `predicate` gives something truthy, asking after each notification; resolves to what it gave last, falsy when
   * `timeout` milliseconds (in all) ran out.
   * @throws {MisuseError} when this process doesn't hold the lock
   */
  async waitFor<R>(predicate: () => R | Promise<R>, options?: WaitOptions): Promise<R> {
    const end = performance.now() + limitOf(options);
    let result = await predicate();
    while (!result) {
      const timeout = end - performance.now();
      if (timeout <= 0) break;
      await this.wait({ ...options, timeout });
      result = await predicate();
    }
    return result;
  }

  /**
   * Ends up to `n` waits (default 1); they go on once the lock is free. A number below 1 ends none.
   * @throws {MisuseError} when this process doesn't hold the lock
   */
  notify(n = 1): void {
    if (typeof n !== "number" || Number.isNaN(n)) throw new MisuseError(`Cannot notify ${String(n)} waits`);
    this.#ensureHeld("notify");
    this.#notify(n);
  }

  /** Ends all waits. */
  notifyAll(): void {
    this.notify(Infinity);
  }

  protected override onClose(): void {
    this.#waiters.serve();
  }

  #ensureHeld(doing: string): void {
    this.ensureOpen(doing);
    if (!this.#guard.heldHere) {
      throw new MisuseError(`Cannot ${doing} ${this.title}: its lock is not held; acquire() it first`);
    }
  }

  #notified(index: number): number {
    return Atomics.load(this.segment.i32, this.at + NOTIFIED + index);
  }

  /** Adds to an agent's two words, in one commit. */
  #change(index: number, waiting: number, notified: number): void {
    this.#lock.lock();
    this.#stage(index, waiting, notified);
    this.#lock.commit();
    this.#lock.unlock();
  }

  #stage(index: number, waiting: number, notified: number): void {
    const { i32, start } = this.segment;
    const w = this.at + WAITING + index, n = this.at + NOTIFIED + index;
    this.#lock.stage(start + w, (i32[w] as number) + waiting);
    this.#lock.stage(start + n, (i32[n] as number) + notified);
  }

  #takeNotification(self: number): boolean {
    if (this.#notified(self) === 0) return false;
    this.#change(self, 0, -1);
    return true;
  }

  /** One of this agent's waits gives up; true when it was notified already. */
  #giveUp(self: number): boolean {
    const lock = this.#lock;
    lock.lock();
    const stillWaiting = (this.segment.i32[this.at + WAITING + self] as number) > 0;
    this.#stage(self, stillWaiting ? -1 : 0, stillWaiting ? 0 : -1);
    lock.commit();
    lock.unlock();
    return !stillWaiting;
  }

  #notify(n: number): void {
    notifyWaits(this.family, this.segment, this.at, this.#lock, n, this.#waiters);
  }
}

function lockOf(family: Family, segment: Segment, at: number): RobustLock {
  return new RobustLock(family.arena, family, segment, at + LOCK, "a condition");
}

/** Moves up to `n` waits from waiting to notified, agent after agent from where the last rotation ended. */
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
  for (let seen = 0; seen < end && left >= 1;) {
    const ring: number[] = [];
    lock.lock();
    try {
      for (; seen < end && left >= 1 && ring.length < BATCH; seen++, index = (index + 1) % end) {
        const waiting = i32[at + WAITING + index] as number;
        if (waiting === 0) continue;
        const count = n === Infinity ? waiting : Math.min(waiting, 1);
        lock.stage(start + at + WAITING + index, waiting - count);
        lock.stage(start + at + NOTIFIED + index, (i32[at + NOTIFIED + index] as number) + count);
        ring.push(index);
        left -= count;
      }
      lock.commit();
    } finally {
      lock.unlock();
    }
    for (const one of ring) waiters.wakeAgent(one);
    // More than one each: once around isn't enough.
    if (seen === end && left >= 1 && ring.length > 0) seen = 0;
  }
}

registerKind(KIND_CONDITION, {
  locks: [LOCK],
  waitQueues: [WAITERS],
  recover(family, segment, at, dead) {
    const { i32, start } = segment, index = indexOf(dead), lock = lockOf(family, segment, at);
    const lost = i32[at + NOTIFIED + index] as number;
    lock.with(() => {
      lock.stage(start + at + WAITING + index, 0);
      lock.stage(start + at + NOTIFIED + index, 0);
      lock.commit();
    });
    if (lost > 0) notifyWaits(family, segment, at, lock, lost, WaitQueue.at(family, segment, at + WAITERS));
  },
  dispose: (family, { i32 }, at) => disposeGuard(family, i32, at + GUARD),
});
registerSharedClass("Condition", Condition, (source) => new Condition(source));
