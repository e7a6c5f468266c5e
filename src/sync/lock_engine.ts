/**
 * The engine of a Lock: mutual exclusion between processes, that survives its holder.
 *
 * ```
 * payload
 *   0     owner: owner id of the holder, 0 = free      CAS by whoever takes it; 0 by whoever releases it
 *   1     abandoned: the last holder died              set by recovery before it frees; cleared by whoever takes it
 *   2…10  wait queue
 *  11…19  turns
 * ```
 *
 * The word is the owner, so there is no list of held locks to keep: recovery looks for the dead in it.
 */

import { MisuseError } from "../errors/base.ts";
import { type Care, registerCare } from "../family/care.ts";
import { KIND_LOCK, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import type { Attachment, Blueprint, Named } from "../objects/object.ts";
import { TURNS_WORDS } from "../family/turns.ts";
import { AcquirableEngine } from "./acquirable_engine.ts";

const OWNER = 0, ABANDONED = 1, WAITERS = 2, TURNS = WAITERS + WAIT_QUEUE_WORDS;
export const LOCK_PAYLOAD_WORDS = TURNS + TURNS_WORDS;

const blueprint: Blueprint = { label: "Lock", kind: KIND_LOCK, words: LOCK_PAYLOAD_WORDS };

/** Whether that agent holds the lock whose payload begins at `at`. */
export function isHeldBy(i32: Int32Array, at: number, owner: number): boolean {
  return Atomics.load(i32, at + OWNER) === owner;
}

/** Gives back a lock that a dead agent holds. */
function recoverLock(i32: Int32Array, at: number, dead: number): void {
  if (Atomics.load(i32, at + OWNER) !== dead) return;
  Atomics.store(i32, at + ABANDONED, 1);
  Atomics.compareExchange(i32, at + OWNER, dead, 0);
}

export class LockEngine extends AcquirableEngine {
  #abandoned = false;
  #takenHere = false;

  constructor(options?: Named | Attachment, plan: Blueprint = blueprint) {
    super(plan, options, WAITERS, TURNS);
  }

  /** True while anybody holds it; a dead holder is not anybody. */
  locked(): boolean {
    this.ensureOpen("look at");
    const owner = Atomics.load(this.segment.i32, this.at + OWNER);
    return owner !== 0 && this.family.alive(owner);
  }

  /** Of the acquisition that this process holds: the holder before it died, what it guards may be half-written. */
  override get abandoned(): boolean {
    return this.#abandoned;
  }

  override release(): void {
    this.ensureOpen("release");
    const { i32 } = this.segment;
    if (Atomics.exchange(i32, this.at + OWNER, 0) === 0) {
      throw new MisuseError(`Cannot release ${this.title}: nobody holds it`);
    }
    this.#abandoned = this.#takenHere = false;
    this.waiters.wake(this.#isFree);
  }

  /** Whether this process holds it. */
  get heldHere(): boolean {
    return isHeldBy(this.segment.i32, this.at, this.family.self);
  }

  /** Gives it back, whatever level a caller is on; what it returns takes it again. For conditions. */
  releaseFully(): () => Promise<void> {
    this.release();
    return async () => void await this.acquire();
  }

  protected override take(): boolean {
    const { i32 } = this.segment;
    if (Atomics.compareExchange(i32, this.at + OWNER, 0, this.family.self) !== 0) return false;
    // Written before the word above was freed.
    this.#abandoned = i32[this.at + ABANDONED] !== 0;
    if (this.#abandoned) Atomics.store(i32, this.at + ABANDONED, 0);
    this.#takenHere = true;
    return true;
  }

  protected override isFree(): boolean {
    return Atomics.load(this.segment.i32, this.at + OWNER) === 0;
  }

  readonly #isFree = (): boolean => this.isFree();

  /** What this handle holds goes back with it. */
  protected override onClose(): void {
    super.onClose();
    const { i32 } = this.segment, { self } = this.family;
    if (!this.#takenHere || Atomics.compareExchange(i32, this.at + OWNER, self, 0) !== self) return;
    this.waiters.wake(this.#isFree);
  }

  protected override *holders(): Iterable<number> {
    const owner = Atomics.load(this.segment.i32, this.at + OWNER);
    if (owner !== 0) yield owner;
  }
}

/** How locks are cared for. */
export const lockCare: Care = {
  waitQueues: [WAITERS],
  turns: [TURNS],
  heldBy: (_family, { i32 }, at, owner) => isHeldBy(i32, at, owner),
  recover: (_family, { i32 }, at, dead) => recoverLock(i32, at, dead),
};

registerCare(KIND_LOCK, lockCare);
