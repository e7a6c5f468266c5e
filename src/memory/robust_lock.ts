/**
 * A short internal lock that survives its holder, with a redo log that makes a change of several words atomic.
 *
 * ```
 * word 0      owner: owner id of the holder, 0 = free                       CAS by whoever takes it
 * word 1      committed: entries in the log that must be applied            the holder
 * word 2…33   log: 16 × (address, value)                                    the holder
 * ```
 *
 * A holder writes pairs (nobody looks at them), stores their number into `committed` (that one store is the commit), applies
 * them, and stores 0. Killed before the commit, nothing has happened; killed after it, whoever takes the lock over applies
 * the pairs again: they are absolute values, so twice is the same as once. Plain writes of pairs come before the atomic
 * store of `committed` in program order, and a sequentially consistent store doesn't let earlier writes pass it.
 *
 * A throw may come at any point of a section, also from the call of unlock(): a stack that is full has no room for that call
 * either. So whoever leaves a section says so first, in a plain field, and each agent keeps a chain of the sections that it
 * is in. One that was left and still has its lock gives it back, its change made whole, before the agent's next section, or
 * when others ring for it.
 */

import { StalledError } from "../errors/base.ts";
import type { Arena, Segment } from "./arena.ts";
import { LOCK_WORDS, REDO_ENTRIES } from "./layout.ts";
import { nap, pause } from "../base/processor.ts";

/** What a robust lock has to know about the agents of its family. */
export interface Owners {
  /** This agent's owner id. */
  readonly self: number;
  /** False when that agent is known to be dead. */
  alive(owner: number): boolean;
  /** What it is called in errors: "process 4711". */
  nameOf(owner: number): string;
  /** Finds out whether that agent is dead, by asking the system. */
  probe(owner: number): void;
}

/**
 * How long a synchronous operation naps for a preempted holder, in milliseconds. It is the naps that count, not the clock:
 * when the whole machine has stood still, the holder had no turn either.
 */
export const PATIENCE_MS = 1000;
/** The same where the caller comes again later. */
const IMPATIENCE_MS = 10;
/** After how long it does, at first; each time that is doubled, up to the last. */
export const FIRST_RETRY_MS = 10, LAST_RETRY_MS = 250;
/** Attempts before the first nap: a section takes well under a microsecond. */
const SPINS = 200;

/** `who` is in the middle of changing `what`, and doesn't go on. */
export function stalled(doing: string, what: string, who: string): StalledError {
  return new StalledError(
    `Cannot ${doing}: ${who} is changing ${what} and has not run for ${patience} ms; ` +
      "let it go on (a signal or a debugger may have stopped it), or end it",
  );
}

/** Why it can't be done, and how it can, as stalled() says it: what is done is the caller's to say. */
export function reasonIn({ message }: StalledError): string {
  return message.slice(message.indexOf(": ") + 2);
}

/** How long whoever asks now naps for a holder, in milliseconds. */
let patience = PATIENCE_MS;

/** The sections that one agent is in. */
interface Sections {
  innermost: RobustLock | undefined;
}

const sections = new WeakMap<Owners, Sections>();

function sectionsOf(owners: Owners): Sections {
  let own = sections.get(owners);
  if (own === undefined) sections.set(owners, own = { innermost: undefined });
  return own;
}

/**
 * What `attempt` gives; undefined, after `ifStalled`, when another process is in the way: then the caller comes again later. So
 * an attempt takes no lock after the change that it makes: that would have been made, and what it gives be lost.
 */
export function impatiently<A, T>(
  attempt: (of: A) => T,
  of: A,
  ifStalled?: (error: StalledError) => void,
): T | undefined {
  const before = patience;
  patience = IMPATIENCE_MS;
  try {
    return attempt(of);
  } catch (error) {
    if (!(error instanceof StalledError)) throw error;
    ifStalled?.(error);
    return undefined;
  } finally {
    patience = before;
  }
}

/** Gives back the locks of sections that a throw has ended before they could. */
export function giveBackLeft(owners: Owners): void {
  const own = sectionsOf(owners);
  for (let lock = own.innermost; lock !== undefined && !lock.isInside; own.innermost = lock = lock.outer) {
    lock.giveBack();
  }
}

/**
 * One robust lock of a family. All of its methods are synchronous; a section must not await. A section is
 * `lock(); try { … } finally { isInside = false; unlock(); }`, or `with()`.
 */
export class RobustLock {
  /** Whether a section of it runs. Whoever leaves one sets it to false before any call. */
  isInside = false;
  /** Set by commit(), once the change can't be undone any more. Whoever asks sets it to false before the section. */
  isCommitted = false;
  /** The section around the one that runs. */
  outer: RobustLock | undefined = undefined;
  readonly #sections: Sections;
  readonly #arena: Arena;
  readonly #owners: Owners;
  readonly #i32: Int32Array;
  readonly #start: number;
  readonly #at: number;
  readonly #what: string;
  #staged = 0;

  /** `at` is the index of its first word in `segment.i32`; `what` names it in errors. */
  constructor(arena: Arena, owners: Owners, segment: Segment, at: number, what: string) {
    this.#arena = arena;
    this.#owners = owners;
    this.#sections = sectionsOf(owners);
    this.#i32 = segment.i32;
    this.#start = segment.start;
    this.#at = at;
    this.#what = what;
  }

  lock(): void {
    const own = this.#sections;
    if (own.innermost !== undefined && !own.innermost.isInside) giveBackLeft(this.#owners);
    if (Atomics.compareExchange(this.#i32, this.#at, 0, this.#owners.self) !== 0) this.#lockContended();
    this.#staged = 0;
    // Nothing from here on can throw.
    if (own.innermost !== this) this.outer = own.innermost;
    own.innermost = this;
    this.isInside = true;
  }

  unlock(): void {
    const own = this.#sections;
    this.isInside = false;
    // Sections inside this one were left, or its commit was cut short.
    if (own.innermost !== this || this.#i32[this.#at + 1] !== 0) return giveBackLeft(this.#owners);
    Atomics.store(this.#i32, this.#at, 0);
    own.innermost = this.outer;
  }

  /** A throw ended the section before it gave the lock back: makes the change whole, if it was committed, and does it. */
  giveBack(): void {
    if (Atomics.load(this.#i32, this.#at) !== this.#owners.self) return;
    this.#finish();
    Atomics.store(this.#i32, this.#at, 0);
  }

  /**
   * Completes what a dead holder committed and frees the lock; never waits. The owner id of a living holder that is in the
   * middle of a change (perhaps of completing a dead one's), else 0.
   */
  settle(): number {
    for (;;) {
      const owner = Atomics.load(this.#i32, this.#at);
      if (owner === 0) return 0;
      if (this.#owners.alive(owner)) return Atomics.load(this.#i32, this.#at + 1) === 0 ? 0 : owner;
      if (!this.#takeOver(owner)) continue;
      Atomics.store(this.#i32, this.#at, 0);
      return 0;
    }
  }

  /** Runs `section` while holding. */
  with<R>(section: () => R): R {
    this.lock();
    try {
      return section();
    } finally {
      this.isInside = false;
      this.unlock();
    }
  }

  /** Adds one word to the change: `address` gets `value` at the commit. */
  stage(address: number, value: number): void {
    if (this.#staged === REDO_ENTRIES) throw new RangeError(`Cannot change ${this.#what}: its redo log is full`);
    const pair = this.#at + 2 + 2 * this.#staged++;
    this.#i32[pair] = address;
    this.#i32[pair + 1] = value;
  }

  /** A long section goes on: says so to those who wait for its end. */
  beat(): void {
    // The last pair's value: nobody looks at pairs that aren't committed.
    if (this.#staged < REDO_ENTRIES) Atomics.add(this.#i32, this.#at + 1 + 2 * REDO_ENTRIES, 1);
  }

  /** What changes while its holders go on, and when another comes: a sum over all of its words. */
  progress(): number {
    let sum = Atomics.load(this.#i32, this.#at);
    for (let word = 1; word < LOCK_WORDS; word++) {
      sum = Math.imul(sum, 31) + (this.#i32[this.#at + word] as number) | 0;
    }
    return sum;
  }

  /** Makes the staged change, whole. */
  commit(): void {
    Atomics.store(this.#i32, this.#at + 1, this.#staged);
    this.isCommitted = true;
    this.#apply(this.#staged);
    Atomics.store(this.#i32, this.#at + 1, 0);
    this.#staged = 0;
  }

  #apply(entries: number): void {
    const i32 = this.#i32, start = this.#start, length = i32.length;
    let pair = this.#at + 2;
    for (let entry = 0; entry < entries; entry++, pair += 2) {
      // noUncheckedIndexedAccess: pairs lie inside the lock's own words
      const address = (i32[pair] as number) >>> 0, value = i32[pair + 1] as number;
      const index = address - start;
      // A plain store: it lies between two that are sequentially consistent.
      if (index >= 0 && index < length) i32[index] = value;
      else this.#arena.store(address, value);
    }
  }

  /** A holder was killed in its section: takes the lock from it and finishes what it committed. False = another was faster. */
  #takeOver(dead: number): boolean {
    if (Atomics.compareExchange(this.#i32, this.#at, dead, this.#owners.self) !== dead) return false;
    this.#finish();
    return true;
  }

  /** Makes whole what was committed. */
  #finish(): void {
    this.#apply(Atomics.load(this.#i32, this.#at + 1));
    Atomics.store(this.#i32, this.#at + 1, 0);
  }

  /** Whether a section of this lock runs in this agent, by whichever of its views. */
  #isEntered(): boolean {
    for (let lock = this.#sections.innermost; lock !== undefined; lock = lock.outer) {
      if (lock.isInside && lock.#i32 === this.#i32 && lock.#at === this.#at) return true;
    }
    return false;
  }

  #lockContended(): void {
    const i32 = this.#i32, at = this.#at, owners = this.#owners;
    let napped = 0, next = 0.05, probed = 0, progress = 0;
    for (let round = 0;; round++) {
      const owner = Atomics.load(i32, at);
      if (owner === 0) {
        if (Atomics.compareExchange(i32, at, 0, owners.self) === 0) return;
        continue;
      }
      if (owner === owners.self && this.#isEntered()) {
        throw new Error(`${this.#what}: a section was entered inside itself`);
      }
      if (owner === owners.self || !owners.alive(owner)) {
        if (this.#takeOver(owner)) return;
        continue;
      }
      if (round < SPINS) {
        pause();
        continue;
      }
      // Not stopped: it, or others meanwhile, made changes.
      const now = this.progress();
      if (now !== progress) napped = probed = 0;
      progress = now;
      if (napped > patience) {
        throw stalled(`use ${this.#what}`, this.#what, owners.nameOf(owner));
      }
      // The holder was preempted (or killed). Give it our processor; ask the system now and then.
      nap(next);
      napped += next;
      next = Math.min(2, next * 1.5);
      if (napped > probed + 2) {
        probed = napped;
        owners.probe(owner);
      }
    }
  }
}
