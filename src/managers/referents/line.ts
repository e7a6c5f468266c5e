/** Calls that wait on the server, the first first. */

import { type Call, LATER } from "../call.ts";
import type { Withdrawal } from "../protocol.ts";

/** A call that waits, and what it waits with. */
export interface Waiting<W> {
  readonly call: Call;
  readonly what: W;
}

/** A line of calls. One that leaves it, by whatever way, is not in it any more: nobody comes to a waiter that has gone. */
export class Line<W = undefined> {
  readonly #waiting = new Set<Waiting<W>>();

  /** How many wait. */
  get length(): number {
    return this.#waiting.size;
  }

  /**
   * The call waits here, at the end, until shift() takes it out. `withdrawn` is called when it shall wait no longer: it calls
   * `leave`, and answers; or lets it wait on.
   */
  add(call: Call, what: W, withdrawn: (why: Withdrawal, leave: () => void) => void): typeof LATER {
    const one: Waiting<W> = { call, what };
    this.#waiting.add(one);
    const leave = () => {
      this.#waiting.delete(one);
      call.withdraw = undefined;
    };
    call.withdraw = (why) => withdrawn(why, leave);
    return LATER;
  }

  /** Takes the first out. */
  shift(): Waiting<W> | undefined {
    for (const one of this.#waiting) {
      this.#waiting.delete(one);
      one.call.withdraw = undefined;
      return one;
    }
    return undefined;
  }

  /** Takes all out. */
  takeAll(): Waiting<W>[] {
    const all: Waiting<W>[] = [];
    for (let one = this.shift(); one !== undefined; one = this.shift()) all.push(one);
    return all;
  }
}
