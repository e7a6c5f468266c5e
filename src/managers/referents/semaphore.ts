/** The permits behind a SemaphoreProxy. */

import { MisuseError } from "../../errors/base.ts";
import { type Call, LATER } from "../call.ts";
import { Line } from "./line.ts";
import type { CallMethods, Methods, Referent } from "./referent.ts";

/** Most permits of a semaphore that isn't bounded: CPython's SEM_VALUE_MAX. */
const LIMIT = 0x7fff_ffff;

/**
 * A semaphore. `acquire` takes a permit for good, CPython's way: anybody may release it. `hold` takes one that is the client's,
 * and comes back with its `release` or its death.
 */
export class SemaphoreReferent implements Referent {
  #free: number;
  readonly #most: number;
  /** Each with whether its permit is to be the client's. */
  readonly #line = new Line<boolean>();
  /** Permits of each client that are its own. */
  readonly #held = new Map<number, number>();

  readonly methods: Methods = { getValue: () => this.#free };
  readonly callMethods: CallMethods = {
    acquire: (call: Call, waits: boolean, isHeld: boolean) => this.#acquire(call, waits, isHeld),
    release: (call: Call, isHeld: boolean) => this.#release(call.client, isHeld),
  };

  constructor(value: number, isBounded: boolean) {
    if (!Number.isInteger(value) || value < 0 || value > LIMIT) {
      throw new RangeError(
        `Cannot create a Semaphore: its value is ${String(value)}, it takes an integer from 0 to ${LIMIT}`,
      );
    }
    this.#free = value;
    this.#most = isBounded ? value : LIMIT;
  }

  left(client: number): void {
    const count = this.#held.get(client) ?? 0;
    this.#held.delete(client);
    // Somebody may have released them already, as anybody may.
    for (let i = 0; i < count && this.#free < this.#most; i++) this.#give();
  }

  #acquire(call: Call, waits: boolean, isHeld: boolean): unknown {
    if (this.#free > 0) {
      this.#free--;
      this.#grant(call, isHeld);
      return LATER;
    }
    if (!waits) return false;
    return this.#line.add(call, isHeld, (_why, leave) => {
      leave();
      call.reply(false);
    });
  }

  #release(client: number, isHeld: boolean): void {
    if (isHeld) this.#count(client, -1);
    if (this.#free >= this.#most) {
      throw new MisuseError(`Cannot release the semaphore: it has all of its ${this.#most} permits already`);
    }
    this.#give();
  }

  #count(client: number, by: number): void {
    const count = (this.#held.get(client) ?? 0) + by;
    if (count > 0) this.#held.set(client, count);
    else this.#held.delete(client);
  }

  /** One permit more, or the next's. */
  #give(): void {
    const next = this.#line.shift();
    if (next === undefined) return void this.#free++;
    this.#grant(next.call, next.what);
  }

  #grant(call: Call, isHeld: boolean): void {
    if (!isHeld) return call.reply(true, () => this.#give());
    this.#count(call.client, 1);
    call.reply(true, () => {
      if (!this.#held.has(call.client)) return; // it came back with the client's death
      this.#count(call.client, -1);
      this.#give();
    });
  }
}
