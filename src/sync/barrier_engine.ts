/**
 * The engine of a Barrier: a number of parties that go on together.
 *
 * ```
 * payload
 *    0…33   robust lock with redo log
 *   34      parties                                     once
 *   35      state                                       under the lock
 *   36      count: parties inside                       under the lock
 *   37      limit of a wait in milliseconds, -1 = none  once
 *   38      message block with the action's name, 0 = none      once
 *   39…47   wait queue of those inside
 *   48…56   wait queue of those who come while others leave
 *   64…319  inside: parties of each agent               under the lock
 *
 * FILLING ──the last one came──▶ ACTION ──done──▶ DRAINING ──all left──▶ FILLING
 *    │ └─reset()──▶ RESETTING ──all left──▶ FILLING      │
 *    └──timeout, abort, death, abort()──▶ BROKEN ◀─failed┘      BROKEN ──reset()──▶ RESETTING or FILLING
 * ```
 *
 * As in CPython, nobody comes in before all of the last round have left: so each of them learns how its round ended.
 */

import { MisuseError } from "../errors/base.ts";
import { BrokenBarrierError } from "../errors/outcomes.ts";
import { indexOf } from "../family/agents.ts";
import { disposeBlock, storeMessage } from "../objects/blocks.ts";
import { loadMessage } from "../objects/messages.ts";
import { persist } from "../family/retries.ts";
import { WaitQueue, type Wanted } from "../family/futex.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { ensureOptions } from "../base/options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_BARRIER, LOCK_WORDS, MAX_AGENTS, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import { Attachment, type Blueprint, type Named, SharedObject } from "../objects/object.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { decode } from "../codec/codec.ts";
import { FamilyLink } from "../wire/handles.ts";
import { packValue } from "../wire/parcels.ts";
import { isStub, referenceTo } from "../targets/naming.ts";
import type { Reference, Target } from "../targets/reference.ts";
import { resolveReference } from "../targets/resolve.ts";
import { now } from "../base/originals.ts";

const LOCK = 0,
  PARTIES = LOCK_WORDS,
  STATE = PARTIES + 1,
  COUNT = PARTIES + 2,
  LIMIT = PARTIES + 3,
  ACTION_NAME = PARTIES + 4;
const INSIDE_QUEUE = PARTIES + 5, OUTSIDE_QUEUE = INSIDE_QUEUE + WAIT_QUEUE_WORDS, INSIDE = 64;
const WORDS = INSIDE + MAX_AGENTS;

const FILLING = 0, ACTION = 1, DRAINING = 2, RESETTING = 3, BROKEN = 4;

/** Options of a new barrier. */
export interface BarrierOptions extends Named {
  /** Runs once each round, in one party, before any goes on. */
  action?: Target<[]>;
  /** Milliseconds that a wait takes at most if it doesn't say so itself. */
  timeout?: number;
}

function blueprintFor(parties: number, options: BarrierOptions): Blueprint {
  ensureOptions(options, "create a Barrier", { number: "timeout", string: "name", function: "action" });
  const { action, timeout } = options;
  if (!Number.isInteger(parties) || parties < 1) {
    throw new RangeError(`Cannot create a Barrier: its number of parties is ${String(parties)}, it must be at least 1`);
  }
  const limit = limitOf({ timeout });
  const name = action === undefined ? undefined : referenceTo(action, "create a Barrier with this action");
  return {
    label: "Barrier",
    kind: KIND_BARRIER,
    words: WORDS,
    init(family, { i32 }, at) {
      i32[at + PARTIES] = parties;
      i32[at + LIMIT] = limit === Infinity ? -1 : Math.min(limit, 0x7fff_ffff);
      if (name === undefined) return;
      const block = storeMessage(family, packValue(family, name));
      i32[at + ACTION_NAME] = block;
      family.allocator.embed(block);
    },
    check(_family, { i32 }, at) {
      const known = i32[at + PARTIES];
      if (known !== parties) {
        throw new MisuseError(`Cannot join a Barrier of ${parties} parties: the one of that name has ${known}`);
      }
    },
  };
}

/** For attaching, where nothing is made. */
const joining: Blueprint = { label: "Barrier", kind: KIND_BARRIER, words: WORDS };

export class BarrierEngine extends SharedObject {
  readonly #lock: RobustLock;
  readonly #inside: WaitQueue;
  readonly #outside: WaitQueue;
  #action: (() => unknown) | undefined;
  /** Parties that are inside by this handle. */
  #parties = 0;

  constructor(parties: number | Attachment, options: BarrierOptions = {}) {
    super(
      parties instanceof Attachment ? joining : blueprintFor(parties, options),
      parties instanceof Attachment ? parties : options,
    );
    const { family, segment, at } = this;
    this.#lock = new RobustLock(family.arena, family, segment, at + LOCK, "a barrier");
    this.#inside = WaitQueue.at(family, segment, at + INSIDE_QUEUE);
    this.#outside = WaitQueue.at(family, segment, at + OUTSIDE_QUEUE);
    if (typeof options.action === "function" && !isStub(options.action)) this.#action = options.action;
  }

  get parties(): number {
    this.ensureOpen("look at");
    return this.segment.i32[this.at + PARTIES] as number;
  }

  get nWaiting(): number {
    this.ensureOpen("look at");
    return this.#load(STATE) === FILLING ? this.#load(COUNT) : 0;
  }

  get broken(): boolean {
    this.ensureOpen("look at");
    return this.#load(STATE) === BROKEN;
  }

  async wait(options?: WaitOptions): Promise<number> {
    this.ensureOpen("wait at");
    const own = this.segment.i32[this.at + LIMIT] as number;
    const limit = limitOf(options, own < 0 ? Infinity : own);
    options?.signal?.throwIfAborted();
    const end = now() + limit;
    const index = await this.#enter(limit, options?.signal);
    this.ensureOpen("wait at");
    if (index === this.parties - 1) {
      await this.#finishRound();
    } else if (!this.#isOver()) {
      const waiting = this.#awaited(() => this.#isOver() ? true as const : undefined, () => this.#isOver());
      let over: true | undefined;
      try {
        over = await this.#inside.wait(waiting, Math.max(0, end - now()), options?.signal);
      } catch (error) {
        if (!this.isClosed) {
          await persist(() => this.#giveUp());
          await persist(() => this.#leave());
        }
        throw error;
      }
      this.ensureOpen("wait at");
      if (over === undefined) await persist(() => this.#giveUp());
    }
    if (!await persist(() => this.#leave())) throw this.#brokenError();
    return index;
  }

  reset(): void {
    this.ensureOpen("reset");
    this.#update(({ state, count }) => {
      if (state === DRAINING) return state;
      return count > 0 ? RESETTING : FILLING;
    });
  }

  abort(): void {
    this.ensureOpen("abort");
    this.#break();
  }

  protected override onClose(): void {
    const error = () => this.closedError("wait at");
    this.#outside.expel(this, error);
    this.#inside.expel(this, error);
    if (this.#parties > 0) this.#giveUp();
    while (this.#parties > 0) this.#leave();
  }

  #load(word: number): number {
    return Atomics.load(this.segment.i32, this.at + word);
  }

  #isOver(): boolean {
    const state = this.#load(STATE);
    return state !== FILLING && state !== ACTION;
  }

  #brokenError(): BrokenBarrierError {
    return new BrokenBarrierError(
      `Cannot wait at ${this.title}: it is broken (a party timed out, was aborted or died, or it was reset)`,
    );
  }

  #awaited<T>(attempt: () => T | undefined, ready: () => boolean): Wanted<T> {
    return {
      ready: () => this.isClosed || ready(),
      attempt: () => {
        this.ensureOpen("wait at");
        return attempt();
      },
      blockers: () => this.#agentsInside(),
      of: this,
    };
  }

  *#agentsInside(): Generator<number> {
    for (let index = 1, end = this.family.agents.end(); index < end; index++) {
      if (this.#load(INSIDE + index) > 0) yield this.family.agents.ownerAt(index);
    }
  }

  /** Comes in; the index in the round. */
  async #enter(limit: number, signal: AbortSignal | undefined): Promise<number> {
    const mayEnter = () => {
      const state = this.#load(STATE);
      return state === FILLING || state === BROKEN;
    };
    const entering = this.#awaited(() => this.#tryEnter(), mayEnter);
    let index = this.#outside.attempt(entering);
    if (index !== undefined) {
      if (this.family.due()) await this.family.turn();
      return index;
    }
    index = await this.#outside.wait(entering, limit, signal);
    // It never came in, so the round that is leaving isn't broken by it.
    if (index === undefined) throw this.#brokenError();
    return index;
  }

  #tryEnter(): number | undefined {
    const { i32, start } = this.segment, at = this.at, lock = this.#lock;
    return lock.with(() => {
      const state = i32[at + STATE] as number;
      if (state === BROKEN) throw this.#brokenError();
      if (state !== FILLING) return undefined;
      const index = i32[at + COUNT] as number, own = at + INSIDE + indexOf(this.family.self);
      lock.stage(start + at + COUNT, index + 1);
      lock.stage(start + own, (i32[own] as number) + 1);
      if (index + 1 === i32[at + PARTIES]) lock.stage(start + at + STATE, ACTION);
      lock.commit();
      this.#parties++;
      return index;
    });
  }

  /** The last one came: the action, then everyone goes on. */
  async #finishRound(): Promise<void> {
    try {
      await this.#runAction();
    } catch (error) {
      if (!this.isClosed) {
        await persist(() => this.#break());
        await persist(() => this.#leave());
      }
      throw error;
    }
    this.ensureOpen("wait at");
    await persist(() => this.#update(({ state }) => state === ACTION ? DRAINING : state));
  }

  async #runAction(): Promise<void> {
    const block = (this.segment.i32[this.at + ACTION_NAME] as number) >>> 0;
    if (block === 0) return;
    const { family } = this;
    this.#action ??= await resolveReference(
      decode(loadMessage(family, block).bytes, new FamilyLink(family)) as Reference,
    );
    await this.#action();
  }

  /** Goes out; false when the round was broken. */
  #leave(): boolean {
    if (this.#parties === 0) return false; // the handle was closed meanwhile
    const { i32, start } = this.segment, at = this.at, lock = this.#lock;
    const { passed, empty } = lock.with(() => {
      const state = i32[at + STATE] as number, count = (i32[at + COUNT] as number) - 1;
      const own = at + INSIDE + indexOf(this.family.self);
      const empty = count === 0 && (state === DRAINING || state === RESETTING);
      lock.stage(start + at + COUNT, count);
      lock.stage(start + own, (i32[own] as number) - 1);
      if (empty) lock.stage(start + at + STATE, FILLING);
      lock.commit();
      this.#parties--;
      return { passed: state === DRAINING, empty };
    });
    if (empty) this.#outside.wakeAll();
    return passed;
  }

  /** A party stops waiting: that breaks its round, unless everyone came meanwhile. */
  #giveUp(): void {
    this.#update(({ state }) => state === FILLING || state === ACTION ? BROKEN : state);
  }

  #break(): void {
    this.#update(() => BROKEN);
  }

  /** Changes the state and wakes everyone. */
  #update(next: (now: { state: number; count: number }) => number): void {
    const { i32, start } = this.segment, at = this.at, lock = this.#lock;
    lock.with(() => {
      lock.stage(start + at + STATE, next({ state: i32[at + STATE] as number, count: i32[at + COUNT] as number }));
      lock.commit();
    });
    this.#inside.wakeAll();
    this.#outside.wakeAll();
  }
}

registerCare(KIND_BARRIER, {
  locks: [LOCK],
  waitQueues: [INSIDE_QUEUE, OUTSIDE_QUEUE],
  recover(family, segment, at, dead) {
    const { i32, start } = segment, own = at + INSIDE + indexOf(dead);
    const lock = new RobustLock(family.arena, family, segment, at + LOCK, "a barrier");
    lock.with(() => {
      const inside = i32[own] as number;
      if (inside === 0) return;
      const state = i32[at + STATE] as number, count = (i32[at + COUNT] as number) - inside;
      lock.stage(start + own, 0);
      lock.stage(start + at + COUNT, count);
      if (state === FILLING || state === ACTION) lock.stage(start + at + STATE, BROKEN);
      else if (count === 0 && state !== BROKEN) lock.stage(start + at + STATE, FILLING);
      lock.commit();
    });
  },
  dispose(family, { i32 }, at) {
    const block = (i32[at + ACTION_NAME] as number) >>> 0;
    if (block === 0) return;
    family.allocator.extract(block);
    i32[at + ACTION_NAME] = 0;
    disposeBlock(family, block);
  },
});
