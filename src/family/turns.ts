/**
 * Turns: who barged in lets those go first who waited in vain.
 *
 * ```
 * turns, in an object's payload beside its wait queue
 *   word 0…7   impatient: a bit for each agent that was woken twice and came too late      each its own
 *   word 8     until when others wait for them: Date.now(), low 32 bits                   each of them
 * ```
 *
 * Taking what is free without queueing is fast and usually right, but whoever does it in a loop starves all that sleep. While
 * an agent is impatient, only it and those who were woken may take; newcomers register and sleep. Wakes go round by rotation:
 * so an impatient agent is overtaken at most once by each that waits. It clears its bit before it passes a wake on, so that
 * no newcomer goes to sleep on account of one that is no longer there. One that was woken but computes on keeps the others
 * waiting for LONGEST_MS milliseconds at most.
 */

import { indexOf } from "./agents.ts";
import type { Family } from "./family.ts";
import type { Segment } from "../memory/arena.ts";
import { maskOf, wordOf } from "../memory/bitmap.ts";
import { BITMAP_WORDS, C_AGENTS_END } from "../memory/layout.ts";
import { wallTime } from "../base/originals.ts";

export const TURNS_WORDS = BITMAP_WORDS + 1;
/** Wakes in vain after which an agent is impatient. */
const PATIENCE_WAKES = 2;
/** Milliseconds that others wait for an impatient agent. */
const LONGEST_MS = 10;

/** The turns of one object, as one agent takes part in them. */
export class Turns {
  readonly #control: Int32Array;
  readonly #i32: Int32Array;
  readonly #at: number;
  readonly #word: number;
  readonly #mask: number;
  readonly #clock: () => number;
  #inVain = 0;

  /** `at` is the index of its first word in `segment.i32`; `clock`: milliseconds that are the same in all processes. */
  constructor(family: Family, segment: Segment, at: number, clock: () => number = wallTime) {
    this.#clock = clock;
    this.#control = family.arena.control;
    this.#i32 = segment.i32;
    this.#at = at;
    const index = indexOf(family.self);
    this.#word = at + wordOf(index);
    this.#mask = maskOf(index);
  }

  /** Milliseconds for which somebody else must go first; 0 = nobody. */
  get patience(): number {
    // Plain reads: one that is a moment old makes nobody impatient wait longer than that moment, and each atomic one costs a
    // free lock a fifth of its speed. (noUncheckedIndexedAccess: all of them lie inside.)
    // (Written out, as wake() is in futex.ts: JavaScriptCore inlines a free lock's calls only so deep.)
    const words = ((this.#control[C_AGENTS_END] as number) + 31) >>> 5;
    let any = 0;
    for (let word = this.#at; word < this.#at + words; word++) any |= this.#i32[word] as number;
    if (any === 0 || !this.#othersWait(words)) return 0;
    const left = (Atomics.load(this.#i32, this.#at + BITMAP_WORDS) - this.#clock()) | 0;
    return left > 0 && left <= LONGEST_MS ? left : 0;
  }

  /** This agent was woken and came too late. */
  cameLate(): void {
    if (++this.#inVain < PATIENCE_WAKES) return;
    Atomics.store(this.#i32, this.#at + BITMAP_WORDS, (this.#clock() + LONGEST_MS) | 0);
    Atomics.or(this.#i32, this.#word, this.#mask);
  }

  /** This agent got what it waited for, or waits no more. */
  done(): void {
    if (this.#inVain >= PATIENCE_WAKES) Atomics.and(this.#i32, this.#word, ~this.#mask);
    this.#inVain = 0;
  }

  #othersWait(words: number): boolean {
    for (let word = this.#at; word < this.#at + words; word++) {
      const bits = Atomics.load(this.#i32, word);
      if ((word === this.#word ? bits & ~this.#mask : bits) !== 0) return true;
    }
    return false;
  }
}
