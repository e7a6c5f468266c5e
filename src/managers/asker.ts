/** A process that asks, as the server sees it: its calls that wait, and the answers on their way to it. */

import type { BatchQueue } from "../channels/batch_queue.ts";
import { eventually } from "../family/retries.ts";
import type { BatchWriter } from "../wire/batch.ts";
import { LARGE_FRAME } from "../wire/ring.ts";
import type { Call, GiveBack } from "./call.ts";
import { Kept } from "./kept.ts";
import { Outbox } from "./protocol.ts";

/** Something that was given with an answer. */
interface Given {
  /** Of the batch that the answer is in. */
  readonly batch: number;
  readonly value: unknown;
  readonly giveBack: GiveBack;
}

/** A client. Answers are collected until flush(). */
export class Asker {
  /** Its owner id. */
  readonly owner: number;
  /** Its calls that wait, by number. */
  readonly waiting: Map<number, Call> = new Map();
  readonly #replies: BatchQueue;
  readonly #outbox: Outbox;
  #batch: BatchWriter | undefined;
  /** Batches that were sent. */
  #sent = 0;
  /** The number of the first that could not be. */
  #lost = Infinity;
  /** What is to be taken back if it dies unread, the first first. */
  #given: Given[] = [];

  constructor(owner: number, replies: BatchQueue) {
    this.owner = owner;
    this.#replies = replies;
    this.#outbox = new Outbox(replies.family);
  }

  /** Adds an answer, which `write` writes; nothing is added if that throws. True: so much is collected that it is to be sent. */
  add(write: (batch: BatchWriter) => void): boolean {
    const batch = this.#batch ??= this.#outbox.begin();
    write(batch);
    return batch.length > LARGE_FRAME;
  }

  /** What the answer gives that was added last is taken back by `giveBack` if this dies before it has read it. */
  gives(value: unknown, giveBack: GiveBack): void {
    this.#given.push({ batch: this.#sent + 1, value, giveBack });
  }

  /**
   * Sends what is collected, and forgets what has been read; `onLost` is called when it can't be sent after all, for want of
   * memory.
   */
  flush(onLost: () => void): void {
    const batch = this.#batch;
    if (batch !== undefined) this.#send(batch, onLost);
    if (this.#given.length === 0) return;
    const read = this.#lastRead(), unread = this.#given.findIndex(({ batch }) => batch > read);
    this.#given.splice(0, unread < 0 ? this.#given.length : unread);
  }

  #send(batch: BatchWriter, onLost: () => void): void {
    this.#batch = undefined;
    const number = ++this.#sent;
    const lose = () => {
      this.#lost = Math.min(this.#lost, number);
      onLost();
    };
    try {
      this.#outbox.send(batch, this.#replies, lose);
    } catch {
      lose();
    }
  }

  /**
   * It is answered no more, because it has died or can't be answered. What it was given by answers that it doesn't read any more
   * is taken back (but for those that a stopped process keeps from its queue).
   */
  close(isDead: boolean): void {
    const read = isDead ? this.#lastRead() : this.#lost - 1;
    for (const { batch, value, giveBack } of this.#given.reverse()) {
      if (batch > read) giveBack(value instanceof Kept ? value.renewed() : value);
    }
    this.#given = [];
    eventually(() => {
      if (!isDead && !this.#replies.isClosed) this.#replies.shutdown(); // says so, and takes no memory
      this.end();
    });
  }

  /** The server ends. */
  end(): void {
    this.#replies.close(); // which has carried what was not read
  }

  /** The number of the last batch that it has taken out of its queue. */
  #lastRead(): number {
    return Math.min(this.#replies.isClosed ? this.#sent : this.#sent - this.#replies.qsize(), this.#lost - 1);
  }
}
