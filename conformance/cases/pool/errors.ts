/** Errors of tasks: they arrive as themselves, and tell where they came from. */

import { assert, assertEquals, assertIsError, assertLess, assertRejects, assertStringIncludes } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { until } from "../../host.ts";
import {
  count,
  echo,
  failOn,
  functionFor,
  slowOrBad,
  square,
  throwText,
  waitFor,
  who,
} from "../../targets/pool/tasks.ts";
import { work } from "../../targets/pool/faults.ts";
import { remoteOrigin, SerializationError } from "../../../mod.ts";
import { collect, range, withPool } from "./with_pool.ts";

const pairs = (n: number, bad: number) => range(n).map((i) => [i + 1, bad] as const);

export const errorCases: readonly Case[] = [
  {
    name: "pool/an error of a task arrives as itself: class, message, own properties, the remote stack",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const error = await assertRejects(() => pool.apply(failOn, [[4, 2]]), RangeError, "no 4");
        assertEquals({ ...error }, { code: "ERR_NO", x: 4 });
        assertStringIncludes(error.stack ?? "", "tasks.ts");
        const thrown: unknown = await pool.apply(throwText, ["just text"]).catch((reason: unknown) => reason);
        assertEquals(thrown, "just text");
      });
    },
  },
  {
    name: "pool/remoteOrigin of an error: pid, ident, and the item's index in its call",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const ident = await pool.apply(who), [worker] = pool.stats().workers;
        const error = await assertRejects(() => pool.apply(failOn, [[4, 2]]));
        assertEquals([remoteOrigin(error)?.ident, remoteOrigin(error)?.pid], [ident, worker?.pid]);
        for (const chunksize of [1, 3, 20]) {
          const failed = await assertRejects(() => pool.map(failOn, pairs(10, 8), { chunksize }));
          assertEquals(remoteOrigin(failed)?.index, 7, `chunksize ${chunksize}`);
        }
        for (const chunksize of [1, 3, 20]) {
          const stays = () => pool.map(functionFor, range(10).map((i) => [i, 7] as const), { chunksize });
          const failed = await assertRejects(stays, SerializationError, "result is a function");
          assertEquals(remoteOrigin(failed)?.index, 7, `chunksize ${chunksize}`);
        }
        const failed = await assertRejects(() => collect(pool.imap(failOn, pairs(10, 8), { chunksize: 3 })));
        assertEquals(remoteOrigin(failed)?.index, 7);
        assertEquals(remoteOrigin(new Error("mine")), undefined);
      });
    },
  },
  {
    name: "pool/map: the first failure rejects at once and withdraws the rest",
    async run(env) {
      const gate = new env.mp.Event(), runs = new env.mp.Value("d", 0);
      await withPool(env, 2, async (pool) => {
        // One worker waits for a gate that opens only after the failure.
        const waiting = pool.applyAsync(waitFor, [gate]);
        const items = range(1000).map((i) => [i, i === 3 ? "throw" : "", runs] as const);
        await assertRejects(() => pool.map(work, items, { chunksize: 1 }), RangeError, "thrown by the task");
        assertEquals(pool.stats().queued, 0);
        gate.set();
        assertEquals(await waiting, 1);
        assertEquals(await pool.map(square, [2]), [4]);
      });
      gate.close();
      runs.close();
    },
  },
  {
    name: "pool/map, imap: after the first failure a worker leaves the items of its chunk that it hasn't begun",
    async run(env) {
      for (const how of ["await", "compute"] as const) {
        const runs = new env.mp.Value("i", 0);
        await withPool(env, 2, async (pool) => {
          const items = [...range(200).map(() => 50), 0].map((time) => [time, how, runs] as const);
          const calls = [
            () => pool.map(slowOrBad, items, { chunksize: 200 }),
            () => collect(pool.imapUnordered(slowOrBad, items, { chunksize: 200, buffersize: 400 })),
          ];
          for (const [i, call] of calls.entries()) {
            runs.value = 0;
            await assertRejects(call, RangeError, "bad");
            await until(() => pool.stats().running === 0, 5000, "the workers to have done");
            assertLess(runs.value, 200, `${how} ${i}`);
          }
        });
        runs.close();
      }
    },
  },
  {
    name: "pool/map of very many chunks: one that fails withdraws all others in no time",
    timeLimit: 60_000,
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const many = range(20_000).map((i) => [i + 1, 15_000] as const);
        const error = await assertRejects(() => pool.map(failOn, many, { chunksize: 1 }), RangeError, "no 15000");
        assertEquals((error as { x?: number }).x, 15_000);
        const running = pool.mapAsync(echo, range(50_000), { chunksize: 1 });
        await until(() => pool.stats().done > 20_000);
        const before = performance.now();
        running.cancel();
        const took = performance.now() - before;
        assert(took < 2000, `cancel() took ${took} ms`);
        assertEquals(await pool.map(square, [2]), [4]);
      });
    },
  },
  {
    name: "pool/mapSettled and imapSettled report each item's outcome, whatever the chunks",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const items = pairs(20, 7);
        for (const chunksize of [1, 4, 20]) {
          for (
            const outcomes of [
              await pool.mapSettled(failOn, items, { chunksize }),
              await collect(pool.imapSettled(failOn, items, { chunksize })),
            ]
          ) {
            assertEquals(outcomes.length, 20);
            for (const [i, outcome] of outcomes.entries()) {
              if ((i + 1) % 7 !== 0) assertEquals(outcome, { status: "fulfilled", value: i + 1 });
              else {
                assert(outcome.status === "rejected");
                assertIsError(outcome.reason, RangeError, `no ${i + 1}`);
                assertEquals(remoteOrigin(outcome.reason)?.index, i);
              }
            }
          }
        }
      });
    },
  },
  {
    name: "pool/an argument that can't travel is refused with its path; the pool is fine",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const bad = { cb: () => {} };
        await assertRejects(() => pool.apply(echo, [bad]), SerializationError, "args[0].cb is a function");
        await assertRejects(() => pool.map(echo, [1, bad], { chunksize: 1 }), SerializationError, ".cb is a function");
        await assertRejects(() => collect(pool.imap(echo, [1, bad])), SerializationError, ".cb is a function");
        for (const chunksize of [1, 3]) {
          const outcomes = await pool.mapSettled(echo, [1, bad, 3], { chunksize });
          assertEquals(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
        }
        assertEquals(await pool.map(square, [2]), [4]);
      });
    },
  },
  {
    name: "pool/each item of a map is called once when nothing goes wrong",
    async run(env) {
      const runs = new env.mp.Value("i", 0);
      await withPool(env, 2, async (pool) => {
        const all = await pool.map(count, new Array<typeof runs>(500).fill(runs), { chunksize: 1 });
        assertEquals(all.toSorted((a, b) => a - b), range(500));
        assertEquals(runs.value, 500);
      });
      runs.close();
    },
  },
];
