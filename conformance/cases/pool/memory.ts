/** Memory: what a pool needs doesn't grow with what it has done. */

import { assertEquals, assertLess, assertLessOrEqual } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { heapInUse, sleep } from "../../host.ts";
import { limit, many } from "../../scale.ts";
import { echo, square } from "../../targets/pool/tasks.ts";
import { range, withPool } from "./with_pool.ts";

/**
 * The bytes of heap that one round of many leaves behind.
 *
 * Bun's collector takes whatever looks like a pointer for one: now and then a whole round's objects outlive it, for a few
 * rounds. So many rounds are run, after as many as the heap needs to settle, and the least of three looks is believed.
 */
async function growth(round: () => Promise<void>): Promise<number> {
  const rounds = 20;
  for (let i = 0; i < 10; i++) await round();
  const before = await leastHeap(round);
  for (let i = 0; i < rounds - 3; i++) await round();
  return (await leastHeap(round) - before) / rounds;
}

async function leastHeap(round: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let i = 0; i < 3; i++) {
    await round();
    least = Math.min(least, heapInUse());
  }
  return least;
}

export const memoryCases: readonly Case[] = [
  {
    name: "pool/memory: imap over an endless input with a slow consumer stays flat",
    timeLimit: limit(60_000),
    async run(env) {
      await withPool(env, 2, async (pool) => {
        let read = 0, taken = 0;
        const endless = function* () {
          for (;;) {
            read++;
            yield "x".repeat(10_000);
          }
        };
        let before = 0;
        for await (const _ of pool.imap(echo, endless())) {
          taken++;
          assertLessOrEqual(read - taken, 5);
          if (taken % 10 === 0) await sleep(1);
          if (taken === many(1000)) before = heapInUse();
          if (taken === many(3000)) break;
        }
        assertLess(heapInUse() - before, 4e6); // all of it would be 20 MB
      });
    },
  },
  {
    name: "pool/memory: many small tasks leave the heap and the shared memory where they were",
    timeLimit: limit(60_000),
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const n = many(5000), items = range(n);
        const perRound = await growth(async () => {
          const results = await pool.map(square, items, { chunksize: 1 });
          assertEquals(results[n - 1], (n - 1) ** 2);
          await Promise.all(range(500).map((i) => pool.apply(square, [i])));
          const controller = new AbortController(), { signal } = controller;
          await Promise.all(range(500).map((i) => pool.apply(square, [i], { signal, timeout: 60_000 })));
        });
        assertLess(perRound, 300_000, "bytes a round");
      });
    },
  },
  {
    name: "pool/memory: calls that are cancelled, time out or fail leave nothing behind",
    timeLimit: limit(60_000),
    async run(env) {
      await withPool(env, 2, async (pool) => {
        const text = "x".repeat(20_000);
        const perRound = await growth(async () => {
          const results = range(200).map((i) => pool.applyAsync(echo, [`${text}${i}`]));
          for (const result of results) result.cancel();
          const mapped = pool.mapAsync(echo, range(200).map((i) => `${text}${i}`), { chunksize: 1 });
          mapped.cancel();
          await Promise.allSettled([...results, mapped]);
          for await (const _ of pool.imap(echo, range(100).map((i) => `${text}${i}`))) break;
          await pool.apply(square, [1]);
        });
        assertLess(perRound, 1e6, "bytes a round"); // the arguments of a round are 10 MB
      });
    },
  },
];
