/** Tests of claims: each task is begun or taken back, never both, however the two sides' steps fall. */

import assert from "node:assert/strict";
import test from "node:test";
import { CLAIM_WORDS, PoolClaims, WorkerClaims } from "./claims.ts";

function claims() {
  const words = new Int32Array(new SharedArrayBuffer(CLAIM_WORDS * 4));
  return { pool: new PoolClaims<number>(words), worker: new WorkerClaims(words) };
}

test("what isn't begun is taken back, the last first, in order", () => {
  const { pool, worker } = claims();
  const first = pool.next;
  pool.open([1, 2, 3]);
  pool.open([4, 5]);
  assert.equal(pool.unclaimed, 5);
  assert(worker.take(first));
  assert.deepEqual(pool.takeBack(3), [3, 4, 5]);
  assert.equal(pool.unclaimed, 1);
  assert(worker.take(first));
  assert(!worker.take(first) && !worker.take(first + 1));
  assert.deepEqual(pool.takeBack(Infinity), []);
});

test("a batch that couldn't be sent leaves nothing", () => {
  const { pool, worker } = claims(), lost = pool.next;
  pool.open([1, 2, 3]);
  const behind = pool.next;
  pool.open([4]);
  pool.takeBack(2);
  assert.deepEqual(pool.cancel(lost), [1, 2]);
  assert.deepEqual(pool.cancel(lost), []);
  assert.equal(pool.unclaimed, 0);
  assert(!worker.take(lost) && !worker.take(behind));
  const batch = pool.next;
  pool.open([5]);
  assert(worker.take(batch) && !worker.take(batch));
});

test("no batch is sent over one that isn't used up; a late look at a number that is gone finds nothing", () => {
  const { pool, worker } = claims();
  const first = pool.next;
  for (let i = 0; i < CLAIM_WORDS; i++) {
    assert(pool.hasRoom);
    pool.open([i]);
  }
  assert(!pool.hasRoom);
  assert.deepEqual(pool.takeBack(Infinity).length, CLAIM_WORDS);
  assert(pool.hasRoom);
  pool.open([-1]); // has the word of the first
  assert(!worker.take(first));
  assert.equal(pool.unclaimed, 1);
});

test("every task comes out once, however it goes on, through all batch numbers", () => {
  const { pool, worker } = claims();
  let random = 1, opened = 0, begun = 0, back = 0, sum = 0;
  const next = (below: number) => (random = random * 48271 % 0x7fffffff) % below;
  for (let round = 0; round < 300_000; round++) {
    const batch = pool.next, count = 1 + next(5);
    pool.open(Array.from({ length: count }, () => opened++));
    for (let i = next(7); i > 0 && worker.take(batch); i--) begun++;
    for (const task of pool.takeBack(next(3) === 0 ? next(3) : Infinity)) {
      back++;
      sum += task;
    }
    while (worker.take(batch)) begun++;
  }
  assert.equal(pool.unclaimed, 0);
  assert.equal(begun + back, opened);
  assert(sum > 0);
});
