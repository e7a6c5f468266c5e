/**
 * The engine of a JoinableQueue: a queue that knows when everything that was put has been dealt with.
 *
 * ```
 * payload: a queue's, then
 *   +0      unfinished: items whose taskDone() is due        under the queue's lock; a put adds one in its own commit
 *   +1…9    wait queue of those who join
 * ```
 */

import { MisuseError } from "../errors/base.ts";
import { WaitQueue, type Wanted } from "../family/futex.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_JOINABLE_QUEUE, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import type { Attachment } from "../objects/object.ts";
import { QueueEngine } from "./queue_engine.ts";
import { QUEUE_WORDS, queueCare, type QueueOptions } from "./queue_layout.ts";

const UNFINISHED = QUEUE_WORDS, JOINERS = UNFINISHED + 1, WORDS = JOINERS + WAIT_QUEUE_WORDS;

export class JoinableQueueEngine<T = unknown> extends QueueEngine<T> {
  readonly #joiners: WaitQueue;

  constructor(options?: number | QueueOptions | Attachment) {
    super(options, { kind: KIND_JOINABLE_QUEUE, words: WORDS });
    this.#joiners = WaitQueue.at(this.family, this.segment, this.at + JOINERS);
  }

  taskDone(): void {
    this.ensureOpen("finish an item of");
    if (!this.#finish()) {
      throw new MisuseError(`Cannot finish an item of ${this.title}: taskDone() was called too many times`);
    }
  }

  async join(options?: WaitOptions): Promise<boolean> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.ensureOpen("join");
    if (this.#isDone()) {
      if (this.family.due()) await this.family.turn();
      return true;
    }
    const joining: Wanted<true> = {
      ready: () => this.isClosed || this.#isDone(),
      attempt: () => {
        this.ensureOpen("join");
        return this.#isDone() ? true : undefined;
      },
      of: this,
    };
    return await this.#joiners.wait(joining, limit, options?.signal) === true;
  }

  protected override stagePut(): void {
    const { i32, start } = this.segment, word = this.at + UNFINISHED;
    this.robustLock.stage(start + word, (i32[word] as number) + 1);
  }

  protected override stageDiscard(): void {
    const { i32, start } = this.segment, word = this.at + UNFINISHED;
    this.robustLock.stage(start + word, Math.max(0, (i32[word] as number) - 1));
  }

  protected override onDiscard(): void {
    if (this.#isDone()) this.#joiners.wakeAll();
  }

  protected override onClose(): void {
    super.onClose();
    this.#joiners.expel(this, () => this.closedError("join"));
  }

  #isDone(): boolean {
    return Atomics.load(this.segment.i32, this.at + UNFINISHED) === 0;
  }

  /** One item less is due; false when none was. */
  #finish(): boolean {
    const { i32, start } = this.segment, word = this.at + UNFINISHED;
    const left = this.robustLock.with(() => {
      const left = (i32[word] as number) - 1;
      if (left >= 0) {
        this.robustLock.stage(start + word, left);
        this.robustLock.commit();
      }
      return left;
    });
    if (left === 0) this.#joiners.wakeAll();
    return left >= 0;
  }
}

registerCare(KIND_JOINABLE_QUEUE, queueCare(JOINERS));
