/** What can go wrong around tasks: modules, initializers, inputs, callbacks, workers that can't start. */

import { assert, assertEquals, assertIsError, assertLessOrEqual, assertRejects } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { runProgram, sendSignal, until } from "../../host.ts";
import { within } from "../../scale.ts";
import { echo, setUp, square } from "../../targets/pool/tasks.ts";
import { failToStart } from "../../targets/pool/faults.ts";
import { SerializationError, TargetError, WorkerDiedError } from "../../../mod.ts";
import { collect, ENDS, range, withPool } from "./with_pool.ts";

const throwsAtLoad = new URL("../../targets/throws_at_load.ts#f", import.meta.url);
const exitsAtLoad = new URL("../../targets/pool/exits_at_load.ts#f", import.meta.url);

export const poolFaultCases: readonly Case[] = [
  {
    name: "pool/fault: a module that fails to load fails its tasks, each time; the pool goes on",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        for (let i = 0; i < 2; i++) {
          await assertRejects(() => within(pool.apply(throwsAtLoad), ENDS, "apply"), TargetError, "boom while loading");
          await assertRejects(() => pool.map(throwsAtLoad, [1, 2, 3]), TargetError);
          await assertRejects(() => collect(pool.imap(throwsAtLoad, [1, 2, 3])), TargetError);
          const outcomes = await pool.mapSettled(throwsAtLoad, [1, 2, 3]);
          assertEquals(outcomes.map(({ status }) => status), ["rejected", "rejected", "rejected"]);
        }
        assertEquals(await pool.map(square, [3]), [9]);
      });
    },
  },
  {
    name: "pool/fault: a module that ends the process while it loads",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        await assertRejects(() => within(pool.apply(exitsAtLoad), ENDS, "apply"), WorkerDiedError, "exit code 6");
        await assertRejects(() => within(pool.map(exitsAtLoad, [1]), ENDS, "map"), WorkerDiedError, "exit code 6");
        assertEquals(await pool.map(square, [3]), [9]);
      });
    },
  },
  ...(["throw", "reject", "exit"] as const).map((how): Case => ({
    name: `pool/fault: an initializer that fails fails the pool with the cause, no crash loop (${how})`,
    async run(env) {
      const runs = new env.mp.Value("i", 0);
      const pool = new env.mp.Pool({ processes: 2, initializer: failToStart, initargs: [runs, how] });
      const check = (error: unknown) =>
        how === "exit"
          ? assertIsError(error, WorkerDiedError, "exit code 4")
          : assertIsError(error, RangeError, "not today");
      const first = [pool.apply(square, [1]), pool.map(square, range(100)), collect(pool.imap(square, range(100)))];
      for (const outcome of await within(Promise.allSettled(first), ENDS, "the outcomes")) {
        assert(outcome.status === "rejected");
        check(outcome.reason);
      }
      await until(() => pool.stats().workers.length === 0, ENDS, "the workers' end");
      check(await assertRejects(() => within(pool.apply(square, [1]), 2000, "a later one")));
      check(await assertRejects(() => within(pool.map(square, [1]), 2000, "a later one")));
      check(await assertRejects(() => within(collect(pool.imap(square, [1])), 2000, "a later one")));
      assertLessOrEqual(runs.value, 2);
      pool.close();
      assert(await pool.join({ timeout: ENDS }), "join hangs");
      runs.close();
    },
  })),
  {
    name: "pool/fault: an initializer that isn't there fails the pool",
    async run(env) {
      const pool = new env.mp.Pool({ processes: 2, initializer: throwsAtLoad });
      await assertRejects(() => within(pool.apply(square, [1]), ENDS, "apply"), TargetError, "boom while loading");
      pool.terminate();
      assert(await pool.join({ timeout: ENDS }), "join hangs");
    },
  },
  {
    name: "pool/fault: initargs that can't travel fail the pool",
    async run(env) {
      const bad = new URL("../../targets/pool/tasks.ts#noSuchExport", import.meta.url);
      const pool = new env.mp.Pool({ processes: 1, initializer: bad });
      await assertRejects(() => within(pool.apply(square, [1]), ENDS, "apply"), TargetError, "noSuchExport");
      pool.close();
      assert(await pool.join({ timeout: ENDS }), "join hangs");
      const unfit = new env.mp.Pool({ processes: 1, initializer: setUp, initargs: [() => {}] });
      await assertRejects(() => within(unfit.apply(square, [1]), ENDS, "apply"), SerializationError, "is a function");
      unfit.close();
      assert(await unfit.join({ timeout: ENDS }), "join hangs");
    },
  },
  {
    name: "pool/fault: a task that runs out of memory takes its worker down, and nothing else",
    needs: ["heap-limit"],
    timeLimit: 60_000,
    async run(env) {
      const flag = "--max-old-space-size=80";
      const flags = [env.runtime === "deno" ? `--v8-flags=${flag}` : flag];
      const program = new URL("../../targets/programs/pool_memory.ts", import.meta.url);
      const { code, stdout, stderr } = await runProgram(env, program, { flags, limit: 50_000 });
      const lines = ["0", "1", "2", "WorkerDiedError", "4", "5", "WorkerDiedError 6"];
      assertEquals([stdout.trim().split("\n"), code], [lines, 0], stderr);
    },
  },
  {
    name: "pool/fault: a worker killed while it starts is replaced",
    needs: ["process", "linux"],
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const results = pool.map(square, range(100), { chunksize: 1 });
        const [worker] = pool.stats().workers;
        assert(worker !== undefined && worker.pid > 0);
        sendSignal(worker.pid, "SIGKILL");
        assertEquals(await within(results, ENDS, "the results"), range(100).map((i) => i * i));
      });
    },
  },
  {
    name: "pool/fault: onProgress that throws rejects its call alone",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const onProgress = (done: number) => {
          if (done >= 3) throw new RangeError("bad callback");
        };
        const other = pool.map(square, range(50), { chunksize: 1 });
        const options = { chunksize: 1, onProgress };
        await assertRejects(
          () => within(pool.map(square, range(50), options), ENDS, "map"),
          RangeError,
          "bad callback",
        );
        await assertRejects(() => pool.mapSettled(square, range(50), options), RangeError, "bad callback");
        const seen: number[] = [];
        const reading = async () => {
          for await (const value of pool.imap(square, range(50), options)) seen.push(value);
        };
        await assertRejects(() => within(reading(), ENDS, "imap"), RangeError, "bad callback");
        assertEquals(seen, [0, 1, 4].slice(0, seen.length));
        await assertRejects(() => collect(pool.imapSettled(square, range(50), options)), RangeError, "bad callback");
        assertEquals(await other, range(50).map((i) => i * i));
        assertEquals(await pool.apply(square, [3]), 9);
      });
    },
  },
  {
    name: "pool/fault: onProgress may use the pool, even end it",
    async run(env) {
      const pool = new env.mp.Pool(2);
      const more: Promise<number>[] = [];
      const onProgress = () => void more.push(pool.apply(square, [more.length]));
      assertEquals(await pool.map(square, range(10), { chunksize: 1, onProgress }), range(10).map((i) => i * i));
      assertEquals(await Promise.all(more), range(10).map((i) => i * i));
      const ended = pool.map(square, range(1000), { chunksize: 1, onProgress: () => pool.terminate() });
      await assertRejects(() => within(ended, ENDS, "the end"), Error, "terminated");
      assert(await pool.join({ timeout: ENDS }));
    },
  },
  {
    name: "pool/fault: an input that throws leaves other calls alone",
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const other = pool.map(echo, range(200), { chunksize: 1 });
        const input = function* () {
          yield 1;
          throw new RangeError("bad input");
        };
        await assertRejects(() => pool.map(square, input()), RangeError, "bad input");
        await assertRejects(() => collect(pool.imap(square, input())), RangeError, "bad input");
        await assertRejects(() => collect(pool.imapSettled(square, input())), RangeError, "bad input");
        assertEquals(await other, range(200));
      });
    },
  },
];
