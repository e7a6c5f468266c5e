/** The engine of everything that can be held: acquire, hold, with, and waiting for it. */

import { MisuseError } from "../errors/base.ts";
import { TimeoutError } from "../errors/outcomes.ts";
import { WaitQueue, type Wanted } from "../family/futex.ts";
import { type BlockOptions, limitOf, type WaitOptions } from "../base/wait_options.ts";
import { type Attachment, type Blueprint, type Named, SharedObject } from "../objects/object.ts";
import type { Acquirable, Held } from "./acquirable.ts";

/** An engine that is acquired by taking from one word of memory. */
export abstract class AcquirableEngine extends SharedObject implements Acquirable {
  protected readonly waiters: WaitQueue;
  readonly #awaited: Wanted<true>;

  /** `waiters` and `turns` are the offsets of its wait queue and turns in the payload. */
  constructor(blueprint: Blueprint, source: Attachment | Named | undefined, waiters: number, turns: number) {
    super(blueprint, source);
    this.waiters = WaitQueue.at(this.family, this.segment, this.at + waiters, this.at + turns);
    this.#awaited = {
      ready: () => this.isFree() || this.isClosed,
      attempt: () => {
        this.ensureOpen("acquire");
        return this.take() ? true : undefined;
      },
      blockers: () => this.holders(),
      of: this,
    };
  }

  /** Takes it if it is there. */
  protected abstract take(): boolean;
  /** As take(), for a caller that can come again: false also when a stopped process is in the way. */
  protected takeSoon(): boolean {
    return this.take();
  }
  /** A look without taking. */
  protected abstract isFree(): boolean;
  /** Owner ids of those who have it now. */
  protected abstract holders(): Iterable<number>;
  /** Whether the acquisition that this process has was left behind by a dead holder. */
  abstract get abandoned(): boolean;
  abstract release(): void;

  async acquire(options?: BlockOptions): Promise<boolean> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.ensureOpen("acquire");
    if (!this.waiters.crowded && this.takeSoon()) {
      if (this.family.due()) await this.family.turn();
      return true;
    }
    return await this.waiters.wait(this.#awaited, limit, options?.signal) === true;
  }

  acquireNowait(): boolean {
    this.ensureOpen("acquire");
    return !this.waiters.crowded && this.take();
  }

  async hold(options?: WaitOptions): Promise<Held> {
    if (await this.acquire(options)) {
      // What was held when the handle was closed went back then.
      return new Holding(() => this.abandoned, () => this.isClosed || this.release());
    }
    throw new TimeoutError(`Cannot hold ${this.title}: it was not free within ${options?.timeout} ms`);
  }

  async with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R> {
    this.ensureFunction(fn);
    const held = await this.hold(options);
    try {
      return await fn(held);
    } finally {
      held[Symbol.dispose]();
    }
  }

  /** MisuseError unless with() was given something that it can run. */
  protected ensureFunction(fn: unknown): void {
    if (typeof fn === "function") return;
    throw new MisuseError(`Cannot run with ${this.title}: the first argument is not a function`);
  }

  protected override onClose(): void {
    this.waiters.expel(this, () => this.closedError("acquire"));
  }
}

/** What hold() resolves to: `giveBack` runs once. */
export class Holding implements Held {
  readonly #isAbandoned: () => boolean;
  #abandoned: boolean;
  #giveBack: (() => void) | undefined;

  constructor(isAbandoned: () => boolean, giveBack: () => void) {
    this.#isAbandoned = isAbandoned;
    this.#abandoned = isAbandoned();
    this.#giveBack = giveBack;
  }

  /** May change while it is held: a condition's wait() releases and acquires. */
  get abandoned(): boolean {
    if (this.#giveBack !== undefined) this.#abandoned = this.#isAbandoned();
    return this.#abandoned;
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.();
  }
}
