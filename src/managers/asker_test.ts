/** Tests of the answers on their way to a client, where some find no memory. */

import assert from "node:assert/strict";
import test from "node:test";
import { BatchQueue } from "../channels/batch_queue.ts";
import { withMethod } from "../family/families.ts";
import type { BatchWriter } from "../wire/batch.ts";
import { Asker } from "./asker.ts";
import { addValue, answeredIn, isThrown } from "./protocol.ts";

const noMemory = new RangeError("no memory");

/** A client's queue, in which batches may find no memory: at once, or when a stopped process goes on. */
class Replies extends BatchQueue {
  /** What becomes of the next batches; none left: they are put. */
  readonly fates: ("refused" | "kept")[] = [];
  readonly #kept: (() => void)[] = [];

  override send(writer: BatchWriter, onLost: (error: unknown) => void): void {
    const fate = this.fates.shift();
    if (fate === "refused") throw noMemory;
    if (fate === "kept") this.#kept.push(() => onLost(noMemory));
    else super.send(writer, onLost);
  }

  override get unread(): number {
    return super.unread + this.#kept.length;
  }

  /** What was kept the longest finds no memory. */
  lose(): void {
    this.#kept.shift()?.();
  }

  /** The calls that the oldest batch answers, and what is said of each. */
  read(): unknown[] {
    return (this.takeNow() ?? []).map((answer) => [
      answeredIn(answer),
      isThrown(answer) ? (answer.value as Error).message : answer.value,
    ]);
  }
}

function asking(): { replies: Replies; asker: Asker; back: unknown[]; give(...calls: number[]): void } {
  const replies = withMethod("worker", () => new Replies()), asker = new Asker(1, replies), back: unknown[] = [];
  const give = (...calls: number[]) => {
    for (const call of calls) {
      asker.add(call, (batch) => addValue(batch, call, `item ${call}`));
      asker.gives(`item ${call}`, (item) => back.push(item));
    }
    asker.flush(() => back.push("refused"));
  };
  return { replies, asker, back, give };
}

const told = (call: number) => [call, "Cannot send the result: no memory"];

test("answers that find no memory fail their calls alone, and what they gave goes back, the last first", () => {
  const { replies, asker, back, give } = asking();
  replies.fates.push("refused");
  give(1, 2);
  assert.deepEqual(back, ["item 2", "item 1"]);
  give(3);
  assert.deepEqual([replies.read(), replies.read()], [[told(1), told(2)], [[3, "item 3"]]]);
  give(4);
  asker.close(true); // it has read all but the last
  assert.deepEqual(back, ["item 2", "item 1", "item 4"]);
});

test("a batch that is lost late is told of behind those that were sent since, and what it gave goes back", () => {
  const { replies, asker, back, give } = asking();
  replies.fates.push("kept");
  give(1);
  give(2);
  give(3);
  replies.lose();
  assert.deepEqual(back, ["item 1"]);
  assert.deepEqual(replies.read(), [[2, "item 2"]]);
  asker.close(true);
  assert.deepEqual(back, ["item 1", "item 3"]);
});

test("where there is no memory for the error either, the client is refused", () => {
  const { replies, asker, back, give } = asking();
  replies.fates.push("refused", "refused");
  give(1);
  assert.deepEqual(back, ["refused", "item 1"]);
  asker.close(false);
  assert.deepEqual(back, ["refused", "item 1"]);
});
