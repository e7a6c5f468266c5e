/** The barrier behind a BarrierProxy. */

import { BrokenBarrierError } from "../../errors/outcomes.ts";
import { clearTimeout, setTimeout } from "../../base/originals.ts";
import { LONGEST_TIMER } from "../../base/wait_options.ts";
import { type Call, LATER } from "../call.ts";
import { Line } from "./line.ts";
import type { CallMethods, Host, Methods, Referent } from "./referent.ts";

/** A barrier. Whoever leaves it before its round is complete breaks it for all, until it is reset. */
class BarrierReferent implements Referent {
  readonly #parties: number;
  /** Milliseconds of a wait that says nothing of its own. */
  readonly #limit: number;
  /** Who waits; each with the end of its timer. */
  readonly #line = new Line<() => void>();
  #isBroken = false;

  readonly methods: Methods = {
    reset: () => {
      this.#end("it was reset");
      this.#isBroken = false;
    },
    abort: () => this.#break("it was aborted"),
    parties: () => this.#parties,
    nWaiting: () => this.#line.length,
    broken: () => this.#isBroken,
  };
  readonly callMethods: CallMethods = {
    wait: (call: Call, limit: number | undefined) => this.#wait(call, limit),
  };

  constructor(parties: number, limit: number) {
    if (!Number.isInteger(parties) || parties < 1) {
      throw new RangeError(`Cannot create a Barrier: it is for ${String(parties)} parties, it takes an integer from 1`);
    }
    this.#parties = parties;
    this.#limit = limit;
  }

  dispose(): void {
    this.#end("it is gone");
  }

  /** `limit`: the client's own time limit, which it keeps itself unless it is 0. */
  #wait(call: Call, limit: number | undefined): unknown {
    if (this.#isBroken) throw broken("it is broken until it is reset");
    const index = this.#line.length;
    if (index + 1 === this.#parties) {
      this.#line.takeAll().forEach(({ call, what: stop }, other) => {
        stop();
        call.reply(other);
      });
      return index;
    }
    if ((limit ?? this.#limit) <= 0) {
      this.#break("a party did not wait");
      throw broken("this party did not wait");
    }
    const timer = limit === undefined && this.#limit <= LONGEST_TIMER
      ? setTimeout(() => call.withdraw?.("timeout"), this.#limit)
      : undefined;
    this.#line.add(call, () => clearTimeout(timer), (why, leave) => {
      clearTimeout(timer);
      leave();
      this.#break(endedBy[why]);
      call.fail(broken(why === "timeout" ? "the others did not come in time" : "this party was aborted"));
    });
    return LATER;
  }

  #break(why: string): void {
    this.#isBroken = true;
    this.#end(why);
  }

  #end(why: string): void {
    for (const { call, what: stop } of this.#line.takeAll()) {
      stop();
      call.fail(broken(why));
    }
  }
}

const endedBy = {
  timeout: "the wait of another party ran out",
  abort: "another party was aborted",
  death: "another party has died",
} as const;

function broken(why: string): BrokenBarrierError {
  return new BrokenBarrierError(`Cannot wait at the barrier: ${why}`);
}

/** A new barrier. */
export function barrierReferent(_host: Host, parties: number, limit: number): Referent {
  return new BarrierReferent(parties, limit);
}
