/**
 * What a manager's server and its clients say to each other. It travels in batches, because there the numbers of a message stay
 * readable when its value isn't: then that one call fails, and nothing else.
 *
 * ```
 *                  a                  b                      c           value
 * to the server    the client         HELLO                  0           the queue that takes the answers
 *                  the client         number of the call     object      a Call
 * back             number of the call FULFILLED, REJECTED    0           what came of it
 * ```
 */

import type { Family } from "../family/family.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import { BatchWriter } from "../wire/batch.ts";
import { LARGE_FRAME } from "../wire/ring.ts";

/** In place of the number of a call: a client's first message. */
export const HELLO = 0;
export const FULFILLED = 0, REJECTED = 1;

/** What a client wants of an object. */
export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The object that is the server itself: its methods create objects. */
export const SERVER = 0;

/** Sends batches; the writer of one is kept for the next, since making it takes a good part of what a call takes. */
export class Outbox {
  readonly #family: Family;
  #spare: BatchWriter | undefined;

  constructor(family: Family) {
    this.#family = family;
  }

  /** An empty batch, which nobody else writes: that may run code which sends something else meanwhile. */
  begin(): BatchWriter {
    const batch = this.#spare ?? new BatchWriter(this.#family);
    this.#spare = undefined;
    return batch;
  }

  /** Puts a batch that began here into a queue. */
  send(batch: BatchWriter, queue: BatchQueue): void {
    queue.putNowait(batch);
    if (batch.length > LARGE_FRAME) return;
    batch.clear();
    this.#spare = batch;
  }
}
