/** imap: an input that is read only a little ahead of its consumer, and results as they are wanted. */

import type { Deferred } from "./deferred.ts";
import { deferred } from "./deferred.ts";
import type { Call } from "./call.ts";
import type { Items } from "./options.ts";

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
}

interface Slot {
  outcome: { readonly values: unknown[] } | { readonly error: unknown } | undefined;
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
  readonly slots: Slot[] = [];
  readonly changed = new Signal();
  readonly #room = new Signal();
  readonly #plan: ImapPlan;
  readonly #call: Call;
  readonly #iterator: Iterator<unknown> | AsyncIterator<unknown>;
  #ahead = 0;
  #done = 0;
  #isStopped = false;
  isExhausted = false;
  /** The call was ended from outside: what is still due doesn't come. */
  isCancelled = false;
  /** Why there will be no more, if not because the input ended. */
  failure: { readonly error: unknown } | undefined;

  constructor(plan: ImapPlan) {
    this.#plan = plan;
    const { items } = plan;
    this.#call = plan.begin((error) => {
      this.isCancelled = true;
      this.#fail(error);
    });
    this.#iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  }

  async run(): Promise<void> {
    const { chunksize, buffersize } = this.#plan;
    try {
      while (!this.#isStopped) {
        if (this.#ahead > 0 && this.#ahead + chunksize > buffersize) {
          await this.#room.wait();
          continue;
        }
        const { chunk, isLast } = await this.#pull(chunksize);
        if (this.#isStopped) return;
        if (chunk.length > 0) this.#hand(chunk);
        if (isLast) break;
      }
    } catch (error) {
      return this.#fail(error);
    }
    this.isExhausted = true;
    this.changed.notify();
  }

  /** The consumer has had one item. */
  consumed(): void {
    this.#ahead--;
    this.#room.notify();
  }

  /** The consumer wants no more. */
  async stop(): Promise<void> {
    const wasStopped = this.#isStopped;
    this.#isStopped = true;
    this.#call.end();
    this.#room.notify();
    if (!wasStopped && !this.isExhausted) await this.#iterator.return?.();
  }

  async #pull(size: number): Promise<{ chunk: unknown[]; isLast: boolean }> {
    const chunk: unknown[] = [];
    while (chunk.length < size) {
      const step = this.#iterator.next();
      const { done, value } = step instanceof Promise ? await step : await step;
      if (done === true) return { chunk, isLast: true };
      chunk.push(value);
    }
    return { chunk, isLast: false };
  }

  #hand(chunk: unknown[]): void {
    const slot: Slot = { outcome: undefined };
    this.slots.push(slot);
    this.#ahead += chunk.length;
    this.#call.submitChunk(chunk, {
      done: (values) => {
        slot.outcome = { values };
        this.#done += chunk.length;
        try {
          this.#plan.onProgress?.(this.#done, undefined);
        } catch (error) {
          slot.outcome = { error };
        }
        this.#tell(slot);
      },
      failed: (error) => {
        slot.outcome = { error };
        this.#tell(slot);
      },
    });
  }

  #tell(slot: Slot): void {
    if (!this.#plan.isOrdered || this.slots[0] === slot) this.changed.notify();
  }

  #fail(error: unknown): void {
    this.failure ??= { error };
    this.isExhausted = true;
    this.changed.notify();
  }
}

/** Runs the plan. Ending the iteration early withdraws what isn't done and closes the input. */
export async function* runImap(plan: ImapPlan): AsyncGenerator<unknown, void, undefined> {
  const feeder = new Feeder(plan);
  const { slots } = feeder;
  void feeder.run();
  try {
    for (;;) {
      const index = plan.isOrdered ? 0 : slots.findIndex(({ outcome }) => outcome !== undefined);
      const outcome = slots[index]?.outcome;
      if (outcome !== undefined) {
        slots.splice(index, 1);
        if ("error" in outcome) throw outcome.error;
        for (const value of outcome.values) {
          yield value;
          feeder.consumed();
        }
      } else if (feeder.isExhausted && (slots.length === 0 || feeder.isCancelled)) {
        if (feeder.failure !== undefined) throw feeder.failure.error;
        return;
      } else await feeder.changed.wait();
    }
  } finally {
    await feeder.stop();
  }
}
