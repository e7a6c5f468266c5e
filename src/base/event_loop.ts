/**
 * The event loop: giving it turns, keeping it alive, and what outlasts its use for a moment.
 *
 * Awaits that are ready at once let no timer, signal or abort through: now and then the event loop gets a turn.
 */

import { clearInterval, now, setImmediate, setInterval, setTimeout } from "./originals.ts";

/** Such awaits in a row, and milliseconds, after which it does. */
const STREAK_AWAITS = 256;
const TURN_MS = 5;

let streak = 0;
let lastTurn = 0;

/** After an await that took no time, whether or not it got what it was for: is a turn due? Then await `turn()`. */
export function due(): boolean {
  streak++;
  return streak >= STREAK_AWAITS || ((streak & 15) === 0 && now() - lastTurn >= TURN_MS);
}

/** One turn of the event loop. */
export async function turn(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
  streak = 0;
  lastTurn = now();
}

/** Longer than any process lives; a timer that only holds the process. */
const FOREVER_MS = 2 ** 30;

/** `promise`, while which the process stays alive: for waits on what doesn't hold it by itself, as a daemon's end. */
export async function keptAlive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => {}, FOREVER_MS);
  try {
    return await promise;
  } finally {
    clearInterval(timer);
  }
}

/**
 * Ends what isn't used any more a moment after its last use. In a busy exchange the next use is on its way already, and to end
 * and begin anew each time costs more than the exchange: so a use costs no timer while one runs.
 */
export class Lingering {
  readonly #milliseconds: number;
  readonly #isUsed: () => boolean;
  readonly #end: () => void;
  #uses = 0;
  #isRunning = false;

  /** `end` is called when the time has passed and `isUsed` says no. */
  constructor(milliseconds: number, isUsed: () => boolean, end: () => void) {
    this.#milliseconds = milliseconds;
    this.#isUsed = isUsed;
    this.#end = end;
  }

  /** A use has ended, maybe the last. */
  used(): void {
    this.#uses++;
    if (!this.#isRunning) this.#wait();
  }

  #wait(): void {
    this.#isRunning = true;
    const uses = this.#uses;
    setTimeout(() => {
      this.#isRunning = false;
      if (this.#isUsed()) return;
      if (this.#uses !== uses) return this.#wait();
      this.#end();
    }, this.#milliseconds);
  }
}
