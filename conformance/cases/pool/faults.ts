/** What can go wrong in a task, by every way to hand it in: it settles soon, alone, and the pool goes on. */

import { assert, assertEquals, assertIsError, assertLess, assertRejects, assertStringIncludes } from "../../assert.ts";
import type { Case, Env, Need } from "../../case.ts";
import { sendSignal, sleep, until } from "../../host.ts";
import { within } from "../../scale.ts";
import { square } from "../../targets/pool/tasks.ts";
import { type How, type Item, work } from "../../targets/pool/faults.ts";
import {
  type Pool,
  SerializationError,
  type TaskOptions,
  TimeoutError,
  type Value,
  WorkerDiedError,
} from "../../../mod.ts";
import { ENDS, range, withPool } from "./with_pool.ts";

/** Milliseconds from the fault to the outcome, on a machine that is busy with other things. */
const SOON = 5000;

interface Fault {
  readonly what: string;
  readonly how: How;
  readonly needs?: readonly Need[];
  /** The fault is that it runs too long: the outcome comes this much later. */
  readonly after?: number;
  /** Its outcome is the whole call's. */
  readonly isOfCall?: boolean;
  /** Makes the options of the call; `clock` shows when the task has begun. */
  options?(clock: Value): TaskOptions;
  check(error: unknown, env: Env): void;
}

function died(exitcode: number, how: string): Fault["check"] {
  return (error, { mp, method }) => {
    assertIsError(error, WorkerDiedError, how);
    assertEquals([error.exitcode, error.code], [exitcode, "ERR_MP_WORKER_DIED"]);
    assertEquals(error.pid === mp.currentProcess().pid, method === "worker");
    assertIsError(error, WorkerDiedError, `pid ${error.pid}`);
  };
}

const tooLong = (error: unknown) => assertIsError(error, TimeoutError, "taskTimeout");

const faults: readonly Fault[] = [
  { what: "process.exit()", how: "process.exit", check: died(7, "exit code 7") },
  { what: "exit()", how: "exit", check: died(8, "exit code 8") },
  { what: "exit after an await", how: "exit later", check: died(9, "exit code 9") },
  { what: "SIGKILL", how: "kill", needs: ["process"], check: died(-9, "signal 9") },
  { what: "an uncaught error beside it", how: "throw later", check: died(1, "exit code 1") },
  { what: "an unhandled rejection beside it", how: "reject later", check: died(1, "exit code 1") },
  {
    what: "an endless loop, taskTimeout",
    how: "spin",
    needs: ["stops-busy"],
    after: 400,
    options: () => ({ taskTimeout: 400 }),
    check: tooLong,
  },
  {
    what: "an endless loop, signal",
    how: "spin",
    needs: ["stops-busy"],
    isOfCall: true,
    options(clock) {
      const controller = new AbortController();
      void until(() => clock.value !== 0, 30_000).then(() => controller.abort(new RangeError("aborted")));
      return { signal: controller.signal };
    },
    check: (error) => assertIsError(error, RangeError, "aborted"),
  },
  {
    what: "a long computation, taskTimeout",
    how: "compute",
    after: 400,
    options: () => ({ taskTimeout: 400 }),
    check: tooLong,
  },
  {
    what: "a result that can't travel",
    how: "bad result",
    check: (error) => assertIsError(error, SerializationError, "deep[0] is a function"),
  },
  {
    what: "a result that can't be rebuilt",
    how: "bad rebuilt",
    check: (error) => assertIsError(error, Error, "broken on arrival"),
  },
  {
    what: "an error that can't be rebuilt",
    how: "bad error",
    check(error) {
      assertIsError(error, Error, "the original");
      assertStringIncludes(error.stack ?? "", "faults.ts");
    },
  },
  {
    what: "an error",
    how: "throw",
    check: (error) => assertIsError(error, RangeError, "thrown by the task"),
  },
];

/** The one of ten items that goes wrong. */
const BAD = 4;

/** A way to hand the items in; gives the error, and checks the outcomes of the other items. */
type Way = (pool: Pool, items: readonly Item[], options: TaskOptions) => Promise<unknown>;

async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  return await within(assertRejects(() => promise), 30_000, "the outcome");
}

function checkOutcomes(outcomes: readonly PromiseSettledResult<unknown>[]): unknown {
  let error: unknown;
  for (const [i, outcome] of outcomes.entries()) {
    if (i === BAD) error = outcome.status === "rejected" ? outcome.reason : undefined;
    else assertEquals(outcome, { status: "fulfilled", value: i * i });
  }
  return error;
}

const ways: Readonly<Record<string, Way>> = {
  async apply(pool, items, options) {
    const all = items.map((item) => pool.apply(work, [item], item[1] === "" ? {} : options));
    return checkOutcomes(await within(Promise.allSettled(all), 30_000, "the outcomes"));
  },
  map: (pool, items, options) => errorOf(pool.map(work, items, { ...options, chunksize: 2 })),
  async mapSettled(pool, items, options) {
    const outcomes = pool.mapSettled(work, items, { ...options, chunksize: 3 });
    return checkOutcomes(await within(outcomes, 30_000, "the outcomes"));
  },
  async imap(pool, items, options) {
    const seen: unknown[] = [];
    const error = await errorOf((async () => {
      for await (const value of pool.imap(work, items, options)) seen.push(value);
    })());
    if (options.signal === undefined) assertEquals(seen, range(BAD).map((i) => i * i));
    return error;
  },
  async imapSettled(pool, items, options) {
    const seen: PromiseSettledResult<unknown>[] = [];
    for await (const outcome of pool.imapSettled(work, items, options)) seen.push(outcome);
    assertEquals(seen.length, items.length);
    return checkOutcomes(seen);
  },
};

export const faultCases: readonly Case[] = faults.map((fault): Case => ({
  name: `pool/fault: ${fault.what}, by apply, map, imap and their …Settled`,
  ...(fault.needs && { needs: fault.needs }),
  timeLimit: 60_000,
  async run(env) {
    const clock = new env.mp.Value("d", 0);
    await withPool(env, 2, async (pool) => {
      for (const [way, run] of Object.entries(ways)) {
        clock.value = 0;
        if (fault.isOfCall && way.endsWith("Settled")) continue;
        const options = fault.options?.(clock) ?? {};
        const items = range(10).map((i): Item => [i, i === BAD ? fault.how : "", clock]);
        const error = await run(pool, items, options);
        const took = Date.now() - clock.value - (fault.after ?? 0);
        fault.check(error, env);
        assertLess(took, SOON, `milliseconds from the fault to the outcome of ${way}`);
        // The pool works afterwards, with all its workers.
        assertEquals(await pool.map(square, range(20), { chunksize: 1 }), range(20).map((i) => i * i));
        await until(() => pool.stats().workers.length === 2, ENDS, "two workers");
      }
    });
    clock.close();
  },
}));

/** Faults at which no result is to be lost or doubled, however often they come. */
export const backlogCases: readonly Case[] = [
  {
    name: "pool/fault: workers killed again and again under a backlog: every task settles exactly once",
    needs: ["process", "linux"],
    timeLimit: 60_000,
    async run(env) {
      const clock = new env.mp.Value("d", 0);
      await withPool(env, 2, async (pool) => {
        let settled = 0, lost = 0;
        const all = range(3000).map(async (i) => {
          try {
            assertEquals(await pool.apply(work, [[i, "", clock]]), i * i);
          } catch (error) {
            assertIsError(error, WorkerDiedError, "signal 9");
            lost++;
          }
          settled++;
        });
        let kills = 0;
        while (settled < all.length && kills < 8) {
          const [worker] = pool.stats().workers.filter(({ tasks }) => tasks > 0);
          if (worker !== undefined) {
            sendSignal(worker.pid, "SIGKILL");
            kills++;
          }
          await sleep(30);
        }
        await within(Promise.all(all), 40_000, "the outcomes");
        assertEquals(settled, 3000);
        assert(lost <= kills, `${lost} tasks were lost in ${kills} deaths`);
      });
      clock.close();
    },
  },
  {
    name: "pool/fault: workers that take themselves down again and again: only their tasks fail",
    timeLimit: 60_000,
    async run(env) {
      const clock = new env.mp.Value("d", 0);
      await withPool(env, 2, async (pool) => {
        const items = range(600).map((i): Item => [i, i % 100 === 50 ? "process.exit" : "", clock]);
        const outcomes = await pool.mapSettled(work, items, { chunksize: 1 });
        for (const [i, outcome] of outcomes.entries()) {
          if (i % 100 !== 50) assertEquals(outcome, { status: "fulfilled", value: i * i });
          else assert(outcome.status === "rejected" && outcome.reason instanceof WorkerDiedError, `item ${i}`);
        }
        assertEquals(pool.stats().failed, 6);
      });
      clock.close();
    },
  },
];
