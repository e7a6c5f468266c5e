/** Busy-waiting before sleep: a cross-processor sleep and wake costs 40–90 µs, a message that is on its way 1–10. */

import { runtime } from "../runtime/current.ts";
import type { AgentTable } from "./agents.ts";
import { C_SPINNING } from "./layout.ts";

/** Longest and usual busy-wait, in milliseconds. */
const LONGEST = 0.05;
const USUAL = 0.02;
/** A sleep that ends within this many milliseconds would have been worth a busy-wait. */
const WORTH = 0.15;

const pause: () => void = (Atomics as unknown as { pause?: () => void }).pause ?? (() => {});

/** One agent's busy-waiting. Its budget halves after a miss, and comes back when sleeps prove short. */
export class Spinner {
  readonly #control: Int32Array;
  readonly #agents: AgentTable;
  readonly #word: number;
  readonly #mask: number;
  readonly #most: number;
  #budget = USUAL;
  #sleptAt = 0;

  constructor(control: Int32Array, index: number, agents: AgentTable) {
    this.#control = control;
    this.#agents = agents;
    this.#word = C_SPINNING + (index >>> 5);
    this.#mask = 1 << (index & 31);
    // One spinner on each processor: of two that play ping-pong, the one that was just answered still spins
    // when the other begins to. On a single processor spinning only keeps the answer away.
    const cpus = runtime.cpuCount();
    this.#most = cpus < 2 ? 0 : cpus;
  }

  /** True as soon as `ready()`; false when that didn't come in time or spinning would take processors from others. */
  spin(ready: { ready(): boolean }): boolean {
    if (this.#most === 0 || this.#budget < 0.001) return false;
    Atomics.or(this.#control, this.#word, this.#mask);
    try {
      if (this.#spinners() > this.#most) return false;
      const end = performance.now() + this.#budget;
      do {
        for (let i = 0; i < 16; i++) {
          if (ready.ready()) {
            this.#budget = Math.min(LONGEST, this.#budget * 1.25);
            return true;
          }
          pause();
        }
      } while (performance.now() < end);
      this.#budget /= 2;
      return false;
    } finally {
      Atomics.and(this.#control, this.#word, ~this.#mask);
    }
  }

  slept(): void {
    this.#sleptAt = performance.now();
  }

  woke(): void {
    if (performance.now() - this.#sleptAt < WORTH) this.#budget = Math.max(this.#budget, USUAL);
  }

  #spinners(): number {
    let count = 0;
    for (let word = 0, words = (this.#agents.end() + 31) >>> 5; word < words; word++) {
      let bits = Atomics.load(this.#control, C_SPINNING + word);
      for (; bits !== 0; bits &= bits - 1) count++;
    }
    return count;
  }
}
