/**
 * The engine of Semaphore and BoundedSemaphore: a number of permits between processes. Permits that a dead process held come
 * back.
 *
 * ```
 * payload
 *    0…33   robust lock with redo log
 *   34      permits that are free                              under the lock
 *   35      most permits                                       once
 *   36      abandoned: permits that came back from the dead    under the lock
 *   37…45   wait queue
 *   46…54   turns
 *   64…319  held: permits of each agent that hold() or with() took      under the lock
 * ```
 *
 * `acquire()` takes a permit for good (any process may release it, CPython's way), so it isn't anybody's; `hold()` and
 * `with()` take it for as long as they last, so it is counted as this agent's in the same commit.
 */

import { MisuseError } from "../errors/base.ts";
import { TimeoutError } from "../errors/outcomes.ts";
import type { Family } from "../family/family.ts";
import { eventually } from "../family/retries.ts";
import type { Segment } from "../memory/arena.ts";
import { indexOf } from "../family/agents.ts";
import type { Wanted } from "../family/futex.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_BOUNDED_SEMAPHORE, KIND_SEMAPHORE, LOCK_WORDS, MAX_AGENTS, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import { Attachment, type Blueprint, type Named } from "../objects/object.ts";
import { impatiently, RobustLock } from "../memory/robust_lock.ts";
import type { Held } from "./acquirable.ts";
import { AcquirableEngine, Holding } from "./acquirable_engine.ts";

const LOCK = 0, FREE = LOCK_WORDS, MOST = FREE + 1, ABANDONED = FREE + 2, WAITERS = FREE + 3;
const TURNS = WAITERS + WAIT_QUEUE_WORDS, HELD = 64;
const WORDS = HELD + MAX_AGENTS;
/** Most permits of a semaphore that isn't bounded: CPython's SEM_VALUE_MAX. */
const LIMIT = 0x7fff_ffff;

/** How many permits a new semaphore has. */
export type SemaphoreOptions = number | ({ value?: number } & Named);

function blueprintFor(label: string, kind: number, value: number, bounded: boolean): Blueprint {
  return {
    label,
    kind,
    words: WORDS,
    init(_family, { i32 }, at) {
      i32[at + FREE] = value;
      i32[at + MOST] = bounded ? value : LIMIT;
    },
  };
}

function valueOf(options: SemaphoreOptions | undefined, label: string): number {
  const value = options === undefined || typeof options === "object" ? options?.value ?? 1 : options;
  if (!Number.isInteger(value) || value < 0 || value > LIMIT) {
    throw new RangeError(
      `Cannot create a ${label}: its value is ${String(value)}, it takes an integer from 0 to ${LIMIT}`,
    );
  }
  return value;
}

export class SemaphoreEngine extends AcquirableEngine {
  readonly #lock: RobustLock;
  /** Permits that hold() and with() of this handle have. */
  #held = 0;

  constructor(options?: SemaphoreOptions | Attachment, label = "Semaphore", kind = KIND_SEMAPHORE) {
    super(
      options instanceof Attachment
        ? blueprintFor(label, kind, 0, false)
        : blueprintFor(label, kind, valueOf(options, label), kind === KIND_BOUNDED_SEMAPHORE),
      typeof options === "number" ? undefined : options,
      WAITERS,
      TURNS,
    );
    this.#lock = lockOf(this.family, this.segment, this.at);
  }

  getValue(): number {
    this.ensureOpen("look at");
    return Atomics.load(this.segment.i32, this.at + FREE);
  }

  /** False: what hold() gets says by itself whether it was abandoned. */
  override get abandoned(): boolean {
    return false;
  }

  override release(n = 1): void {
    this.ensureOpen("release");
    if (!Number.isInteger(n) || n < 1) throw new RangeError(`Cannot release ${String(n)} permits of ${this.title}`);
    const error = this.#give(n, false);
    if (error !== undefined) throw error;
  }

  override async hold(options?: WaitOptions): Promise<Held> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.ensureOpen("hold");
    const holding: Wanted<number> = {
      ready: () => this.isFree() || this.isClosed,
      attempt: () => {
        this.ensureOpen("hold");
        return this.#take(true);
      },
      blockers: () => this.holders(),
      of: this,
    };
    let took = this.waiters.crowded ? undefined : this.waiters.attempt(holding);
    if (took === undefined) {
      took = await this.waiters.wait(holding, limit, options?.signal);
    } else if (this.family.due()) await this.family.turn();
    if (took === undefined) {
      const otherwise = `no permit was free within ${options?.timeout} ms`;
      throw new TimeoutError(...this.waiters.whyNot(`Cannot hold ${this.title}`, otherwise));
    }
    const abandoned = took > 0;
    return new Holding(() => abandoned, () => eventually(() => this.isClosed || throwIf(this.#give(1, true))));
  }

  /** What hold() and with() of this handle have goes back with it, if nobody has released it already. */
  protected override onClose(): void {
    super.onClose();
    if (this.#held > 0) this.#give(this.#held, true);
  }

  protected override take(): boolean {
    return this.#take(false) !== undefined;
  }

  protected override takeSoon(): boolean {
    return impatiently(this.#taking, undefined) ?? false;
  }

  readonly #taking = (): boolean => this.take();

  protected override isFree(): boolean {
    return Atomics.load(this.segment.i32, this.at + FREE) > 0;
  }

  protected override *holders(): Iterable<number> {
    const { i32 } = this.segment;
    for (let index = 1, end = this.family.agents.end(); index < end; index++) {
      if (Atomics.load(i32, this.at + HELD + index) > 0) yield this.family.agents.ownerAt(index);
    }
  }

  /** Takes a permit; `counted`: it is this agent's. Above 0: a dead holder left it. undefined: none is free. */
  #take(counted: boolean): number | undefined {
    if (!this.isFree()) return undefined;
    const { i32, start } = this.segment, at = this.at, lock = this.#lock;
    let abandoned = 0;
    lock.isCommitted = false;
    try {
      lock.lock();
      try {
        const free = i32[at + FREE] as number;
        if (free === 0) return undefined;
        lock.stage(start + at + FREE, free - 1);
        if (counted) {
          const held = at + HELD + indexOf(this.family.self);
          abandoned = i32[at + ABANDONED] as number;
          lock.stage(start + held, (i32[held] as number) + 1);
          if (abandoned > 0) lock.stage(start + at + ABANDONED, abandoned - 1);
        }
        lock.commit();
      } finally {
        lock.isInside = false;
        lock.unlock();
      }
    } catch (error) {
      // It is taken: whoever has it must hear of it.
      if (!lock.isCommitted) throw error;
    }
    if (counted) this.#held++;
    return abandoned;
  }

  /** Gives permits back; what it returns says that there are too many: then those that aren't `counted` are still out. */
  #give(n: number, counted: boolean): MisuseError | undefined {
    const { i32, start } = this.segment, at = this.at, lock = this.#lock;
    let free = 0, most = 0;
    lock.isCommitted = false;
    try {
      lock.lock();
      try {
        free = (i32[at + FREE] as number) + n;
        most = i32[at + MOST] as number;
        if (free > most && !counted) return this.#tooMany(n, free, most);
        lock.stage(start + at + FREE, Math.min(free, most));
        if (counted) {
          const held = at + HELD + indexOf(this.family.self);
          lock.stage(start + held, (i32[held] as number) - n);
        }
        lock.commit();
      } finally {
        lock.isInside = false;
        lock.unlock();
      }
      for (let i = 0; i < n && this.waiters.wake(this.#isFree); i++);
    } catch (error) {
      // They are back. Whoever wasn't woken looks at its family's next tick.
      if (!lock.isCommitted) throw error;
    }
    if (counted) this.#held -= n;
    // Somebody released what was held here; it is held no more all the same.
    return free > most ? this.#tooMany(n, free, most) : undefined;
  }

  readonly #isFree = (): boolean => this.isFree();

  #tooMany(n: number, free: number, most: number): MisuseError {
    return new MisuseError(`Cannot release ${n} of ${this.title}: it would have ${free} permits, at most ${most}`);
  }
}

function throwIf(error: Error | undefined): void {
  if (error !== undefined) throw error;
}

/** The engine of a BoundedSemaphore. */
export class BoundedSemaphoreEngine extends SemaphoreEngine {
  constructor(options?: SemaphoreOptions | Attachment) {
    super(options, "BoundedSemaphore", KIND_BOUNDED_SEMAPHORE);
  }
}

function lockOf(family: Family, segment: Segment, at: number): RobustLock {
  return new RobustLock(family.arena, family, segment, at + LOCK, "a semaphore");
}

/** Gives back what a dead agent held. */
function recoverSemaphore(family: Family, segment: Segment, at: number, dead: number): void {
  const { i32, start } = segment, held = at + HELD + indexOf(dead);
  const lock = lockOf(family, segment, at);
  lock.with(() => {
    const count = i32[held] as number;
    if (count === 0) return;
    lock.stage(start + at + FREE, Math.min((i32[at + FREE] as number) + count, i32[at + MOST] as number));
    lock.stage(start + at + ABANDONED, (i32[at + ABANDONED] as number) + count);
    lock.stage(start + held, 0);
    lock.commit();
  });
}

for (const kind of [KIND_SEMAPHORE, KIND_BOUNDED_SEMAPHORE]) {
  registerCare(kind, {
    locks: [LOCK],
    waitQueues: [WAITERS],
    turns: [TURNS],
    heldBy: (_family, { i32 }, at, owner) => Atomics.load(i32, at + HELD + indexOf(owner)) > 0,
    recover: recoverSemaphore,
  });
}
