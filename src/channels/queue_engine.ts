/** The engine of a Queue: values between any number of producers and consumers, in order, exactly once. */

import { ClosedError } from "../errors/base.ts";
import { Empty, Full } from "../errors/outcomes.ts";
import { WaitQueue, type Wanted } from "../family/futex.ts";
import { type BlockOptions, limitOf } from "../base/wait_options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_QUEUE } from "../memory/layout.ts";
import { Attachment, SharedObject } from "../objects/object.ts";
import { ensureOptions } from "../base/options.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { type Waitable, waitable } from "../base/waitable.ts";
import { discardFrame, discardParcel, keepParcel, openFrame, packParcel, storeParcel } from "../wire/parcels.ts";
import { type Frame, type Parcel, Ring } from "../wire/ring.ts";
import {
  blueprintFor,
  FLAGS,
  GETTERS,
  LOCK,
  MAXSIZE,
  maxsizeOf,
  plainQueue,
  PUTTERS,
  queueCare,
  type QueueOptions,
  type QueuePlan,
  RING,
  SHUT_DOWN,
} from "./queue_layout.ts";

/** A box, so that an item that is `undefined` isn't taken for "nothing yet". */
export interface Taken<T> {
  readonly item: T;
}

export class QueueEngine<T = unknown> extends SharedObject {
  /** For subclasses: guards the payload. */
  protected readonly robustLock: RobustLock;
  readonly #ring: Ring;
  readonly #getters: WaitQueue;
  readonly #putters: WaitQueue;
  readonly #maxsize: number;
  readonly #getting: Wanted<Taken<T>>;
  /** What was put soon, and is kept here still. */
  readonly #kept = new Set<Parcel>();
  /** Resolves when what was kept last is put, or can't be. */
  #lastArrival: Promise<void> | undefined;

  constructor(options?: number | QueueOptions | Attachment, plan: QueuePlan = plainQueue) {
    // Whatever isn't an object was meant as a size, and is checked as one.
    const plain = typeof options === "object" && options !== null
      ? options
      : { maxsize: options === undefined ? 0 : options };
    super(blueprintFor(plain instanceof Attachment ? 0 : maxsizeOf(plain), plan), plain);
    const { family, segment, at } = this;
    this.robustLock = new RobustLock(family.arena, family, segment, at + LOCK, "a queue");
    this.#ring = new Ring(family, this.robustLock, segment, at + RING);
    this.#getters = WaitQueue.at(family, segment, at + GETTERS);
    this.#putters = WaitQueue.at(family, segment, at + PUTTERS);
    this.#maxsize = segment.i32[at + MAXSIZE] as number;
    this.#getting = {
      ready: () => this.#ring.count > 0 || this.#isShutDown() || this.isClosed,
      attempt: () => this.#take(),
      of: this,
    };
  }

  // put() and get() aren't async functions: in JavaScriptCore what goes at once takes longer in one.
  put(item: T, options?: BlockOptions): Promise<void> {
    try {
      const limit = limitOf(options);
      options?.signal?.throwIfAborted();
      this.ensureOpen("put into");
      const parcel = this.pack(item);
      if (!this.#putNow(parcel, this.#appendSoon)) return this.#putLater(parcel, limit, options?.signal);
      return this.family.due() ? this.family.turn() : Promise.resolve();
    } catch (error) {
      return Promise.reject(error);
    }
  }

  putNowait(item: T): void {
    this.ensureOpen("put into");
    const parcel = this.pack(item), { busy } = this.#putters;
    if (this.#putNow(parcel, this.#append)) return;
    discardParcel(this.family, parcel);
    throw this.#fullError(busy);
  }

  /** False = it has to wait, and is the caller's still. */
  #putNow(parcel: Parcel, append: (parcel: Parcel) => boolean): boolean {
    try {
      return !this.#putters.busy && append(parcel);
    } catch (error) {
      discardParcel(this.family, parcel);
      throw error;
    }
  }

  async #putLater(parcel: Parcel, limit: number, signal: AbortSignal | undefined): Promise<void> {
    let kept = parcel, sent = false;
    try {
      kept = keepParcel(parcel);
      sent = await this.#appendLater(kept, limit, signal);
    } finally {
      if (!sent) discardParcel(this.family, kept);
    }
    if (!sent) throw this.#fullError(true);
  }

  get(options?: BlockOptions): Promise<T> {
    try {
      const limit = limitOf(options);
      options?.signal?.throwIfAborted();
      this.ensureOpen("get from");
      let taken = this.takeIfFree();
      // Spun for here: what comes at once needs no promise.
      if (taken === undefined && limit > 0) taken = this.#getters.spin(this.#getting);
      if (taken === undefined) return this.#getLater(limit, options?.signal);
      const { item } = taken;
      return this.family.due() ? this.family.turn().then(() => item) : Promise.resolve(item);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async #getLater(limit: number, signal: AbortSignal | undefined): Promise<T> {
    const taken = await this.#getters.sleep(this.#getting, limit, signal);
    if (taken === undefined) throw this.#emptyError(true);
    return taken.item;
  }

  getNowait(): T {
    const { busy } = this.#getters, taken = busy ? undefined : this.#take();
    if (taken === undefined) throw this.#emptyError(busy);
    return taken.item;
  }

  qsize(): number {
    this.ensureOpen("look at");
    return this.#ring.count;
  }

  empty(): boolean {
    return this.qsize() === 0;
  }

  full(): boolean {
    const size = this.qsize();
    return this.#maxsize > 0 && size >= this.#maxsize;
  }

  shutdown(options?: { immediate?: boolean }): void {
    this.ensureOpen("shut down");
    ensureOptions(options, `shut down ${this.title}`, { boolean: "immediate" });
    this.robustLock.with(() => {
      this.robustLock.stage(this.segment.start + this.at + FLAGS, SHUT_DOWN);
      this.robustLock.commit();
    });
    if (options?.immediate === true) { while (this.discard()); }
    this.#getters.wakeAll();
    this.#putters.wakeAll();
  }

  /** Items as they come, until the queue is shut down and drained. */
  async *items(): AsyncIterableIterator<T> {
    for (;;) {
      let item: T;
      try {
        item = await this.get();
      } catch (error) {
        if (error instanceof ClosedError && !this.isClosed) return;
        throw error;
      }
      yield item;
    }
  }

  /** For wait(). */
  [waitable](): Waitable {
    const isReady = () => {
      this.ensureOpen("wait for");
      return this.#ring.count > 0 || this.#isShutDown();
    };
    const waiting: Wanted<true> = {
      ready: () => this.isClosed || isReady(),
      attempt: () => isReady() ? true : undefined,
      of: this,
    };
    return { isReady, whenReady: async (signal) => void await this.#getters.wait(waiting, Infinity, signal) };
  }

  protected override onClose(): void {
    this.#getters.expel(this, () => this.closedError("get from"));
    this.#putters.expel(this, () => this.closedError("put into"));
  }

  #isShutDown(): boolean {
    return (Atomics.load(this.segment.i32, this.at + FLAGS) & SHUT_DOWN) !== 0;
  }

  readonly #hasItem = (): boolean => this.#ring.count > 0;
  readonly #hasRoom = (): boolean => this.#maxsize === 0 || this.#ring.count < this.#maxsize;

  /** `mayBeStalled`: it is known from attempts of awaited calls alone. */
  #fullError(mayBeStalled: boolean): Full {
    const doing = `Cannot put into ${this.title}`, isFull = `it is full (${this.#maxsize} items)`;
    return mayBeStalled ? new Full(...this.#putters.whyNot(doing, isFull)) : new Full(`${doing}: ${isFull}`);
  }

  #emptyError(mayBeStalled: boolean): Empty {
    const doing = `Cannot get from ${this.title}`, isEmpty = "it is empty";
    return mayBeStalled ? new Empty(...this.#getters.whyNot(doing, isEmpty)) : new Empty(`${doing}: ${isEmpty}`);
  }

  /** False = no room. */
  readonly #append = (parcel: Parcel): boolean => {
    const lock = this.robustLock;
    lock.isCommitted = false;
    try {
      storeParcel(this.family, parcel);
      lock.lock();
      try {
        if (this.#isShutDown()) throw new ClosedError(`Cannot put into ${this.title}: it is shut down`);
        if (!this.#hasRoom()) return false;
        this.#ring.push(parcel);
        this.stagePut();
        lock.commit();
      } finally {
        lock.isInside = false;
        lock.unlock();
      }
      this.#getters.wake(this.#hasItem);
    } catch (error) {
      // It is in the queue: the caller must not take it back. Whoever wasn't woken looks at its family's next tick.
      if (!lock.isCommitted) throw error;
    }
    return true;
  };

  /** False also when a stopped process is in the way. */
  readonly #appendSoon = (parcel: Parcel): boolean => this.#putters.attemptFirst(this.#append, parcel) === true;

  /**
   * For subclasses without a `maxsize`: puts, without waiting; while a stopped process is in the way, it is kept here, and goes
   * with this handle if that is closed first. `onLost` is told why one that was kept can't be put after all.
   */
  protected putSoon(item: T, onLost: (error: unknown) => void): void {
    this.ensureOpen("put into");
    const parcel = this.pack(item);
    if (this.#putNow(parcel, this.#appendSoon)) return;
    const kept = keepParcel(parcel);
    this.#kept.add(kept);
    const arrival = this.#appendLater(kept, Infinity, undefined).then(() => {}, (error: unknown) => {
      this.#kept.delete(kept);
      try {
        // Whoever closes or shuts down the queue meanwhile doesn't want it to arrive.
        if (!(error instanceof ClosedError)) onLost(error);
      } finally {
        discardParcel(this.family, kept); // last: who is told may take back what is in it
      }
    });
    // They go in the order in which they came: the last stands for all.
    this.#lastArrival = arrival;
  }

  /** For subclasses: how many are kept here of what was put soon. */
  protected get keptCount(): number {
    return this.#kept.size;
  }

  /** For subclasses: resolves when nothing is kept here any more of what was put soon. */
  protected async allPut(): Promise<void> {
    // What is told of one that was lost may put another.
    for (let last; last !== this.#lastArrival;) await (last = this.#lastArrival);
  }

  async #appendLater(parcel: Parcel, limit: number, signal: AbortSignal | undefined): Promise<boolean> {
    const putting: Wanted<true> = {
      ready: () => this.#hasRoom() || this.#isShutDown() || this.isClosed,
      attempt: () => {
        this.ensureOpen("put into");
        if (!this.#append(parcel)) return undefined;
        this.#kept.delete(parcel);
        return true;
      },
      of: this,
    };
    return await this.#putters.wait(putting, limit, signal) === true;
  }

  #take(): Taken<T> | undefined {
    this.ensureOpen("get from");
    // Asked before the look into the queue: what was put before the shutdown is still taken.
    const isOver = this.#isShutDown();
    if (this.#ring.count === 0 && !isOver) return undefined;
    const frame = this.#shift();
    if (frame === undefined) {
      if (isOver) throw new ClosedError(`Cannot get from ${this.title}: it is shut down and empty`);
      return undefined;
    }
    return { item: this.open(frame) };
  }

  /** For subclasses: the oldest item; undefined when there is none now, or a stopped process is in the way. */
  protected takeIfFree(): Taken<T> | undefined {
    return this.#getters.busy ? undefined : this.#getters.attempt(this.#getting);
  }

  /** For subclasses: throws the oldest item away; false when there is nothing now. */
  protected readonly discard = (): boolean => {
    const frame = this.#shift(true);
    if (frame === undefined) return false;
    discardFrame(this.family, frame);
    this.onDiscard();
    return true;
  };

  /** For subclasses: an item as a parcel. */
  protected pack(item: T): Parcel {
    return packParcel(this.family, item, "item");
  }

  /** For subclasses: the item in a frame. */
  protected open(frame: Frame): T {
    return openFrame(this.family, frame) as T;
  }

  /** For subclasses: stages what else changes with a put. */
  protected stagePut(): void {}

  /** For subclasses: waits as getters do, for something that comes beside the items. */
  protected async waitBeside(awaited: Wanted<true>, signal: AbortSignal): Promise<void> {
    if (awaited.attempt() ?? this.#getters.spin(awaited)) {
      if (this.family.due()) await this.family.turn();
    } else await this.#getters.sleep(awaited, Infinity, signal);
  }

  /** For subclasses: such a thing has come; `isDue` tells whether it is still to be had. */
  protected wakeBeside(isDue: () => boolean): void {
    this.#getters.wake(isDue);
  }

  /** For subclasses: stages what else changes when an item is thrown away. */
  protected stageDiscard(): void {}

  /** For subclasses: an item was thrown away. */
  protected onDiscard(): void {}

  #shift(isDiscarded = false): ReturnType<Ring["shift"]> | undefined {
    const lock = this.robustLock;
    lock.isCommitted = false;
    let frame: ReturnType<Ring["shift"]> | undefined;
    try {
      lock.lock();
      try {
        if (this.#ring.count === 0) return undefined;
        frame = this.#ring.shift();
        if (isDiscarded) this.stageDiscard();
        lock.commit();
      } finally {
        lock.isInside = false;
        lock.unlock();
      }
      if (this.#maxsize > 0) this.#putters.wake(this.#hasRoom);
    } catch (error) {
      // It is out of the queue: what is left is to deliver it.
      if (!lock.isCommitted) throw error;
    }
    return frame;
  }
}

registerCare(KIND_QUEUE, queueCare());
