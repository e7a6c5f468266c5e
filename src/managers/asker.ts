/** A process that asks, as the server sees it: its calls that wait, and the answers on their way to it. */

import type { BatchQueue } from "../channels/batch_queue.ts";
import { eventually } from "../family/retries.ts";
import type { BatchWriter } from "../wire/batch.ts";
import { LARGE_FRAME } from "../wire/ring.ts";
import type { Call, GiveBack } from "./call.ts";
import { Kept } from "./kept.ts";
import { addError, failure, Outbox } from "./protocol.ts";

/** A batch of answers. */
interface Batch {
  /** Its place in the client's queue: how many were sent until it was. */
  place: number;
  /** The numbers of the calls that it answers. */
  readonly calls: number[];
}

/** Something that was given with an answer. */
interface Given {
  /** The batch that the answer is in. */
  readonly batch: Batch;
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
  #writer: BatchWriter | undefined;
  /** What is collected, with #writer. */
  #next: Batch = { place: 0, calls: [] };
  /** Batches that were sent. */
  #sent = 0;
  /** Those of them that may not be read yet. */
  readonly #unread = new Set<Batch>();
  /** The number of the first that could not be. */
  #lost = Infinity;
  /** What is to be taken back if it dies unread, the first first. */
  #given: Given[] = [];

  constructor(owner: number, replies: BatchQueue) {
    this.owner = owner;
    this.#replies = replies;
    this.#outbox = new Outbox(replies.family);
  }

  /**
   * Adds the answer to that call, which `write` writes; nothing is added if that throws. True: so much is collected that it is to
   * be sent.
   */
  add(call: number, write: (batch: BatchWriter) => void): boolean {
    const writer = this.#writer ??= this.#outbox.begin();
    write(writer);
    this.#next.calls.push(call);
    return writer.length > LARGE_FRAME;
  }

  /** What the answer gives that was added last is taken back by `giveBack` if this dies before it has read it. */
  gives(value: unknown, giveBack: GiveBack): void {
    this.#given.push({ batch: this.#next, value, giveBack });
  }

  /**
   * Sends what is collected, and forgets what has been read. What finds no memory is answered by an error; `onLost` is called
   * when there is none for that either.
   */
  flush(onLost: () => void): void {
    const writer = this.#writer;
    if (writer !== undefined) {
      const batch = this.#next;
      this.#writer = undefined;
      this.#next = { place: 0, calls: [] };
      this.#send(writer, batch, (error) => this.#lose(batch, error, onLost));
    }
    const read = this.#lastRead();
    for (const batch of this.#unread) if (batch.place <= read) this.#unread.delete(batch);
    this.#given = this.#given.filter(({ batch }) => this.#unread.has(batch) || batch === this.#next);
  }

  #send(writer: BatchWriter, batch: Batch, lose: (error: unknown) => void): void {
    batch.place = ++this.#sent;
    this.#unread.add(batch);
    try {
      this.#outbox.send(writer, this.#replies, lose);
    } catch (error) {
      lose(error);
    }
  }

  /** That batch couldn't be sent: its calls are told why, and what it gives goes back. */
  #lose(lost: Batch, error: unknown, onLost: () => void): void {
    const given = this.#given.filter(({ batch }) => batch === lost);
    this.#given = this.#given.filter(({ batch }) => batch !== lost);
    this.#unread.delete(lost);
    for (const batch of this.#unread) if (batch.place > lost.place) batch.place--;
    this.#sent--;
    const writer = this.#outbox.begin(), told: Batch = { place: 0, calls: lost.calls };
    const reason = failure("Cannot send the result", error);
    for (const call of lost.calls) addError(writer, call, reason);
    this.#send(writer, told, () => {
      this.#lost = Math.min(this.#lost, told.place);
      onLost();
    });
    takeBack(given);
  }

  /**
   * It is answered no more, because it has died or can't be answered. What it was given by answers that it doesn't read any more
   * is taken back.
   */
  close(isDead: boolean): void {
    const read = isDead ? this.#lastRead() : this.#lost - 1;
    takeBack(this.#given.filter(({ batch }) => batch === this.#next || batch.place > read));
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
    return Math.min(this.#replies.isClosed ? this.#sent : this.#sent - this.#replies.unread, this.#lost - 1);
  }
}

/** The last first, so that what was the first is it again. */
function takeBack(given: Given[]): void {
  for (const { value, giveBack } of given.reverse()) giveBack(value instanceof Kept ? value.renewed() : value);
}
