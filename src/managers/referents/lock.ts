/** Lock and RLock on the server: whose they are, and who comes next. */

import { MisuseError } from "../../errors/base.ts";
import { type Call, LATER } from "../call.ts";
import { Line } from "./line.ts";
import type { CallMethods, Methods, Referent } from "./referent.ts";

/** What a call gets the lock for. */
interface Claim {
  readonly depth: number;
  /** It is the caller's. */
  readonly onOwned: () => void;
}

/** A lock. It goes from a holder to the next in line directly, so whoever comes first gets it first. */
export class LockReferent implements Referent {
  readonly #isRecursive: boolean;
  readonly #line = new Line<Claim>();
  /** Who has it; 0 = nobody. */
  #owner = 0;
  /** How often its owner has acquired it. */
  #depth = 0;

  readonly methods: Methods = { locked: () => this.#owner !== 0 };
  readonly callMethods: CallMethods = {
    acquire: (call: Call, waits: boolean) => this.acquire(call, waits),
    release: (call: Call) => this.release(call.client),
  };

  constructor(isRecursive: boolean) {
    this.#isRecursive = isRecursive;
  }

  /** As the method. */
  acquire(call: Call, waits: boolean): unknown {
    // Its client may not live to hear of it.
    const grant = () => call.reply(true, () => this.#release(call.client));
    if (this.#isRecursive && this.#owner === call.client) this.#depth++;
    else if (this.#owner === 0) this.#own(call.client, 1);
    else if (!waits) return false;
    else {
      return this.#line.add(call, { depth: 1, onOwned: grant }, (_why, leave) => {
        leave();
        call.reply(false);
      });
    }
    grant();
    return LATER;
  }

  /** As the method. */
  release(client: number): void {
    if (this.#owner === 0) throw new MisuseError("Cannot release the lock: nobody holds it");
    if (this.#isRecursive && this.#owner !== client) {
      throw new MisuseError("Cannot release the lock: another process holds it, and an RLock is its holder's");
    }
    this.#release(this.#owner);
  }

  #release(client: number): void {
    if (this.#owner === client && --this.#depth === 0) this.#pass();
  }

  /** MisuseError unless that client holds it. */
  ensureHeld(client: number, doing: string): void {
    if (this.#owner !== client) {
      throw new MisuseError(`Cannot ${doing} the condition: this process doesn't hold its lock; acquire() it first`);
    }
  }

  /** For conditions: its owner gives it up, however often it has acquired it; says how often that was. */
  giveUp(): number {
    const depth = this.#depth;
    this.#pass();
    return depth;
  }

  /** For conditions: takes it again for a call that only its client's death ends. */
  takeAgain(call: Call, depth: number, onOwned: () => void): typeof LATER {
    if (this.#owner === 0) {
      this.#own(call.client, depth);
      onOwned();
      return LATER;
    }
    return this.#line.add(call, { depth, onOwned }, (why, leave) => {
      if (why === "death") leave();
    });
  }

  left(client: number): void {
    if (this.#owner === client) this.#pass();
  }

  #own(client: number, depth: number): void {
    this.#owner = client;
    this.#depth = depth;
  }

  /** It is free, or the next's. */
  #pass(): void {
    const next = this.#line.shift();
    if (next === undefined) return this.#own(0, 0);
    this.#own(next.call.client, next.what.depth);
    next.what.onOwned();
  }
}
