/** A pool's life: close, terminate, join, dispose, and what they do to its work. */

import { assert, assertEquals, assertIsError, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { runProgram, sleep, until } from "../../host.ts";
import { within } from "../../scale.ts";
import { computeUntil, echo, never, slowSquare, square, waitFor } from "../../targets/pool/tasks.ts";
import { ClosedError, MisuseError, SerializationError, TimeoutError } from "../../../mod.ts";
import { collect, ENDS, range, withPool } from "./with_pool.ts";

const program = (name: string) => new URL(`../../targets/programs/${name}.ts`, import.meta.url);

export const lifeCases: readonly Case[] = [
  {
    name: "pool/close(): no new tasks, accepted ones finish; idempotent",
    async run({ mp }) {
      const pool = new mp.Pool(2);
      const before = pool.map(slowSquare, range(40)), one = pool.applyAsync(square, [7]);
      pool.close();
      pool.close();
      const closed = "the pool is closed";
      await assertRejects(() => pool.apply(square, [1]), ClosedError, closed);
      await assertRejects(() => pool.applyAsync(square, [1]), ClosedError, closed);
      await assertRejects(() => pool.map(square, [1]), ClosedError, closed);
      await assertRejects(() => pool.map(square, []), ClosedError, closed);
      await assertRejects(() => pool.mapSettled(square, [1]), ClosedError, closed);
      await assertRejects(() => pool.starmapAsync(square, [[1]]), ClosedError, closed);
      assertThrows(() => pool.imap(square, [1]), ClosedError, closed);
      assertThrows(() => pool.imapUnordered(square, [1]), ClosedError, closed);
      assertEquals([await pool.join({ timeout: ENDS }), await pool.join()], [true, true]);
      assertEquals([await before, await one], [range(40).map((i) => i * i), 49]);
      assertEquals([pool.size, pool.stats().workers], [2, []]);
      pool.terminate(); // after its end: nothing
      assertEquals(await pool.join(), true);
    },
  },
  {
    name: "pool/close() while the input of a map is still being read: all of it is done",
    async run({ mp }) {
      const pool = new mp.Pool(2);
      await pool.apply(square, [1]);
      const slowly = async function* () {
        for (const i of range(5)) {
          await sleep(20);
          yield i;
        }
      };
      const mapped = pool.map(square, slowly()), settled = pool.mapSettled(square, slowly());
      pool.close();
      assert(await pool.join({ timeout: ENDS }));
      assertEquals(await within(mapped, ENDS, "the map"), [0, 1, 4, 9, 16]);
      assertEquals((await within(settled, ENDS, "the other")).length, 5);
    },
  },
  {
    name: "pool/join() before close() or terminate() is misuse; its timeout says so",
    async run({ mp }) {
      const gate = new mp.Event();
      const pool = new mp.Pool(1);
      await assertRejects(() => pool.join(), MisuseError, "close() or terminate() it first");
      const result = pool.applyAsync(waitFor, [gate]);
      pool.close();
      assertEquals(await pool.join({ timeout: 20 }), false);
      assertEquals(await pool.join({ timeout: 0 }), false);
      await assertRejects(() => pool.join({ signal: AbortSignal.abort(new RangeError("no")) }), RangeError, "no");
      gate.set();
      assertEquals([await pool.join({ timeout: ENDS }), await result], [true, 1]);
      gate.close();
    },
  },
  {
    name: "pool/terminate(): every unsettled result rejects at once with ClosedError (CPython: never)",
    async run({ mp }) {
      const gate = new mp.Event(), begun = new mp.Value("i", 0);
      const pool = new mp.Pool(2);
      const results: Promise<unknown>[] = range(5).map(() => pool.applyAsync(waitFor, [gate, begun]));
      results.push(pool.map(square, range(100)), pool.mapSettled(square, range(100)), pool.apply(never));
      results.push(collect(pool.imap(square, range(100))), collect(pool.imapSettled(square, range(100))));
      const settled = Promise.allSettled(results);
      pool.terminate();
      pool.terminate();
      for (const outcome of await within(settled, 2000, "the outcomes")) {
        assert(outcome.status === "rejected");
        assertIsError(outcome.reason, ClosedError, "terminated");
      }
      await assertRejects(() => pool.apply(square, [1]), ClosedError, "terminated");
      pool.close();
      assert(await pool.join({ timeout: ENDS }));
      gate.close();
      begun.close();
    },
  },
  {
    name: "pool/join() does not wait for what can't be stopped, in whatever order it was given up and closed",
    async run(env) {
      for (const how of ["close", "terminate", "both"] as const) {
        const gate = new env.mp.Event(), begun = new env.mp.Value("i", 0), pool = new env.mp.Pool(2);
        const options = how === "terminate" ? {} : { taskTimeout: 200 };
        const result = pool.applyAsync(computeUntil, [gate, begun], options);
        await until(() => begun.value === 1, 20_000, "the task to have begun");
        if (how !== "terminate") pool.close();
        if (how !== "close") pool.terminate();
        assertEquals(await within(pool.join({ timeout: 20_000 }), 20_000, how), true, how);
        await assertRejects(() => result, how === "close" ? TimeoutError : ClosedError);
        gate.set();
        gate.close();
        begun.close();
      }
    },
  },
  {
    name: "pool/close, terminate or both right after the start, with and without work",
    async run({ mp }) {
      for (const how of ["close", "terminate", "close, terminate"]) {
        for (const hasWork of [false, true]) {
          const pool = new mp.Pool(1);
          const result = hasWork ? pool.applyAsync(square, [3]) : undefined;
          if (how.includes("close")) pool.close();
          if (how.includes("terminate")) pool.terminate();
          assert(await pool.join({ timeout: ENDS }), how);
          if (how === "close" && hasWork) assertEquals(await result, 9);
          else if (hasWork) await assertRejects(async () => await result, ClosedError);
        }
      }
    },
  },
  {
    name: "pool/`await using` drains: what was accepted finishes (CPython: it is terminated)",
    async run({ mp }) {
      // As `await using` does it.
      const pool = new mp.Pool(2);
      const results = pool.map(slowSquare, range(30), { chunksize: 1 });
      await pool[Symbol.asyncDispose]();
      assertEquals(await results, range(30).map((i) => i * i));
      const terminated = new mp.Pool(2);
      terminated.terminate();
      await terminated[Symbol.asyncDispose]();
      await new mp.Pool(1)[Symbol.asyncDispose]();
    },
  },
  {
    name: "pool/a pool that was garbage would lose its work: a pending result keeps it going",
    async run(env) {
      const pools = range(2).map(() => new env.mp.Pool(1));
      const results = pools.map((pool) => pool.map(slowSquare, range(20), { chunksize: 1 }));
      for (const pool of pools) pool.close();
      const all = await Promise.all(results);
      assertEquals(all, [range(20).map((i) => i * i), range(20).map((i) => i * i)]);
      for (const pool of pools) assert(await pool.join({ timeout: ENDS }));
    },
  },
  {
    name: "pool/timeout of a call counts its time in the queue; nothing is left of it",
    async run(env) {
      const gate = new env.mp.Event(), begun = new env.mp.Value("i", 0);
      await withPool(env, 1, async (pool) => {
        const running = pool.applyAsync(waitFor, [gate, begun]);
        await assertRejects(() => pool.apply(waitFor, [gate, begun], { timeout: 30 }), TimeoutError, "apply");
        await assertRejects(() => pool.map(square, range(100), { timeout: 30 }), TimeoutError, "map");
        await assertRejects(() => pool.starmap(square, [[1]], { timeout: 0 }), TimeoutError, "starmap");
        await assertRejects(() => pool.apply(square, [1], { timeout: NaN }), MisuseError);
        await assertRejects(() => pool.apply(square, [1], { taskTimeout: 0 }), RangeError, "taskTimeout");
        gate.set();
        assertEquals(await running, 1);
        assertEquals(begun.value, 1);
        assertEquals(await pool.apply(square, [3], { timeout: Infinity, taskTimeout: 1e12 }), 9);
      });
      gate.close();
      begun.close();
    },
  },
  {
    name: "pool/AbortSignal rejects with its reason: aborted before, while queued, while running",
    async run(env) {
      const gate = new env.mp.Event(), begun = new env.mp.Value("i", 0);
      await withPool(env, 1, async (pool) => {
        const reason = new RangeError("enough"), { signal } = new AbortController();
        const aborted = AbortSignal.abort(reason);
        assertEquals(await assertRejects(() => pool.apply(square, [1], { signal: aborted })), reason);
        assertEquals(await assertRejects(() => pool.map(square, [1], { signal: aborted })), reason);
        assertEquals(await assertRejects(() => collect(pool.imap(square, [1], { signal: aborted }))), reason);
        assertEquals(await pool.apply(square, [2], { signal }), 4);
        const running = pool.applyAsync(waitFor, [gate, begun]);
        const controller = new AbortController();
        const queued = [
          pool.applyAsync(waitFor, [gate, begun], { signal: controller.signal }),
          pool.mapAsync(square, range(100), { signal: controller.signal }),
        ];
        controller.abort(reason);
        for (const result of queued) {
          assertEquals(await assertRejects(() => within<unknown>(result, 2000, "it")), reason);
        }
        gate.set();
        assertEquals(await running, 1);
        assertEquals(begun.value, 1);
        const second = new AbortController();
        const stopped = pool.apply(never, [], { signal: second.signal });
        await sleep(50);
        second.abort(reason);
        assertEquals(await assertRejects(() => within(stopped, 2000, "it")), reason);
        assertEquals(await pool.apply(square, [5]), 25);
      });
      gate.close();
      begun.close();
    },
  },
  {
    name: "pool/a pool can't travel",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        await assertRejects(() => pool.apply(echo, [pool]), SerializationError, "args[0]");
        const queue = new env.mp.Queue<unknown>();
        assertThrows(() => queue.putNowait({ pool }), SerializationError, ".pool");
        queue.close();
      });
    },
  },
  {
    name: "pool/a program that forgets to close its pool ends by itself, with its results",
    async run(env) {
      const { code, signal, stdout, stderr } = await runProgram(env, program("pool_forgotten"));
      assertEquals([stdout.trim(), code, signal], ["1 4 9", 0, null], stderr);
      assertEquals(stderr, "");
    },
  },
];
