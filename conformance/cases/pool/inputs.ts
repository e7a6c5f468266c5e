/** Inputs of a map that take their time. */

import { assertEquals, assertIsError, assertRejects } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { within } from "../../scale.ts";
import { echo, square } from "../../targets/pool/tasks.ts";
import { type AsyncResult, ClosedError, type Pool, TargetError, type TaskOptions, TimeoutError } from "../../../mod.ts";
import { withPool } from "./with_pool.ts";

const throwsAtLoad = new URL("../../targets/throws_at_load.ts#f", import.meta.url);

/** An input that never has an item; `closed` tells how often it was told that none is wanted. */
function stuckInput() {
  let closed = 0;
  const items: AsyncIterable<number> = {
    [Symbol.asyncIterator]: () => ({
      next: () => new Promise<never>(() => {}),
      return() {
        closed++;
        return Promise.reject(new Error("it is stuck"));
      },
    }),
  };
  return { items, closed: () => closed };
}

/** Ways to end a call from outside; each gives the options of the call, ends it, and checks the error. */
interface End {
  options?: () => TaskOptions;
  now?(call: AsyncResult<unknown>, pool: Pool): void;
  check(error: unknown): void;
}

const ends: Readonly<Record<string, End>> = {
  timeout: { options: () => ({ timeout: 50 }), check: (error) => assertIsError(error, TimeoutError) },
  signal: {
    options: () => ({ signal: AbortSignal.timeout(50) }),
    check: (error) => assertEquals((error as DOMException).name, "TimeoutError"),
  },
  "cancel()": { now: (call) => void call.cancel("enough"), check: (error) => assertEquals(error, "enough") },
  "terminate()": { now: (_, pool) => pool.terminate(), check: (error) => assertIsError(error, ClosedError) },
};

export const inputCases: readonly Case[] = [
  ...Object.entries(ends).map(([how, { options, now, check }]): Case => ({
    name: `pool/map over an input that has nothing yet: ${how} ends it, the input is closed, the pool can be joined`,
    async run(env) {
      await withPool(env, 1, async (pool) => {
        for (const isMap of [true, false]) {
          const { items, closed } = stuckInput();
          const call = isMap
            ? pool.mapAsync(square, items, options?.())
            : pool.starmapAsync(square, items as unknown as AsyncIterable<[number]>, options?.());
          now?.(call, pool);
          check(await within(assertRejects(() => call), 5000, how));
          assertEquals(closed(), 1);
          if (how === "terminate()") return;
        }
        assertEquals(await pool.apply(square, [3]), 9);
        pool.close();
        assertEquals(await pool.join({ timeout: 20_000 }), true);
      });
    },
  })),
  {
    name: "pool/map over an input that has nothing yet: a pool that breaks refuses it",
    async run(env) {
      const { items, closed } = stuckInput();
      const pool = new env.mp.Pool({ processes: 1, initializer: throwsAtLoad });
      const error = await within(assertRejects(() => pool.map(square, items)), 20_000, "the outcome");
      assertIsError(error, TargetError, "boom while loading");
      assertEquals(closed(), 1);
      pool.close();
      await pool.join();
    },
  },
  {
    name: "pool/map: an input that has ended by itself isn't told that no more is wanted",
    async run(env) {
      await withPool(env, 1, async (pool) => {
        for (const values of [[], [1], [() => {}]]) {
          let closed = 0;
          const rest = [...values];
          const items: AsyncIterable<unknown> = {
            [Symbol.asyncIterator]: () => ({
              next: () => Promise.resolve(rest.length > 0 ? { value: rest.shift() } : { done: true, value: undefined }),
              return: () => Promise.resolve({ done: true, value: ++closed }),
            }),
          };
          await pool.map(echo, items).catch(() => {});
          assertEquals(closed, 0);
        }
      });
    },
  },
];
