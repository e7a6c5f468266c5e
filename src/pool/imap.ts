/** imap: an input that is read only a little ahead of its consumer, and results as they are wanted. */

import { type Deferred, deferred } from "../base/deferred.ts";
import type { Call } from "./call.ts";
import type { Items } from "./options.ts";
import { isAsync } from "./options.ts";

/** What imap is to do. */
export interface ImapPlan {
  readonly items: Items<unknown>;
  readonly chunksize: number;
  /** Items that may be ahead of the consumer. */
  readonly buffersize: number;
  /** Results in the order of the input, else as they come. */
  readonly isOrdered: boolean;
  readonly onProgress: ((done: number, total: number | undefined) => void) | undefined;
  /** Begins the call; `onEnd` is called when it is ended from outside. */
  begin(onEnd: (error: unknown) => void): Call;
  /** A closed pool goes on until the function returned is called, or it says by `refuse` that it doesn't. */
  keepOpen(refuse: (error: unknown) => void): () => void;
}

/** What came of a chunk. */
type ChunkOutcome = { readonly values: unknown[] } | { readonly error: unknown };

/** A chunk that was handed in. */
interface Slot {
  outcome: ChunkOutcome | undefined;
}

/** A condition that one waits for and others signal. */
class Signal {
  #waiting: Deferred<void> | undefined;

  wait(): Promise<void> {
    return (this.#waiting ??= deferred<void>()).promise;
  }

  notify(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** Reads the input and hands it in, as far ahead as it may. */
class Feeder {
  /** What the consumer has not had: in the order of the input, or, when that doesn't matter, of the outcomes. */
  readonly #slots: Slot[] = [];
  readonly changed = new Signal();
  readonly #room = new Signal();
  readonly #plan: ImapPlan;
  readonly #call: Call;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  /** Items handed in, chunks without an outcome, items with one, and items that the consumer has not had. */
  #handed = 0;
  #due = 0;
  #done = 0;
  #ahead = 0;
  #isReading = false;
  #isStopped = false;
  /** No more is handed in: the input ended, or there is a failure. */
  isExhausted = false;
  /** The call was ended from outside: what is still due doesn't come. */
  #isCancelled = false;
  /** Why there will be no more, if not because the input ended. */
  failure: { readonly error: unknown } | undefined;

  constructor(plan: ImapPlan) {
    this.#plan = plan;
    this.#call = plan.begin((error) => {
      this.#isCancelled = true;
      this.fail(error);
    });
  }

  async run(): Promise<void> {
    const { items, chunksize, buffersize } = this.#plan;
    try {
      this.#iterator = isAsync(items) ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
      while (!this.isExhausted) {
        if (this.#ahead > 0 && this.#ahead + chunksize > buffersize) {
          await this.#room.wait();
          continue;
        }
        const chunk: unknown[] = [];
        let isLast = false;
        try {
          isLast = await this.#pull(chunk, chunksize);
        } finally {
          if (chunk.length > 0 && !this.isExhausted) this.#hand(chunk);
        }
        if (isLast) this.isExhausted = true;
      }
    } catch (error) {
      this.#iterator = undefined; // one that has failed isn't closed
      this.fail(error);
    }
    this.changed.notify();
  }

  /** Whether no more outcomes will come. */
  get isOver(): boolean {
    return this.isExhausted && (this.#isCancelled || this.#due + this.#slots.length === 0);
  }

  /** The next outcome for the consumer, if it is there. */
  next(): ChunkOutcome | undefined {
    const outcome = this.#slots[0]?.outcome;
    if (outcome !== undefined) this.#slots.shift();
    return outcome;
  }

  /** The consumer has had one item. */
  consumed(): void {
    this.#ahead--;
    this.#room.notify();
  }

  /** There will be no more; what was handed in still comes. */
  fail(error: unknown): void {
    if (!this.isExhausted || this.#isCancelled) this.failure ??= { error };
    this.isExhausted = true;
    this.#room.notify();
    this.changed.notify();
  }

  /** The consumer wants no more. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = this.isExhausted = true;
    this.#call.end();
    this.#room.notify();
    const closing = this.#iterator?.return?.();
    this.#iterator = undefined;
    // An input that has nothing yet may never have: it is told, but not waited for.
    if (this.#isReading) void Promise.resolve(closing).catch(() => {});
    else await closing;
  }

  /** Reads up to `size` items into `chunk`; true when these were the last. */
  async #pull(chunk: unknown[], size: number): Promise<boolean> {
    while (chunk.length < size && this.#iterator !== undefined && !this.isExhausted) {
      this.#isReading = true;
      const { done, value } = await this.#iterator.next();
      this.#isReading = false;
      if (done === true) {
        this.#iterator = undefined;
        return true;
      }
      chunk.push(value);
    }
    return false;
  }

  #hand(chunk: unknown[]): void {
    const slot: Slot = { outcome: undefined }, first = this.#handed;
    if (this.#plan.isOrdered) this.#slots.push(slot);
    this.#due++;
    this.#handed += chunk.length;
    this.#ahead += chunk.length;
    this.#call.submitChunk(chunk, first, {
      done: (values) => {
        this.#done += chunk.length;
        try {
          this.#plan.onProgress?.(this.#done, undefined);
        } catch (error) {
          return this.#settle(slot, { error });
        }
        this.#settle(slot, { values });
      },
      failed: (error) => this.#settle(slot, { error }),
    });
  }

  #settle(slot: Slot, outcome: ChunkOutcome): void {
    this.#due--;
    slot.outcome = outcome;
    if (!this.#plan.isOrdered) this.#slots.push(slot);
    if (this.#slots[0] === slot) this.changed.notify();
  }
}

/** Runs the plan. Ending the iteration early withdraws what isn't done and closes the input. */
export function runImap(plan: ImapPlan): AsyncGenerator<unknown, void, undefined> {
  // The pool may be closed, or even joined, before the first result is asked for.
  let feeder: Feeder | undefined, refused: { readonly error: unknown } | undefined;
  const release = plan.keepOpen((error) => {
    refused = { error };
    feeder?.fail(error);
    release();
  });
  return (async function* () {
    let isFailing = false;
    try {
      feeder = new Feeder(plan);
      if (refused !== undefined) feeder.fail(refused.error);
      void feeder.run();
      for (;;) {
        const outcome = feeder.next();
        if (outcome !== undefined) {
          if ("error" in outcome) throw outcome.error;
          for (const value of outcome.values) {
            yield value;
            feeder.consumed();
          }
        } else if (feeder.isOver) {
          if (feeder.failure !== undefined) throw feeder.failure.error;
          return;
        } else await feeder.changed.wait();
      }
    } catch (error) {
      isFailing = true;
      throw error;
    } finally {
      release();
      const stopped = feeder?.stop();
      await (isFailing ? stopped?.catch(() => {}) : stopped); // the first error counts, as in for await
    }
  })();
}
