/** imap, imapUnordered, imapSettled: results as they are wanted, and an input that is read only a little ahead. */

import { assert, assertEquals, assertLessOrEqual, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { sleep, until } from "../../host.ts";
import { within } from "../../scale.ts";
import { add, failOn, slowSquare, square, waitIfFirst } from "../../targets/pool/tasks.ts";
import { ClosedError, TimeoutError } from "../../../mod.ts";
import { collect, ENDS, range, withPool } from "./with_pool.ts";

/** 0, 1, 2 …; tells how far it was read, and whether it was closed. */
class Counter implements Iterable<number> {
  read = 0;
  isClosed = false;

  *[Symbol.iterator](): Iterator<number> {
    try {
      for (;;) yield this.read++;
    } finally {
      this.isClosed = true;
    }
  }

  async *later(): AsyncGenerator<number> {
    for (const i of this) yield await Promise.resolve(i);
  }
}

function* failAfter(n: number): Generator<number> {
  yield* range(n);
  throw new RangeError("the input failed");
}

export const imapCases: readonly Case[] = [
  {
    name: "pool/imap gives the results in order, imapUnordered as they come",
    async run(env) {
      const gate = new env.mp.Event();
      await withPool(env, 2, async (pool) => {
        // The first waits for one that is done after it.
        const items = range(10).map((i) => [i, 3, gate] as const);
        assertEquals(await collect(pool.imap(waitIfFirst, items, { buffersize: 5 })), range(10));
        gate.clear();
        // The first waits until another one has come.
        const all: number[] = [];
        for await (const i of pool.imapUnordered(waitIfFirst, items.map(([i]) => [i, -1, gate] as const))) {
          all.push(i);
          gate.set();
        }
        assert(all.indexOf(0) > 0, `${all}`);
        assertEquals(all.toSorted((a, b) => a - b), range(10));
      });
      gate.close();
    },
  },
  {
    name: "pool/imap: every chunksize and buffersize gives the same, for iterables and async iterables, and none",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const squares = range(40).map((i) => i * i);
        for (const chunksize of [1, 3, 40, 100]) {
          for (const buffersize of [1, 2, 50, undefined]) {
            const options = { chunksize, ...(buffersize !== undefined && { buffersize }) };
            assertEquals(await collect(pool.imap(square, range(40), options)), squares);
            const unordered = await collect(pool.imapUnordered(square, range(40).values(), options));
            assertEquals(unordered.toSorted((a, b) => a - b), squares);
          }
        }
        assertEquals(await collect(pool.imap(square, [])), []);
        assertEquals(await collect(pool.imapUnordered(square, new Set<number>())), []);
        assertEquals(await collect(pool.imapSettled(square, [])), []);
        for (const buffersize of [0, -1, 1.5, NaN]) {
          assertThrows(() => pool.imap(square, [1], { buffersize }), RangeError, "buffersize");
        }
      });
    },
  },
  {
    name: "pool/imap reads at most `buffersize` ahead of the consumer, by default 2 × processes × chunksize",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        for (const isAsync of [false, true]) {
          for (const [options, ahead] of [[{}, 4], [{ chunksize: 3 }, 12], [{ buffersize: 7 }, 7]] as const) {
            const input = new Counter();
            const results = pool.imap(square, isAsync ? input.later() : input, options);
            for (let taken = 1; taken <= 20; taken++) {
              assertEquals(await results.next(), { value: (taken - 1) ** 2, done: false });
              assertLessOrEqual(input.read, taken + ahead + (isAsync ? 1 : 0));
            }
            await until(() => input.read >= 20 + ahead - 3, ENDS, "the input to be read ahead");
            assertLessOrEqual(input.read, 20 + ahead + (isAsync ? 1 : 0));
            await results.return();
            await until(() => input.isClosed, ENDS, "the input to be closed");
          }
        }
      });
    },
  },
  {
    name: "pool/imap: leaving the loop withdraws what isn't done and closes the input",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const input = new Counter();
        for await (const value of pool.imap(slowSquare, input, { buffersize: 100 })) if (value === 9) break;
        assert(input.isClosed);
        const { queued } = pool.stats();
        assertEquals(queued, 0);
        assertEquals(await pool.map(square, [5]), [25]);
      });
    },
  },
  {
    name: "pool/imap: leaving the loop does not wait for an input that has nothing yet",
    async run(env) {
      const queue = new env.mp.Queue<number>();
      await withPool(env, 2, async (pool) => {
        await queue.put(3);
        const leave = async () => {
          for await (const value of pool.imap(square, queue)) {
            assertEquals(value, 9);
            break;
          }
        };
        await within(leave(), 5000, "the loop's end");
        const controller = new AbortController();
        const stuck: AsyncIterable<number> = { [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }) };
        const waiting = collect(pool.imap(square, stuck, { signal: controller.signal }));
        controller.abort(new RangeError("enough"));
        await assertRejects(() => within(waiting, 5000, "the abort"), RangeError, "enough");
        const running = collect(pool.imap(square, stuck, { timeout: 50 }));
        await assertRejects(() => within(running, 5000, "the timeout"), TimeoutError, "imap");
      });
      queue.close();
    },
  },
  {
    name: "pool/errors of the input iterable are delivered in their place, then it ends",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        for (const chunksize of [1, 2, 5, 10]) {
          for (const method of ["imap", "imapUnordered"] as const) {
            const results = pool[method](square, failAfter(5), { chunksize });
            const seen: number[] = [];
            const reading = async () => {
              for await (const value of results) seen.push(value);
            };
            await assertRejects(reading, RangeError, "the input failed");
            assertEquals(seen.toSorted((a, b) => a - b), [0, 1, 4, 9, 16], `${method} ${chunksize}`);
            assertEquals(await results.next(), { value: undefined, done: true });
          }
        }
        await assertRejects(() => pool.map(square, failAfter(3)), RangeError, "the input failed");
        await assertRejects(() => pool.mapSettled(square, failAfter(3)), RangeError, "the input failed");
        const later = async function* () {
          yield* failAfter(2);
        };
        await assertRejects(() => pool.map(square, later()), RangeError, "the input failed");
        const broken: Iterable<number> = {
          [Symbol.iterator]() {
            throw new RangeError("no iterator");
          },
        };
        await assertRejects(() => pool.map(square, broken), RangeError, "no iterator");
        await assertRejects(() => collect(pool.imap(square, broken)), RangeError, "no iterator");
        assertEquals(await pool.starmap(add, [[1, 2]]), [3]);
      });
    },
  },
  {
    name: "pool/imap: the first failure comes in its place and ends it; the input is closed",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const input = new Counter();
        const pairs = function* () {
          for (const i of input) yield [i + 1, 5] as const;
        };
        const seen: number[] = [];
        const reading = async () => {
          for await (const value of pool.imap(failOn, pairs())) seen.push(value);
        };
        const error = await assertRejects(reading, RangeError, "no 5");
        assertEquals([seen, (error as { code?: string }).code, input.isClosed], [[1, 2, 3, 4], "ERR_NO", true]);
      });
    },
  },
  {
    name: "pool/imap of before close() goes on after it",
    async run(env) {
      const pool = new env.mp.Pool(2);
      const results = pool.imap(square, range(50)), unordered = pool.imapUnordered(square, range(50));
      assertEquals((await unordered.next()).done, false);
      pool.close();
      assertEquals(await within(collect(results), ENDS, "the results"), range(50).map((i) => i * i));
      assertEquals((await within(collect(unordered), ENDS, "the others")).length, 49);
      assert(await pool.join({ timeout: ENDS }));
    },
  },
  {
    name: "pool/close and join after an imap that nobody finishes (CPython: deadlock)",
    async run(env) {
      const pool = new env.mp.Pool(2);
      const input = new Counter();
      const results = pool.imap(square, input);
      assertEquals((await results.next()).value, 0);
      pool.close();
      assert(await pool.join({ timeout: ENDS }), "join hangs");
      // What was handed in is there, what wasn't is refused.
      await assertRejects(() => within(collect(results), ENDS, "the rest"), ClosedError);
      assert(input.isClosed && input.read < 20);
    },
  },
  {
    name: "pool/imap: `timeout` is for all of it",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const input = new Counter();
        const reading = async () => {
          for await (const _ of pool.imap(square, input, { timeout: 500 })) await sleep(1);
        };
        await assertRejects(() => within(reading(), ENDS, "the end"), TimeoutError, "imap");
        assert(input.isClosed);
      });
    },
  },
];
