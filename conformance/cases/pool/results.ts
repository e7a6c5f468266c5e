/** AsyncResult: the outcome of a call, asked, waited for, and cancelled. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertIsError,
  assertLess,
  assertRejects,
  assertThrows,
} from "../../assert.ts";
import type { Case } from "../../case.ts";
import { sleep } from "../../host.ts";
import { within } from "../../scale.ts";
import { compute, computed, computeUntilSeen, failOn, never, square, waitFor } from "../../targets/pool/tasks.ts";
import { MisuseError, TimeoutError } from "../../../mod.ts";
import { range, withPool } from "./with_pool.ts";

export const resultCases: readonly Case[] = [
  {
    name: "pool/AsyncResult: get and wait run out of time, and can be asked again",
    async run(env) {
      const gate = new env.mp.Event();
      await withPool(env, 1, async (pool) => {
        const result = pool.applyAsync(waitFor, [gate]);
        await assertRejects(() => result.get({ timeout: 10 }), TimeoutError);
        await assertRejects(() => result.get({ timeout: 0 }), TimeoutError);
        assertEquals(await result.wait({ timeout: 10 }), false);
        assertFalse(result.ready());
        assertThrows(() => result.successful(), MisuseError, "not ready");
        const controller = new AbortController();
        const aborted = assertRejects(() => result.get({ signal: controller.signal }), RangeError, "enough");
        controller.abort(new RangeError("enough"));
        await aborted;
        gate.set();
        assertEquals(await result.get(), 1);
        assertEquals([await result, await result.wait(), result.ready(), result.successful()], [1, true, true, true]);
      });
      gate.close();
    },
  },
  {
    name: "pool/AsyncResult of a failure: can be fetched repeatedly, and nobody need look",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const unseen = pool.applyAsync(failOn, [[2, 2]]);
        const result = pool.mapAsync(failOn, [[1, 2], [2, 2]]);
        assert(await result.wait());
        const error = await assertRejects(() => result.get(), RangeError, "no 2");
        assertEquals(await assertRejects(() => result, RangeError), error);
        assertEquals([result.ready(), result.successful()], [true, false]);
        await unseen.wait();
        assertEquals([unseen.ready(), unseen.successful()], [true, false]);
        const refused = pool.applyAsync((x: number) => x, [1]);
        assertEquals([await refused.wait(), refused.successful()], [true, false]);
      });
    },
  },
  {
    name: "pool/AsyncResult: a wait that is refused at once leaves no unhandled rejection",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        const result = pool.applyAsync(failOn, [[4, 2]]), signal = AbortSignal.abort("enough");
        assertEquals(await result.get({ signal }).catch((reason: unknown) => reason), "enough");
        assertEquals(await result.wait({ signal }).catch((reason: unknown) => reason), "enough");
        await assertRejects(() => result.get({ timeout: NaN }), MisuseError);
        await assertRejects(() => pool.apply(failOn, [[2, 2]]), RangeError);
        assertEquals([result.ready(), result.successful()], [true, false]);
        await sleep(0); // an unhandled rejection would end this process
      });
    },
  },
  {
    name: "pool/AsyncResult is a promise: then, catch, finally, Promise.all",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const results = range(20).map((i) => pool.applyAsync(square, [i]));
        assertEquals(await Promise.all(results), range(20).map((i) => i * i));
        assertEquals(await pool.applyAsync(square, [3]).then((x) => x + 1), 10);
        assertEquals(await pool.applyAsync(failOn, [[2, 2]]).catch(({ message }) => message), "no 2");
        let isOver = false;
        assertEquals(await pool.starmapAsync(square, [[2]]).finally(() => isOver = true), [4]);
        assert(isOver && pool.applyAsync(square, [1]) instanceof Promise);
      });
    },
  },
  {
    name: "pool/cancel() withdraws a task that no worker has begun: it never runs",
    async run(env) {
      const gate = new env.mp.Event(), begun = new env.mp.Value("i", 0);
      await withPool(env, 1, async (pool) => {
        const running = pool.applyAsync(waitFor, [gate, begun]);
        const queued = range(10).map(() => pool.applyAsync(waitFor, [gate, begun]));
        const mapped = pool.mapAsync(waitFor, [gate, gate, gate]);
        for (const result of queued) assertEquals(result.cancel(), true);
        for (const result of queued) {
          const error = await assertRejects(() => within(result, 5000, "a cancelled result"), DOMException);
          assertEquals((error as DOMException).name, "AbortError");
          assertEquals([result.ready(), result.successful(), result.cancel()], [true, false, false]);
        }
        assertEquals(mapped.cancel(new RangeError("mine")), true);
        await assertRejects(() => mapped, RangeError, "mine");
        gate.set();
        assertEquals(await running, 1);
        assertEquals(running.cancel(), false);
        await pool.apply(square, [1]);
        assertEquals(begun.value, 1);
      });
      gate.close();
      begun.close();
    },
  },
  {
    name: "pool/cancel() stops a task that runs: its worker is replaced, the others' tasks are done",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const running = pool.applyAsync(never);
        const others = pool.mapAsync(square, range(50));
        assertEquals(await others, range(50).map((i) => i * i));
        assertEquals(pool.stats().running, 1);
        assertEquals(running.cancel("stop"), true);
        const error: unknown = await running.catch((reason: unknown) => reason);
        assertEquals(error, "stop");
        assertEquals(await pool.map(square, range(50), { chunksize: 1 }), range(50).map((i) => i * i));
        assertEquals(pool.size, 2);
      });
    },
  },
  {
    name: "pool/a task whose promise never settles: timeout, taskTimeout and signal each end it",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        await assertRejects(() => within(pool.apply(never, [], { timeout: 300 }), 8000, "timeout"), TimeoutError);
        await assertRejects(
          () => within(pool.apply(never, [], { taskTimeout: 100 }), 8000, "taskTimeout"),
          TimeoutError,
          "taskTimeout",
        );
        const signal = AbortSignal.timeout(300);
        const error = await pool.apply(never, [], { signal }).catch((reason: unknown) => reason);
        assertIsError(error, DOMException);
        assertEquals(error.name, "TimeoutError");
        assertEquals(await pool.apply(square, [4]), 16);
      });
    },
  },
  {
    name: "pool/a taskTimeout longer than any timer costs nothing",
    async run(env) {
      const { setTimeout } = globalThis;
      let timers = 0;
      globalThis.setTimeout = ((...args: Parameters<typeof setTimeout>) => {
        timers++;
        return setTimeout(...args);
      }) as typeof setTimeout;
      try {
        await withPool(env, 1, async (pool) => {
          assertEquals(await pool.apply(compute, [200], { taskTimeout: Number.MAX_SAFE_INTEGER }), 200);
        });
      } finally {
        globalThis.setTimeout = setTimeout;
      }
      assertLess(timers, 50);
    },
  },
  {
    name: "pool/a result is there soon after its task, also while all workers have more to do than they can",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const seen = new env.mp.Value("i", 0), done = new env.mp.Value("i", 0);
        const quick = async () => {
          await pool.apply(computed, [1, done]);
          seen.add(1);
        };
        const before = range(100).map(quick);
        // Their pace says nothing about these two. They end when what was done before is seen: none of it may wait for them.
        const slow = range(2).map(() => pool.apply(computeUntilSeen, [seen, done]));
        const after = range(100).map(quick);
        assertEquals(await Promise.all(slow), [true, true]);
        await Promise.all([...before, ...after]);
        for (const value of [seen, done]) value.close();
      });
    },
  },
];
