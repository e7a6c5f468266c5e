/** The pool's workers: initializer, replacement, retries, and what the pool tells about them. */

import { assert, assertEquals, assertGreater, assertLessOrEqual, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { AsyncLocalStorage, channel, sleep, subscribe, unsubscribe, until } from "../../host.ts";
import { scratchArray, within } from "../../scale.ts";
import {
  awaitLast,
  countHere,
  failOn,
  grow,
  setUp,
  setUpLater,
  slowSquare,
  square,
  usePool,
  waitFor,
  whatAmI,
  whatWasSetUp,
  who,
} from "../../targets/pool/tasks.ts";
import { dieAtFirst, dieOn, work } from "../../targets/pool/faults.ts";
import { MisuseError, TargetError, type TaskOptions, WorkerDiedError } from "../../../mod.ts";
import { ENDS, range, withPool } from "./with_pool.ts";

async function* later(items: readonly number[]): AsyncGenerator<number> {
  for (const item of items) {
    await sleep(1);
    yield item;
  }
}

/** Limits that no call takes, and what the error says. */
const badLimits: readonly (readonly [options: TaskOptions, says: string])[] = [
  [{ signal: {} as AbortSignal }, "signal is an object, it takes an AbortSignal"],
  [{ signal: 5 as unknown as AbortSignal }, "signal is 5, it takes an AbortSignal"],
  [{ signal: new AbortController() as unknown as AbortSignal }, "signal is an object"],
  [{ timeout: "5" as unknown as number }, "timeout is 5, it takes milliseconds"],
  [{ timeout: NaN }, "timeout is NaN"],
  [{ taskTimeout: "5" as unknown as number }, "taskTimeout is 5, it takes milliseconds"],
];

export const workerCases: readonly Case[] = [
  {
    name: "pool/options out of their range are refused",
    async run({ mp, method }) {
      for (const processes of [0, -1, 1.5, NaN]) {
        assertThrows(() => new mp.Pool(processes), RangeError, "at least 1");
        assertThrows(() => new mp.Pool({ processes }), RangeError, "at least 1");
      }
      for (const options of ["8", null, true] as unknown[] as number[]) {
        assertThrows(() => new mp.Pool(options), RangeError, "at least 1");
      }
      assertThrows(() => new mp.Pool({ maxTasksPerChild: 0 }), RangeError, "maxTasksPerChild");
      assertThrows(() => new mp.Pool({ maxTasksPerChild: 2.5 }), RangeError, "maxTasksPerChild");
      assertThrows(() => new mp.Pool({ retries: -1 }), RangeError, "retries");
      assertThrows(() => new mp.Pool({ initargs: 5 as unknown as [] }), MisuseError, "initargs");
      const nameless = Object.defineProperty(() => {}, "name", { value: "" });
      assertThrows(() => new mp.Pool({ initializer: nameless }), TargetError);
      assertThrows(() => new mp.Pool({ initializer: 5 as unknown as () => void }));
      assertThrows(() => new mp.Pool({ sigint: "raise" as "drain" }), MisuseError, "sigint");
      if (method === "worker") assertThrows(() => new mp.Pool({ maxMemoryPerChild: 1e9 }), MisuseError, "process");
      else assertThrows(() => new mp.Pool({ maxMemoryPerChild: 0 }), RangeError, "maxMemoryPerChild");
      const pool = new mp.Pool();
      assertEquals(pool.size, mp.cpuCount());
      const map = () => pool.map(square, [1], 5 as unknown as object);
      await assertRejects(map, MisuseError, "Cannot map: the options are 5; pass { chunksize: 5 }");
      assertThrows(() => pool.imap(square, [1], 5 as unknown as object), MisuseError, "pass { chunksize: 5 }");
      const apply = () => pool.apply(square, [1], 5 as unknown as object);
      await assertRejects(apply, MisuseError, "pass { timeout: 5 }");
      await assertRejects(() => pool.apply(square, [1], { taskTimeout: NaN }), MisuseError, "taskTimeout is NaN");
      for (const [options, says] of badLimits) {
        await assertRejects(() => pool.apply(square, [1], options), MisuseError, says);
        await assertRejects(() => pool.map(square, [1], options), MisuseError, says);
        await assertRejects(() => pool.mapSettled(square, [1], options), MisuseError, says);
        await assertRejects(() => pool.starmapAsync(square, [[1]], options), MisuseError, says);
        assertThrows(() => pool.imap(square, [1], options), MisuseError, says);
      }
      pool.close();
      await pool.join();
    },
  },
  {
    name: "pool/the initializer runs with initargs in each worker before its first task, a replacement's too",
    async run(env) {
      const runs = new env.mp.Value("i", 0);
      await withPool(env, { processes: 2, initializer: setUp, initargs: [1, { two: [2] }] }, async (pool) => {
        const seen = await pool.map(whatWasSetUp, range(20), { chunksize: 1 });
        for (const one of seen) assertEquals(one, [1, { two: [2] }]);
      });
      const options = { processes: 1, initializer: setUpLater, initargs: [runs], maxTasksPerChild: 1 };
      await withPool(env, options, async (pool) => {
        for (let i = 0; i < 2; i++) assertEquals(await pool.apply(whatWasSetUp), ["later"]);
        assertGreater(runs.value, 1);
      });
      runs.close();
    },
  },
  {
    name: "pool/maxTasksPerChild: a worker is replaced after so many tasks; a chunk is one",
    async run(env) {
      await withPool(env, { processes: 1, maxTasksPerChild: 3 }, async (pool) => {
        const seen = await pool.map(countHere, range(8), { chunksize: 1 });
        const workers = new Map<string, number>();
        for (const [ident, nth] of seen) {
          assertLessOrEqual(nth, 3);
          workers.set(ident, (workers.get(ident) ?? 0) + 1);
        }
        assertEquals([...workers.values()].toSorted(), [2, 3, 3]);
        const chunks = await pool.map(countHere, range(20), { chunksize: 10 });
        for (const [i, [ident, nth]] of chunks.entries()) {
          const [first, start] = chunks[i - i % 10] as [string, number];
          assertEquals([ident, nth], [first, start + i % 10]);
        }
      });
    },
  },
  {
    name: "pool/maxMemoryPerChild: a worker that has grown is replaced between tasks, nothing is lost",
    needs: ["process", "linux"],
    async run(env) {
      await withPool(env, 1, async (pool) => {
        await pool.apply(who);
        const rss = pool.stats().workers[0]?.rss ?? 0;
        assertGreater(rss, 1e6);
        await withPool(env, { processes: 1, maxMemoryPerChild: rss + 60e6 }, async (limited) => {
          const pids = await limited.map(grow, range(6).map(() => 25e6), { chunksize: 1 });
          const workers = new Set(pids).size;
          assert(workers > 1 && workers < 6, `${workers} workers`);
        });
      });
    },
  },
  {
    name: "pool/a task that doesn't end holds none of those that its worker was given with it",
    async run(env) {
      const isLastDone = new env.mp.Event();
      await withPool(env, 2, async (pool) => {
        for (const how of ["await", "compute"] as const) {
          for (const count of [3, 500]) {
            // So short that workers are given many at a time.
            const short = range(2000).map((i) => [i + 1, 0, isLastDone, how] as const);
            assertEquals((await pool.map(awaitLast, short, { chunksize: 1 })).length, 2000);
            isLastDone.clear();
            const items = range(count).map((i) => [i, count - 1, isLastDone, how] as const);
            assertEquals(await pool.map(awaitLast, items, { chunksize: 1, timeout: ENDS }), range(count));
          }
        }
      });
      isLastDone.close();
    },
  },
  {
    name: "pool/a worker that takes the place of another takes work from a busy one",
    async run(env) {
      const gate = new env.mp.Event(), begun = new env.mp.Value("i", 0);
      await withPool(env, 2, async (pool) => {
        const long = range(2).map(() => pool.applyAsync(waitFor, [gate, begun]));
        await until(() => begun.value === 2, 20_000, "both to have begun");
        const ahead = pool.applyAsync(square, [3]); // the first of the two gets it, to have it ahead
        await sleep(0);
        long[1]?.cancel();
        assertEquals(await within(ahead, 10_000, "the task that one of them had ahead"), 9);
        gate.set();
        assertEquals(await long[0], 1);
      });
      gate.close();
      begun.close();
    },
  },
  {
    name: "pool/retries: a task goes to another worker after its worker died, so many times",
    async run(env) {
      const runs = new env.mp.Value("i", 0);
      await withPool(env, { processes: 1, retries: 2 }, async (pool) => {
        assertEquals(await pool.apply(dieAtFirst, [runs, 1]), 1);
        runs.value = 0;
        await assertRejects(() => pool.apply(dieAtFirst, [runs, 100]), WorkerDiedError, "exit code 1");
        assertEquals(runs.value, 3);
        runs.value = 0;
        assertEquals(await pool.starmap(dieAtFirst, [[runs, 1], [runs, 1]], { chunksize: 2 }), [1, 2]);
      });
      runs.close();
    },
  },
  {
    name: "pool/without retries only the task that ran where a worker died fails; none runs twice",
    async run(env) {
      const runs = scratchArray(env.mp, "i", 200, "pool runs");
      await withPool(env, 2, async (pool) => {
        const items = range(200).map((i) => [i, 77, runs] as const);
        const outcomes = await pool.mapSettled(dieOn, items, { chunksize: 1 });
        for (const [i, outcome] of outcomes.entries()) {
          if (i !== 77) assertEquals(outcome, { status: "fulfilled", value: i });
          else assert(outcome.status === "rejected" && outcome.reason instanceof WorkerDiedError);
        }
        assertEquals([...runs], range(200).map(() => 1));
        assertEquals(pool.stats().failed, 1);
      });
    },
  },
  {
    name: "pool/mapSettled: of a chunk whose worker died the others are done again",
    async run(env) {
      const runs = scratchArray(env.mp, "i", 20, "pool chunk");
      await withPool(env, 1, async (pool) => {
        const items = range(20).map((i) => [i, 7, runs] as const);
        const outcomes = await pool.mapSettled(dieOn, items, { chunksize: 20 });
        assertEquals(outcomes.map(({ status }) => status === "fulfilled"), range(20).map((i) => i !== 7));
        assertEquals([runs[7], runs[6], runs[8]], [1, 2, 1]);
      });
    },
  },
  {
    name: "pool/stats(): queued, running, done, failed, workers, latency",
    async run(env) {
      const gate = new env.mp.Event(), begun = new env.mp.Value("i", 0);
      await withPool(env, { processes: 2 }, async (pool) => {
        assertEquals(await pool.map(square, [1, 2, 3, 4], { chunksize: 1 }), [1, 4, 9, 16]);
        await assertRejects(() => pool.apply(failOn, [[2, 2]]));
        const waiting = range(5).map(() => pool.applyAsync(waitFor, [gate, begun]));
        await until(() => begun.value === 2);
        const { queued, running, done, failed, workers, latency } = pool.stats();
        assertEquals({ queued, running, done, failed }, { queued: 3, running: 2, done: 4, failed: 1 });
        assertEquals(workers.map(({ busy }) => busy), [true, true]);
        assertEquals(workers.reduce((sum, { tasks }) => sum + tasks, 0), 5);
        for (const { pid, rss } of workers) {
          assert(env.method === "worker" ? rss === null : rss === null || rss > 1e6);
          assertEquals(pid === env.mp.currentProcess().pid, env.method === "worker");
        }
        assert(latency.p50 > 0 && latency.p50 <= latency.p95 && latency.p95 <= latency.p99);
        gate.set();
        assertEquals(await Promise.all(waiting), [1, 1, 1, 1, 1]);
        const after = pool.stats();
        assertEquals([after.queued, after.running, after.done], [0, 0, 9]);
        assertEquals(after.workers.map(({ busy }) => busy), [false, false]);
      });
      gate.close();
      begun.close();
    },
  },
  {
    name: "pool/diagnostics_channel tells of tasks and deaths",
    async run(env) {
      const said: [string, Record<string, unknown>][] = [];
      const names = ["task:start", "task:end", "worker:death"].map((name) => `manyproc:multiprocessing:pool:${name}`);
      const note = (message: unknown, name: string | symbol) =>
        void said.push([
          String(name).replace("manyproc:multiprocessing:pool:", ""),
          message as Record<string, unknown>,
        ]);
      const held = names.map((name) => channel(name)); // Bun 1.4 forgets a channel that nobody holds, with its subscribers
      for (const name of names) subscribe(name, note);
      const clock = new env.mp.Value("d", 0);
      try {
        await withPool(env, { processes: 1, name: "told" }, async (pool) => {
          await pool.apply(square, [1]);
          await assertRejects(() => pool.apply(failOn, [[2, 2]]));
          const [worker] = pool.stats().workers;
          await assertRejects(() => pool.apply(work, [[1, "process.exit", clock]]), WorkerDiedError);
          const start = { pool: "told", pid: worker?.pid, task: 1 };
          assertEquals(said.slice(0, 2), [["task:start", start], ["task:end", { ...start, ok: true }]]);
          assertEquals(said[3], ["task:end", { ...start, task: 2, ok: false }]);
          await until(() => said.some(([name]) => name === "worker:death"), ENDS, "the death");
          const death = said.find(([name]) => name === "worker:death");
          assertEquals(death?.[1], { pool: "told", pid: worker?.pid, exitcode: 7 });
        });
      } finally {
        for (const { name } of held) unsubscribe(name, note);
        clock.close();
      }
    },
  },
  {
    name: "pool/onProgress: called here with what is done, and of how many",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const seen: [number, number | undefined][] = [];
        const onProgress = (done: number, total: number | undefined) => void seen.push([done, total]);
        await pool.map(square, range(10), { chunksize: 3, onProgress });
        assertEquals(seen.map(([, total]) => total), [10, 10, 10, 10]);
        assertEquals(seen.at(-1), [10, 10]);
        assert(seen.every(([done], i) => i === 0 || done > (seen[i - 1]?.[0] ?? 0)));
        seen.length = 0;
        for await (const _ of pool.imap(square, range(3), { onProgress }));
        assertEquals(seen, [[1, undefined], [2, undefined], [3, undefined]]);
        seen.length = 0;
        await pool.mapSettled(failOn, range(4).map((i) => [i, 2] as const), { chunksize: 2, onProgress });
        assertEquals(seen.map(([done]) => done), [2, 4]);
      });
    },
  },
  {
    name: "pool/onProgress: runs in the context of whoever gave it, whichever call's worker answers",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const caller = new AsyncLocalStorage<string>(), heard: [string, string | undefined][] = [];
        const ask = (who: string) =>
          caller.run(who, async () => {
            const onProgress = () => void heard.push([who, caller.getStore()]);
            await pool.map(square, range(20), { chunksize: 1, onProgress });
            for await (const _ of pool.imap(square, range(5), { onProgress }));
            await pool.map(square, later(range(5)), { onProgress });
          });
        await Promise.all(["a", "b", "c"].map(ask));
        assertEquals(heard.filter(([who, store]) => who !== store), []);
        assert(heard.length > 75);
      });
    },
  },
  {
    name: "pool/workers are daemons with a name; a task can have a pool of its own (CPython: it can't)",
    async run(env) {
      await withPool(env, { processes: 1, name: "mine" }, async (pool) => {
        assertEquals(await pool.apply(whatAmI), [true, "mine-1"]);
        assertEquals(await pool.apply(usePool, [range(10)]), range(10).map((i) => i * i));
        assertEquals(await pool.apply(slowSquare, [3]), 9);
      });
    },
  },
];
