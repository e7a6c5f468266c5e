/** apply, map and starmap: what they call, with what, and in which order the results come. */

import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { add, countArguments, double, echo, square, waitIfFirst } from "../../targets/pool/tasks.ts";
import { MisuseError, SerializationError, TargetError, targets } from "../../../mod.ts";
import { range, withPool } from "./with_pool.ts";

export { triple } from "../../targets/pool/tasks.ts";
import { triple } from "../../targets/pool/tasks.ts";

const tasksModule = new URL("../../targets/pool/tasks.ts", import.meta.url);
const missing = new URL("../../targets/pool/no_such_module.ts#f", import.meta.url);

async function* later<T>(items: Iterable<T>): AsyncGenerator<T> {
  for (const item of items) {
    await Promise.resolve();
    yield item;
  }
}

export const callCases: readonly Case[] = [
  {
    name: "pool/apply calls the function with the arguments, none by default",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        assertEquals(await pool.apply(add, [1, 2]), 3);
        assertEquals(await pool.apply(countArguments), 0);
        assertEquals(await pool.apply(countArguments, []), 0);
        assertEquals(await pool.apply(countArguments, [undefined, null]), 2);
        for (const args of [[1, 2], [new Map([[1, 2]]), "long".repeat(100)]]) {
          // What else the array has is no argument; what the arguments have counts.
          assertEquals(await pool.apply(countArguments, Object.assign(args, { other: () => {} })), 2);
          await assertRejects(() => pool.apply(countArguments, [args]), SerializationError, "other");
        }
        assertEquals(await Promise.all(range(500).map((i) => pool.apply(square, [i]))), range(500).map((i) => i * i));
      });
    },
  },
  {
    name: "pool/a getter in an argument may hand in tasks",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const inner: Promise<unknown>[] = [];
        for (const rest of ["short", "long".repeat(100)]) {
          const args: [unknown] = [[0, rest]];
          Object.defineProperty(args, 0, {
            enumerable: true,
            get() {
              inner.push(pool.apply(add, [1, 2]));
              return [7, rest];
            },
          });
          assertEquals(await pool.apply(echo, args), [7, rest]);
        }
        assertEquals(new Set(await Promise.all(inner)), new Set([3]));
      });
    },
  },
  {
    name: "pool/a target is a function of task(), a URL, one of targets(), or an export of the caller",
    async run(env) {
      const there = targets<typeof import("../../targets/pool/tasks.ts")>(tasksModule);
      await withPool(env, 1, async (pool) => {
        assertEquals(await pool.map(double, [1, 2]), [2, 4]);
        assertEquals(await pool.map<number>(new URL("#square", tasksModule), [1, 2]), [1, 4]);
        assertEquals(await pool.map<number>(tasksModule, [1, 2]), [-1, -2]);
        assertEquals(await pool.map(there.square, [3]), [9]);
        assertEquals(await pool.map(triple, [3]), [9]);
        assertEquals(await pool.apply<number>(new URL("#add", tasksModule), [3, 4]), 7);
        assertEquals(await pool.starmap<number>(new URL("#add", tasksModule), [[3, 4]]), [7]);
      });
    },
  },
  {
    name: "pool/a function that no worker can find is refused by each call, and the pool is fine",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        await assertRejects(() => pool.apply((x: number) => x, [1]), TargetError, "task(import.meta");
        await assertRejects(() => pool.map((x: number) => x, [1]), TargetError);
        await assertRejects(() => pool.applyAsync((x: number) => x, [1]), TargetError);
        assertThrows(() => pool.imap((x: number) => x, [1]), TargetError);
        await assertRejects(() => pool.apply(missing), TargetError, "no_such_module");
        await assertRejects(() => pool.map(new URL("#noSuchExport", tasksModule), [1, 2, 3]), TargetError);
        await assertRejects(() => pool.apply(new URL("#generate", tasksModule)), TargetError, "generator");
        await assertRejects(() => pool.apply(5 as unknown as () => void));
        assertEquals(await pool.apply(square, [3]), 9);
      });
    },
  },
  {
    name: "pool/map keeps the order of the items whichever worker does them, and when",
    async run(env) {
      const gate = new env.mp.Event();
      await withPool(env, 2, async (pool) => {
        const items = range(20).map((i) => [i, 19, gate] as const);
        assertEquals(await pool.map(waitIfFirst, items, { chunksize: 1 }), range(20));
      });
      gate.close();
    },
  },
  {
    name: "pool/map takes any iterable or async iterable, and an empty one",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const squares = range(30).map((i) => i * i);
        assertEquals(await pool.map(square, range(30)), squares);
        assertEquals(await pool.map(square, new Set(range(30))), squares);
        assertEquals(await pool.map(square, range(30).values()), squares);
        assertEquals(await pool.map(square, later(range(30))), squares);
        assertEquals(await pool.map(square, new Uint8Array([1, 2])), [1, 4]);
        assertEquals(await pool.map(echo, "añ😀"), ["a", "ñ", "😀"]);
        for (const empty of [[], new Set<number>(), later<number>([])]) {
          assertEquals(await pool.map(square, empty), []);
          assertEquals(await pool.mapSettled(square, empty), []);
        }
        assertEquals(await pool.starmap(add, []), []);
        const result = pool.mapAsync(square, []);
        assertEquals(await result, []);
        assert(result.ready() && result.successful());
      });
    },
  },
  {
    name: "pool/map: every chunksize gives the same; below 1 it is a RangeError (CPython: [None, …])",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        for (const chunksize of [1, 2, 7, 30, 1000]) {
          assertEquals(await pool.map(square, range(30), { chunksize }), range(30).map((i) => i * i));
        }
        for (const chunksize of [0, -1, 1.5, NaN]) {
          await assertRejects(() => pool.map(square, [1], { chunksize }), RangeError, "chunksize");
          assertThrows(() => pool.imap(square, [1], { chunksize }), RangeError, "chunksize");
        }
      });
    },
  },
  {
    name: "pool/map: a chunk goes to one worker in one go; by default there are four for each worker",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const chunks: number[] = [];
        let before = 0;
        const onProgress = (done: number) => {
          chunks.push(done - before);
          before = done;
        };
        await pool.map(square, range(100), { onProgress });
        assertEquals(chunks.toSorted((a, b) => a - b), [9, 13, 13, 13, 13, 13, 13, 13]); // as CPython's
      });
    },
  },
  {
    name: "pool/starmap spreads each item over the arguments",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const pairs = range(20).map((i) => [i, 1] as [number, number]);
        assertEquals(await pool.starmap(add, pairs), range(20).map((i) => i + 1));
        assertEquals(await pool.starmap(add, later(pairs), { chunksize: 3 }), range(20).map((i) => i + 1));
        assertEquals(await pool.starmapAsync(add, pairs), range(20).map((i) => i + 1));
        assertEquals(await pool.starmap(countArguments, [[], [1], [1, 2]]), [0, 1, 2]);
      });
    },
  },
  {
    name: "pool/what isn't iterable is refused at the call",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const five = 5 as unknown as number[];
        await assertRejects(() => pool.map(square, five), MisuseError, "the items are 5, which is neither an iterable");
        await assertRejects(() => pool.map(square, {} as number[]), MisuseError, "the items are an object");
        const fake = { [Symbol.iterator]: 1 } as unknown as number[];
        await assertRejects(() => pool.map(square, fake), MisuseError, "the items are an object");
        await assertRejects(() => pool.mapAsync(square, five), MisuseError, "iterable");
        assertThrows(() => pool.imap(square, five), MisuseError, "iterable");
        await assertRejects(() => pool.apply(square, 5 as unknown as [number]), MisuseError, "args");
        assertEquals(await pool.map(square, [2]), [4]);
      });
    },
  },
  {
    name: "pool/values of every size and kind cross, shared objects too",
    async run(env) {
      const lock = new env.mp.Lock();
      await withPool(env, 2, async (pool) => {
        const big = new Uint8Array(3_000_000).fill(7);
        const back = await pool.map(echo, [big, "x".repeat(200_000), null, undefined, 2n ** 70n, new Map([[1, [2]]])]);
        assertEquals(back, [big, "x".repeat(200_000), null, undefined, 2n ** 70n, new Map([[1, [2]]])]);
        const same = await pool.apply(echo<typeof lock>, [lock]);
        const held = await lock.hold();
        assertEquals(same.locked(), true);
        held[Symbol.dispose]();
        if (same !== lock) same.close();
      });
      lock.close();
    },
  },
];
