/**
 * The engine of an Event: a flag that any number of processes wait for.
 *
 * ```
 * payload
 *   0     flag: 1 = set                                    atomic stores of anyone
 *   1     sets: how often it was set                       atomic add, after the flag
 *   2…10  wait queue
 * ```
 *
 * Who waits has seen a number of sets: a set that is cleared again before they run still ends their wait.
 */

import { WaitQueue, type Wanted } from "../family/futex.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_EVENT, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import { type Attachment, type Blueprint, type Named, SharedObject } from "../objects/object.ts";
import { type Waitable, waitable } from "../base/waitable.ts";

const FLAG = 0, SETS = 1, WAITERS = 2;

const blueprint: Blueprint = { label: "Event", kind: KIND_EVENT, words: WAITERS + WAIT_QUEUE_WORDS };

export class EventEngine extends SharedObject {
  readonly #waiters: WaitQueue;

  constructor(options?: Named | Attachment) {
    super(blueprint, options);
    this.#waiters = WaitQueue.at(this.family, this.segment, this.at + WAITERS);
  }

  set(): void {
    this.ensureOpen("set");
    Atomics.store(this.segment.i32, this.at + FLAG, 1);
    Atomics.add(this.segment.i32, this.at + SETS, 1);
    this.#waiters.wakeAll();
  }

  clear(): void {
    this.ensureOpen("clear");
    Atomics.store(this.segment.i32, this.at + FLAG, 0);
  }

  isSet(): boolean {
    this.ensureOpen("look at");
    return Atomics.load(this.segment.i32, this.at + FLAG) !== 0;
  }

  async wait(options?: WaitOptions): Promise<boolean> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    if (this.isSet()) {
      if (this.family.due()) await this.family.turn();
      return true;
    }
    const { i32 } = this.segment, sets = Atomics.load(i32, this.at + SETS);
    const isOver = () => Atomics.load(i32, this.at + FLAG) !== 0 || Atomics.load(i32, this.at + SETS) !== sets;
    const waiting: Wanted<true> = {
      ready: () => this.isClosed || isOver(),
      attempt: () => {
        this.ensureOpen("wait for");
        return isOver() ? true : undefined;
      },
      of: this,
    };
    return await this.#waiters.wait(waiting, limit, options?.signal) === true;
  }

  /** For wait(). */
  [waitable](): Waitable {
    // A set that is cleared again at once counts here as well.
    const { i32 } = this.segment, sets = Atomics.load(i32, this.at + SETS);
    return {
      isReady: () => this.isSet() || Atomics.load(i32, this.at + SETS) !== sets,
      whenReady: async (signal) => void await this.wait({ signal }),
    };
  }

  protected override onClose(): void {
    this.#waiters.expel(this, () => this.closedError("wait for"));
  }
}

registerCare(KIND_EVENT, { waitQueues: [WAITERS] });
