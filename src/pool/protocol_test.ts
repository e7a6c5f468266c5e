/** Tests of what a pool and its workers say: everything that one side writes, the other reads as just that. */

import assert from "node:assert/strict";
import test from "node:test";
import { BatchQueue } from "../channels/batch_queue.ts";
import { withMethod } from "../family/families.ts";
import { BatchWriter, type Received } from "../wire/batch.ts";
import { PoolProgress, PROGRESS_CELLS, WorkerProgress } from "./progress.ts";
import * as protocol from "./protocol.ts";

/** What comes out of a batch that `write` fills. */
function sent(write: (writer: BatchWriter) => void): Received[] {
  const queue = withMethod("worker", () => new BatchQueue()), writer = new BatchWriter(queue.family);
  write(writer);
  queue.putNowait(writer);
  const entries = queue.takeNow() as Received[];
  queue.close();
  return entries;
}

test("tasks and definitions are told apart, whatever their mode and batch", () => {
  const { APPLY, MAP, SETTLED, STARMAP } = protocol;
  const lastId = 2 ** 31 - 1, lastBatch = 2 ** 18 - 1;
  for (const batch of [0, 1, lastBatch]) {
    for (const mode of [APPLY, MAP, STARMAP, MAP | SETTLED, STARMAP | SETTLED]) {
      for (const timed of [false, true]) {
        const [task] = sent((writer) => {
          protocol.addTask(writer, { id: lastId, fn: 7, mode, payload: [1, "a"] }, batch, timed);
        }) as [Received];
        assert.deepEqual(
          [protocol.taskIn(task), protocol.functionIn(task), protocol.batchIn(task), task.value],
          [lastId, 7, batch, [1, "a"]],
        );
        const read = protocol.modeIn(task);
        assert.deepEqual([protocol.isApply(read), protocol.isMap(read)], [mode === APPLY, (mode & ~SETTLED) === MAP]);
        assert.deepEqual([protocol.isSettled(read), protocol.isTimed(read)], [(mode & SETTLED) !== 0, timed]);
        assert(!protocol.isDefinition(task));
      }
    }
  }
  const [definition] = sent((writer) => {
    protocol.addDefinition(writer, 9, { kind: "export", modules: ["file:///x.ts"], name: "f" });
  }) as [Received];
  assert(protocol.isDefinition(definition));
  assert.equal(protocol.functionIn(definition), 9);
});

test("each report says one thing, of one task and worker", () => {
  const reports = sent((writer) => {
    const report = new protocol.ReportWriter(5, writer);
    report.ready();
    report.unfit(new Error("unfit"));
    report.outgrown();
    report.itemFulfilled(3, "part");
    report.itemRejected(3, new Error("part"));
    report.succeeded(3, "value");
    report.failed(3, 2 ** 20, new Error("failed"));
  });
  assert.deepEqual(
    reports.map((entry) => [
      protocol.workerIn(entry),
      protocol.reportedTaskIn(entry),
      protocol.whatIn(entry),
      entry.value instanceof Error ? entry.value.message : entry.value,
    ]),
    [
      [5, protocol.NO_TASK, protocol.READY, null],
      [5, protocol.NO_TASK, protocol.UNFIT, "unfit"],
      [5, protocol.NO_TASK, protocol.OUTGROWN, null],
      [5, 3, protocol.ITEM_FULFILLED, "part"],
      [5, 3, protocol.ITEM_REJECTED, "part"],
      [5, 3, protocol.SUCCEEDED, "value"],
      [5, 3, protocol.FAILED, "failed"],
    ],
  );
  assert.equal(protocol.failedItemIn(reports[6] as Received), 2 ** 20);
});

test("the pool sees what its worker is at, and the worker what isn't wanted", () => {
  const cells = new Float64Array(PROGRESS_CELLS), worker = new WorkerProgress(cells), pool = new PoolProgress(cells);
  assert.deepEqual([pool.task, pool.pace, pool.paceOf(1)], [protocol.NO_TASK, 0, 0]);
  const before = Date.now();
  worker.beginTask(4, true);
  assert.deepEqual([pool.task, pool.item], [4, 0]);
  assert(pool.since >= before);
  worker.stopClock();
  assert.equal(pool.since, Infinity);
  worker.beginItem(2, true);
  assert(pool.item === 2 && pool.since < Infinity);
  worker.showPace(1, 100);
  assert.deepEqual([pool.paceFunction, pool.pace, pool.paceOf(1), pool.paceOf(2)], [1, 100, 100, 0]);
  pool.markUnwanted(4);
  assert(worker.isUnwanted(4) && !worker.isUnwanted(5));
  pool.clearUnwanted(5);
  assert(worker.isUnwanted(4));
  pool.clearUnwanted(4);
  assert(!worker.isUnwanted(4) && !worker.isStopped);
  pool.stop();
  assert(worker.isStopped);
});
