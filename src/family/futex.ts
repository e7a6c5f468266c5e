/**
 * The one futex: how an agent sleeps until an object changes, and how a change wakes it.
 *
 * ```
 * wait queue, in an object's payload
 *   word 0…7   waiting: a bit for each agent     the waiter sets and clears its own; a waker clears one
 *   word 8     rotation: index after the agent that was woken last      wakers, a hint
 * ```
 *
 * - Wait: set the own bit; look again; sleep until the bell rings; then start over.
 * - Wake: after the change, while there is something to take: choose a bit by rotation and clear it. Whoever cleared a set bit
 *   rings that agent; if that agent is dead, the next is taken.
 * - Timeout or abort: clear the own bit. If a waker had cleared it already, the wake is passed on.
 * - After a death all agents are rung and look at everything again: a wake that died with its receiver isn't lost.
 *
 * The bit is set before the second look, the change is made before the bits are looked at, and all four are sequentially
 * consistent: so either the waiter sees the change, or the waker sees the bit. Waiters inside one agent are a local queue,
 * first in, first out; the shared bit says that it isn't empty.
 */

import type { StalledError } from "../errors/base.ts";
import type { Family, Waits } from "./family.ts";
import type { Segment } from "../memory/arena.ts";
import { clearBit, hasBit, maskOf, wordOf, wordsBelow } from "../memory/bitmap.ts";
import { BITMAP_WORDS, C_AGENTS_END } from "../memory/layout.ts";
import { FIRST_RETRY_MS, impatiently, LAST_RETRY_MS, reasonIn } from "../memory/robust_lock.ts";
import { indexOf } from "./agents.ts";
import { Spinner } from "./spinner.ts";
import { Turns } from "./turns.ts";
import { LONGEST_TIMER } from "../base/wait_options.ts";
import { clearTimeout, setTimeout } from "../base/originals.ts";

/** What is waited for. */
export interface Wanted<T> {
  /** A cheap look, without locks: might `attempt` succeed? Wrong answers are legal, a stale "no" only before a wake. */
  ready(): boolean;
  /** Takes it, if it is there, and takes no lock after that. undefined = not yet. What it throws ends the wait. */
  readonly attempt: () => T | undefined;
  /** Owner ids of agents whose death would change something for this wait. */
  blockers?(): Iterable<number>;
  /** The handle that waits, where closing it ends the wait; see expel(). */
  readonly of?: object;
}

interface LocalWaiter {
  readonly awaited: Wanted<unknown>;
  settle(result: unknown): void;
  fail(error: unknown): void;
}

/** What all waits of one agent have in common. */
interface Waiting {
  readonly spinner: Spinner;
  /** Its wait queues by address: each has one bit for all of the agent, whoever waits there. */
  readonly queues: Map<number, WeakRef<WaitQueue>>;
}

const waitings = new WeakMap<Family, Waiting>();

function waitingOf(family: Family): Waiting {
  let waiting = waitings.get(family);
  if (waiting === undefined) {
    const spinner = new Spinner(family.arena.control, indexOf(family.self), family.agents);
    waitings.set(family, waiting = { spinner, queues: new Map() });
  }
  return waiting;
}

/** One wait queue of an object, as one agent uses it. */
export class WaitQueue implements Waits {
  readonly #family: Family;
  readonly #spinner: Spinner;
  readonly #i32: Int32Array;
  readonly #at: number;
  readonly #local = new Set<LocalWaiter>();
  readonly #word: number;
  readonly #mask: number;
  readonly #turnsAt: number | undefined;
  readonly #turns: Turns | undefined;
  #later: ReturnType<typeof setTimeout> | undefined;
  /** When a stopped process was in the way; it goes with the last local waiter. */
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** That a stopped process was in the way of the last attempt here; undefined = none was. */
  #obstacle: StalledError | undefined;
  /** When to come again, once a stopped process was in the way. */
  #retryMs = FIRST_RETRY_MS;

  /** The one of this agent for the wait queue at index `at` of `segment.i32`: its local waiters share the agent's bit.
   * `turns`: index of the object's turns (see turns.ts), where what is waited for is one's alone. */
  static at(family: Family, segment: Segment, at: number, turns?: number): WaitQueue {
    const address = segment.start + at;
    const { queues } = waitingOf(family);
    let queue = queues.get(address)?.deref();
    // One with other turns is left from an object that was here before.
    if (queue === undefined || queue.#turnsAt !== turns) {
      queue = new WaitQueue(family, segment, at, turns);
      queues.set(address, new WeakRef(queue));
    }
    return queue;
  }

  private constructor(family: Family, segment: Segment, at: number, turns: number | undefined) {
    this.#family = family;
    this.#spinner = waitingOf(family).spinner;
    this.#turnsAt = turns;
    this.#turns = turns === undefined ? undefined : new Turns(family, segment, turns);
    this.#i32 = segment.i32;
    this.#at = at;
    this.#word = at + wordOf(indexOf(family.self));
    this.#mask = maskOf(indexOf(family.self));
  }

  /** Local waiters: new attempts line up behind them. */
  get busy(): boolean {
    return this.#local.size !== 0;
  }

  /** Whether a new attempt must queue: behind local waiters, or because another agent must go first. */
  get crowded(): boolean {
    return this.#local.size !== 0 || (this.#turns !== undefined && this.#turns.patience > 0);
  }

  /** Waits until `awaited.attempt` gives a result; undefined = the limit ran out first. The caller has tried once. */
  wait<T>(awaited: Wanted<T>, limit: number, signal?: AbortSignal): Promise<T | undefined> {
    const result = limit > 0 && !signal?.aborted ? this.spin(awaited) : undefined;
    // Answers that always come while spinning must not keep the event loop from its turns either.
    return result === undefined ? this.sleep(awaited, limit, signal) : this.#resolved(result);
  }

  /** The result that `awaited.attempt` gives within the moment that is worth spinning for; undefined = none. Then sleep(). */
  spin<T>(awaited: Wanted<T>): T | undefined {
    if (this.crowded || !this.#spinner.spin(awaited) || this.crowded) return undefined;
    return this.attempt(awaited);
  }

  /** What `awaited.attempt` gives; undefined also when a stopped process is in its way: then whoever sleeps here tries again. */
  attempt<T>(awaited: Wanted<T>): T | undefined {
    this.#obstacle = undefined;
    const result = impatiently(awaited.attempt, undefined, this.#comeAgain);
    if (result !== undefined) this.#retryMs = FIRST_RETRY_MS;
    return result;
  }

  /** The same before a wait here; nobody comes again by itself. */
  attemptFirst<A, T>(attempt: (of: A) => T, of: A): T | undefined {
    this.#obstacle = undefined;
    return impatiently(attempt, of, this.#meet);
  }

  /**
   * What the error says of a wait that ran out: that a stopped process was in the way, which is its cause then, or `otherwise`.
   * `doing`: "Cannot put into queue".
   */
  whyNot(doing: string, otherwise: string): [message: string, options?: ErrorOptions] {
    const cause = this.#obstacle;
    return cause === undefined ? [`${doing}: ${otherwise}`] : [`${doing}: ${reasonIn(cause)}`, { cause }];
  }

  readonly #meet = (obstacle: StalledError): void => {
    this.#obstacle = obstacle;
  };

  readonly #comeAgain = (obstacle: StalledError): void => {
    this.#meet(obstacle);
    if (this.#local.size === 0) return; // whoever sleeps here now tries once more at once
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.serve();
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
  };

  /** As wait, for a caller that has spun. */
  sleep<T>(awaited: Wanted<T>, limit: number, signal?: AbortSignal): Promise<T | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    // Nor must a loop that only asks: what it waits for may need a timer, a signal or the news of a death.
    if (limit <= 0) return this.#resolved(undefined);
    return new Promise<T | undefined>((resolve, reject) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const done = () => {
        if (timer !== undefined) clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#family.endWait(this);
      };
      const waiter: LocalWaiter = {
        awaited,
        settle: (result) => {
          done();
          resolve(result as T);
        },
        fail: (error) => {
          done();
          reject(error);
        },
      };
      const withdraw = () => {
        this.#local.delete(waiter);
        if (this.#local.size === 0) this.#unregister(awaited);
        done();
      };
      const onAbort = () => {
        withdraw();
        reject(signal?.reason);
      };
      if (limit < LONGEST_TIMER) {
        timer = setTimeout(() => {
          if (this.#family.isOver) return;
          // What became ready in the same turn counts: a wait that can succeed doesn't time out.
          this.serve(true);
          if (!this.#local.has(waiter)) return;
          withdraw();
          resolve(undefined);
        }, limit);
      }
      signal?.addEventListener("abort", onAbort);
      this.#local.add(waiter);
      this.#family.beginWait(this);
      this.serve(true);
    });
  }

  /** What is known at once, after a turn of the event loop where one is due. */
  #resolved<T>(result: T): Promise<T> {
    return this.#family.due() ? this.#family.turn().then(() => result) : Promise.resolve(result);
  }

  /** Owner ids whose death would change something for a local waiter. */
  *blockers(): Generator<number> {
    for (const { awaited } of this.#local) if (awaited.blockers !== undefined) yield* awaited.blockers();
  }

  /** The bell rang: serves the local waiters if this queue was meant, or if `force`. */
  poke(force: boolean): void {
    const isRegistered = (Atomics.load(this.#i32, this.#word) & this.#mask) !== 0;
    if (!force && isRegistered) return;
    if (!isRegistered) this.#spinner.woken();
    const before = this.#local.size;
    this.serve();
    if (!isRegistered && before > 0 && this.#local.size === before) this.#turns?.cameLate();
  }

  /**
   * Lets local waiters take what is there, first come first served; registers for what isn't. `polite`: this agent wasn't
   * woken, so others may have to go first.
   */
  serve(polite = false): void {
    if (this.#family.isOver) return;
    for (;;) {
      let last: Wanted<unknown> | undefined;
      const patience = polite ? this.#turns?.patience ?? 0 : 0;
      if (patience > 0) this.#serveLater(patience);
      for (const waiter of patience > 0 ? [] : this.#local) {
        let result: unknown;
        try {
          result = this.attempt(waiter.awaited);
        } catch (error) {
          this.#local.delete(waiter);
          last = waiter.awaited;
          waiter.fail(error);
          continue;
        }
        if (result === undefined) break;
        this.#local.delete(waiter);
        last = waiter.awaited;
        this.#turns?.done();
        waiter.settle(result);
      }
      if (this.#local.size === 0) {
        if (last !== undefined) this.#unregister(last);
        return;
      }
      // Set before the failed attempt: safe to sleep. Set only now: look again.
      if ((Atomics.or(this.#i32, this.#word, this.#mask) & this.#mask) !== 0) return;
    }
  }

  /** Ends the waits of a handle that is closed, also those behind others that wait on; says how many. */
  expel(of: object, error: () => unknown): number {
    const expelled = [...this.#local].filter(({ awaited }) => awaited.of === of);
    for (const waiter of expelled) {
      this.#local.delete(waiter);
      waiter.fail(error());
    }
    if (this.#local.size === 0 && expelled[0] !== undefined) this.#unregister(expelled[0].awaited);
    return expelled.length;
  }

  /** Whoever was to go first has had its time by then. */
  #serveLater(delay: number): void {
    this.#later ??= setTimeout(() => {
      this.#later = undefined;
      this.serve();
    }, delay);
  }

  /** After a change: wakes one waiter while `ready()` says that there is something to take; false when it woke nobody. */
  wake(ready: () => boolean): boolean {
    // Small, so that it becomes a part of each release of a free lock.
    return this.#isAnyoneThere() && this.#wakeOne(ready);
  }

  #isAnyoneThere(): boolean {
    // A plain read: it grew when the agent was made that waits now, milliseconds ago.
    const i32 = this.#i32, words = ((this.#family.arena.control[C_AGENTS_END] as number) + 31) >>> 5;
    let any = 0;
    for (let word = this.#at; word < this.#at + words; word++) any |= Atomics.load(i32, word);
    return any !== 0;
  }

  #wakeOne(ready: () => boolean): boolean {
    const i32 = this.#i32;
    for (;;) {
      const index = this.#choose();
      if (index === 0 || !ready()) return false;
      if (!clearBit(i32, this.#at, index)) continue;
      i32[this.#at + BITMAP_WORDS] = index + 1;
      if (this.#family.ringIndex(index)) return true;
    }
  }

  /** Index after the agent that was woken last: where a fair choice begins. */
  get rotation(): number {
    return (this.#i32[this.#at + BITMAP_WORDS] as number) & 0xff;
  }

  /** After a change that is meant for one agent. If its bit isn't set, it is about to look by itself. */
  wakeAgent(index: number): void {
    if (!clearBit(this.#i32, this.#at, index)) return;
    this.#i32[this.#at + BITMAP_WORDS] = index + 1;
    this.#family.ringIndex(index);
  }

  /** After a change that all waiters must see. */
  wakeAll(): void {
    const i32 = this.#i32;
    for (let word = 0; word < BITMAP_WORDS; word++) {
      let bits = Atomics.load(i32, this.#at + word);
      if (bits === 0) continue;
      bits = Atomics.exchange(i32, this.#at + word, 0);
      for (let bit = 0; bit < 32; bit++) {
        if ((bits & maskOf(bit)) !== 0) this.#family.ringIndex(word * 32 + bit);
      }
    }
  }

  /** Index of an agent that waits, the next after the last one woken; 0 = nobody waits. */
  #choose(): number {
    const i32 = this.#i32, end = wordsBelow(this.#family.arena.control[C_AGENTS_END] as number) * 32;
    const start = this.rotation;
    for (let step = 0; step < end; step++) {
      const index = (start + step) % end;
      if (hasBit(i32, this.#at, index)) return index;
    }
    return 0;
  }

  /** No local waiter is left: clears the own bit, and passes a wake on that came in the meantime. */
  #unregister(awaited: Wanted<unknown>): void {
    if (this.#retry !== undefined) {
      clearTimeout(this.#retry);
      this.#retry = undefined;
    }
    this.#turns?.done();
    if ((Atomics.and(this.#i32, this.#word, ~this.#mask) & this.#mask) === 0) this.wake(() => awaited.ready());
  }
}
