/** The queue behind a QueueProxy or a JoinableQueueProxy. */

import { ClosedError, MisuseError } from "../../errors/base.ts";
import { Empty, Full } from "../../errors/outcomes.ts";
import { type Call, LATER } from "../call.ts";
import { drop } from "../kept.ts";
import { Fifo } from "./fifo.ts";
import { Line } from "./line.ts";
import type { CallMethods, Methods, Referent } from "./referent.ts";

/** Items, in order. There are getters in line only when there is no item, and putters only when there is no room. */
export class QueueReferent implements Referent {
  /** Infinity = no limit. */
  readonly #maxsize: number;
  readonly #items = new Fifo<unknown>();
  readonly #getters = new Line();
  /** Each with its item. */
  readonly #putters = new Line<unknown>();
  readonly #joiners = new Line();
  /** Items that were put and not reported done. */
  #unfinished = 0;
  #isShutDown = false;
  /** It was shut down at once. */
  #throwsAway = false;

  readonly methods: Methods = {
    giveBack: (item: unknown) => this.#giveBack(item),
    qsize: () => this.#items.length,
    empty: () => this.#items.length === 0,
    full: () => this.#items.length >= this.#maxsize,
    shutdown: (immediate: boolean) => this.#shutDown(immediate),
    taskDone: () => this.#taskDone(),
  };
  readonly callMethods: CallMethods = {
    put: (call: Call, item: unknown, waits: boolean) => this.#put(call, item, waits),
    get: (call: Call, waits: boolean) => this.#get(call, waits),
    join: (call: Call, waits: boolean) => this.#join(call, waits),
  };

  constructor(maxsize: number) {
    if (!Number.isInteger(maxsize)) {
      throw new MisuseError(`Cannot create a Queue: maxsize is ${String(maxsize)}, it takes an integer`);
    }
    this.#maxsize = maxsize > 0 ? maxsize : Infinity;
  }

  dispose(): void {
    for (const item of this.#items.takeAll()) drop(item);
  }

  #put(call: Call, item: unknown, waits: boolean): unknown {
    if (this.#isShutDown) {
      drop(item);
      throw new ClosedError("Cannot put into the queue: it is shut down");
    }
    if (this.#items.length < this.#maxsize) return this.#add(item);
    if (!waits) {
      drop(item);
      throw this.#fullError();
    }
    return this.#putters.add(call, item, (_why, leave) => {
      leave();
      drop(item);
      call.fail(this.#fullError());
    });
  }

  /** There is room. */
  #add(item: unknown): void {
    this.#unfinished++;
    const getter = this.#getters.shift();
    if (getter === undefined) return this.#items.push(item);
    this.#hand(getter.call, item);
  }

  #hand(call: Call, item: unknown): void {
    call.reply(item, (item) => this.#giveBack(item));
    drop(item);
  }

  #get(call: Call, waits: boolean): unknown {
    if (this.#items.length > 0) {
      const item = this.#items.shift();
      // What was given back may be more than there is room for.
      const putter = this.#items.length < this.#maxsize ? this.#putters.shift() : undefined;
      if (putter !== undefined) {
        this.#add(putter.what);
        putter.call.reply(undefined);
      }
      this.#hand(call, item);
      return LATER;
    }
    if (this.#isShutDown) throw endError();
    if (!waits) throw emptyError();
    return this.#getters.add(call, undefined, (_why, leave) => {
      leave();
      call.fail(emptyError());
    });
  }

  /** An item that a client took, and doesn't want after all or hasn't lived to see, is the first again. */
  #giveBack(item: unknown): void {
    if (this.#throwsAway) return this.#throwAway(item);
    const getter = this.#getters.shift();
    if (getter === undefined) this.#items.unshift(item);
    else this.#hand(getter.call, item);
  }

  #shutDown(immediate: boolean): void {
    this.#isShutDown = true;
    for (const { call, what: item } of this.#putters.takeAll()) {
      drop(item);
      call.fail(new ClosedError("Cannot put into the queue: it is shut down"));
    }
    for (const { call } of this.#getters.takeAll()) call.fail(endError());
    if (!immediate) return;
    this.#throwsAway = true;
    for (const item of this.#items.takeAll()) this.#throwAway(item);
  }

  #throwAway(item: unknown): void {
    drop(item);
    if (this.#unfinished > 0) this.#unfinished--;
    this.#lookFinished();
  }

  #taskDone(): void {
    if (this.#unfinished === 0) {
      throw new MisuseError("Cannot report a task done: all that were put are reported already");
    }
    this.#unfinished--;
    this.#lookFinished();
  }

  #lookFinished(): void {
    if (this.#unfinished > 0) return;
    for (const { call } of this.#joiners.takeAll()) call.reply(true);
  }

  #join(call: Call, waits: boolean): unknown {
    if (this.#unfinished === 0 || !waits) return this.#unfinished === 0;
    return this.#joiners.add(call, undefined, (_why, leave) => {
      leave();
      call.reply(false);
    });
  }

  #fullError(): Full {
    return new Full(`Cannot put into the queue: it is full (${this.#maxsize} items)`);
  }
}

function emptyError(): Empty {
  return new Empty("Cannot get from the queue: it is empty");
}

function endError(): ClosedError {
  return new ClosedError("Cannot get from the queue: it is shut down and empty");
}
