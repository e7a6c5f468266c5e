/** Program 7: a pool, and every way to hand tasks to its workers; all give the same results. */

import { assert, assertEquals } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { power, square } from "../../targets/tutorial/07_pool.ts";
import { numbers } from "./ten.ts";

const squares: number[] = numbers.map((i) => i * i);
const pairs: [number, number][] = numbers.map((i) => [i, 2]);

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export const poolCases: readonly Case[] = [
  {
    name: "tutorial/07 apply, map, starmap, imap, imapUnordered and their Async forms give the same results",
    async run({ mp }) {
      const pool = new mp.Pool(3);
      try {
        assertEquals(await Promise.all(numbers.map((i) => pool.apply(square, [i]))), squares);
        const later = numbers.map((i) => pool.applyAsync(square, [i]));
        assertEquals(await Promise.all(later.map((result) => result.get({ timeout: 15_000 }))), squares);
        assert(later.every((result) => result.ready() && result.successful()));

        assertEquals(await pool.map(square, numbers), squares);
        assertEquals(await pool.map(square, numbers, { chunksize: 4 }), squares);
        const mapped = pool.mapAsync(square, numbers);
        assert(await mapped.wait({ timeout: 15_000 }));
        assertEquals(await mapped, squares);

        assertEquals(await pool.starmap(power, pairs), squares);
        assertEquals(await pool.starmapAsync(power, pairs).get(), squares);

        assertEquals(await collect(pool.imap(square, numbers)), squares);
        const unordered = await collect(pool.imapUnordered(square, numbers));
        assertEquals(unordered.toSorted((a, b) => a - b), squares);
      } finally {
        pool.close();
        assert(await pool.join());
      }
    },
  },
];
