/** Busy-waiting before sleep: a cross-processor sleep and wake costs 40–90 µs, a message that is on its way 1–10. */

import { runtime } from "../runtime/current.ts";
import { cpuCount } from "../runtime/proc_files.ts";
import type { AgentTable } from "./agents.ts";
import { maskOf, wordOf, wordsBelow } from "../memory/bitmap.ts";
import { C_SPINNING } from "../memory/layout.ts";
import { pause } from "../base/processor.ts";
import { now } from "../base/originals.ts";

/** Longest and shortest busy-wait, in milliseconds. */
const LONGEST_MS = 0.1;
const SHORTEST_MS = 0.001;
/** Long enough for another processor to wake, answer, and be found spinning by the next message. */
const TRIAL_MS = 0.2;
/** From the end of one trial to the next, at first and at most, in milliseconds. */
const SOON_MS = 2;
const LATE_MS = 16;
/** Of an answer that came so many milliseconds after one stopped spinning for it, spinning may have been in the way. */
const QUICK_MS = TRIAL_MS;
/** Such answers in a row after which it is taken for certain. */
const CERTAIN_ANSWERS = 2;
/** From one move to the next, at first and at most, in milliseconds. */
const SOON_AGAIN_MS = 2;
const SELDOM_MS = 1000;
/** Spins in a row that find what they wait for, after which the last move counts as a good one. */
const GOOD_SPINS = 50;
/** Looks of 16 each after which a spin ends whatever the clock says: many times what fits into the longest. */
const MOST_ROUNDS = 10_000;

/**
 * One agent's busy-waiting. Its budget halves after a miss, down to none. Two that take turns then always sleep, and neither
 * can see that both could spin. So now and then there is a trial, more and more rarely while trials fail; a trial that doesn't
 * brings the budget back.
 *
 * Two that share a processor can't spin for each other: it only keeps the answer away. They may stay there for long, while
 * another processor is idle: the system moves none of two of which one always sleeps. It shows in answers that come as soon as
 * one stops spinning: then this agent moves to another processor, more and more rarely while that doesn't help.
 */
export class Spinner {
  readonly #control: Int32Array;
  readonly #agents: AgentTable;
  readonly #word: number;
  readonly #mask: number;
  /** Most that may spin at a time; known from the first spin on, because asking the system takes time at a child's start. */
  #most = -1;
  #budget = LONGEST_MS / 4;
  #nextTrial = 0;
  #betweenTrials = SOON_MS;
  /** When the last spin was given up; 0 = it wasn't. */
  #missedAt = 0;
  /** Answers in a row that came at once after a spin was given up, and spins that found theirs. */
  #quickAnswers = 0;
  #hits = 0;
  #nextMove = 0;
  #betweenMoves = SOON_AGAIN_MS;

  constructor(control: Int32Array, index: number, agents: AgentTable) {
    this.#control = control;
    this.#agents = agents;
    this.#word = C_SPINNING + wordOf(index);
    this.#mask = maskOf(index);
  }

  /** True as soon as `ready()`; false when that didn't come in time or spinning would take processors from others. */
  spin(ready: { ready(): boolean }): boolean {
    if (this.#most === -1) this.#most = mostSpinners();
    if (this.#most === 0) return false;
    this.#missedAt = 0;
    const start = now(), isTrial = this.#budget === 0;
    if (isTrial && start < this.#nextTrial) return false;
    const end = start + (isTrial ? TRIAL_MS : this.#budget);
    if (isTrial) this.#betweenTrials = Math.min(LATE_MS, 2 * this.#betweenTrials);
    let rounds = MOST_ROUNDS;
    Atomics.or(this.#control, this.#word, this.#mask);
    try {
      if (this.#spinners() > this.#most) return false;
      do {
        for (let i = 0; i < 16; i++) {
          if (ready.ready()) {
            this.#budget = isTrial ? LONGEST_MS : Math.min(LONGEST_MS, this.#budget * 2);
            // A trial is longer than what it is for: only what comes after it shows whether it was worth it.
            if (!isTrial) this.#hit();
            return true;
          }
          pause();
        }
      } while (now() < end && --rounds > 0);
      this.#missed(now());
      return false;
    } finally {
      Atomics.and(this.#control, this.#word, ~this.#mask);
    }
  }

  /** What this agent waited for has come while it slept. */
  woken(): void {
    if (this.#missedAt === 0) return;
    const time = now(), isQuick = time - this.#missedAt < QUICK_MS;
    this.#missedAt = 0;
    this.#quickAnswers = isQuick ? this.#quickAnswers + 1 : 0;
    if (this.#quickAnswers >= CERTAIN_ANSWERS && time >= this.#nextMove) this.#move();
  }

  #move(): void {
    this.#quickAnswers = 0;
    if (!runtime.changeProcessor()) return void (this.#nextMove = Infinity);
    this.#betweenMoves = Math.min(SELDOM_MS, 2 * this.#betweenMoves);
    this.#nextMove = now() + this.#betweenMoves;
    this.#budget = LONGEST_MS;
  }

  #hit(): void {
    this.#betweenTrials = SOON_MS;
    this.#quickAnswers = 0;
    if (++this.#hits === GOOD_SPINS) this.#betweenMoves = Math.max(SOON_AGAIN_MS, this.#betweenMoves / 4);
  }

  #missed(time: number): void {
    this.#missedAt = time;
    this.#hits = 0;
    this.#budget = this.#budget < 2 * SHORTEST_MS ? 0 : this.#budget / 2;
    this.#nextTrial = time + this.#betweenTrials;
  }

  #spinners(): number {
    let count = 0;
    for (let word = 0, words = wordsBelow(this.#agents.end()); word < words; word++) {
      let bits = Atomics.load(this.#control, C_SPINNING + word);
      for (; bits !== 0; bits &= bits - 1) count++;
    }
    return count;
  }
}

/**
 * One spinner on each processor: of two that play ping-pong, the one that was just answered still spins when the other
 * begins to. On a single processor spinning only keeps the answer away.
 */
function mostSpinners(): number {
  const cpus = cpuCount();
  return cpus < 2 ? 0 : cpus;
}
