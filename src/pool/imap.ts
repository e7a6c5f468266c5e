/** imap: an input that is read only a little ahead of its consumer, and results as they are wanted. */

import type { Task } from "./crew.ts";

/** Hands in one chunk; the task settles with an array of values. */
export type SubmitChunk = (items: unknown[], settle: Task["settle"]) => Task;

/** What imap is to do. */
export interface ImapPlan {
  readonly items: Iterable<unknown> | AsyncIterable<unknown>;
  readonly chunksize: number;
  /** Items that may be ahead of the consumer. */
  readonly buffersize: number;
  /** Results in the order of the input, else as they come. */
  readonly ordered: boolean;
  readonly submit: SubmitChunk;
}

interface Outcome {
  readonly ok: boolean;
  readonly value: unknown;
}

interface Slot {
  task: Task | undefined;
  outcome: Outcome | undefined;
  readonly size: number;
}

/** A condition that one waits for and others signal. */
class Signal {
  #waiting: PromiseWithResolvers<void> | undefined;

  wait(): Promise<void> {
    return (this.#waiting ??= Promise.withResolvers<void>()).promise;
  }

  notify(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }
}

/** Runs the plan. Ending the iteration early withdraws what isn't done and closes the input. */
export async function* runImap({ items, chunksize, buffersize, ordered, submit }: ImapPlan): AsyncGenerator<unknown> {
  const slots: Slot[] = [];
  const changed = new Signal();
  let ahead = 0, inputDone = false, stopped = false;
  let inputError: { readonly error: unknown } | undefined;

  const settled = (slot: Slot) => ordered ? slots[0] === slot : true;
  const next = (): Slot | undefined =>
    ordered ? slots[0]?.outcome !== undefined ? slots[0] : undefined : slots.find((slot) => slot.outcome !== undefined);

  const iterator = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  const room = new Signal();

  /** One chunk of the input, and whether it was the last. */
  const pull = async (): Promise<{ chunk: unknown[]; last: boolean }> => {
    const chunk: unknown[] = [];
    while (chunk.length < chunksize) {
      const step = await iterator.next();
      if (step.done === true) return { chunk, last: true };
      chunk.push(step.value);
    }
    return { chunk, last: false };
  };

  const feed = async (): Promise<void> => {
    try {
      while (!stopped) {
        if (ahead > 0 && ahead + chunksize > buffersize) {
          await room.wait();
          continue;
        }
        const { chunk, last } = await pull();
        if (chunk.length > 0 && !stopped) {
          const slot: Slot = { task: undefined, outcome: undefined, size: chunk.length };
          slots.push(slot);
          ahead += chunk.length;
          slot.task = submit(chunk, (ok, value) => {
            slot.outcome = { ok, value };
            if (settled(slot)) changed.notify();
          });
        }
        if (last) return;
      }
    } catch (error) {
      inputError = { error };
    } finally {
      inputDone = true;
      changed.notify();
    }
  };
  void feed();

  try {
    for (;;) {
      const slot = next();
      if (slot?.outcome !== undefined) {
        slots.splice(slots.indexOf(slot), 1);
        const { ok, value } = slot.outcome;
        if (!ok) throw value;
        for (const item of value as unknown[]) {
          yield item;
          ahead--;
          room.notify();
        }
      } else if (inputDone && slots.length === 0) {
        if (inputError !== undefined) throw inputError.error;
        return;
      } else await changed.wait();
    }
  } finally {
    stopped = true;
    room.notify();
    for (const { task } of slots) if (task !== undefined) task.withdrawn = true;
    if (!inputDone || inputError === undefined) await iterator.return?.();
  }
}
