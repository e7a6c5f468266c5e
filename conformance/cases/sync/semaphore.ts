/** Cases for Semaphore and BoundedSemaphore, in one process. */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { within } from "../../scale.ts";
import { ClosedError, MisuseError, TimeoutError } from "../../../mod.ts";

export const semaphoreCases: readonly Case[] = [
  {
    name: "semaphore/value: default 1, 0 is allowed, below or no integer is a range error",
    run({ mp }) {
      for (const type of [mp.Semaphore, mp.BoundedSemaphore]) {
        const values = [undefined, 0, 3, { value: 5 }, {}].map((value) => {
          const one = new type(value), found = one.getValue();
          one.close();
          assertThrows(() => one.getValue(), ClosedError);
          return found;
        });
        assertEquals(values, [1, 0, 3, 5, 1]);
        for (const value of [-1, 1.5, NaN, Infinity, 2 ** 31, "3" as never, { value: -1 }]) {
          assertThrows(() => new type(value), RangeError, "value");
        }
      }
      return Promise.resolve();
    },
  },
  {
    name: "semaphore/as many as there are permits get in",
    async run({ mp }) {
      const semaphore = new mp.Semaphore(3);
      const held = [await semaphore.hold(), await semaphore.hold()];
      assert(semaphore.acquireNowait());
      assertEquals(semaphore.getValue(), 0);
      assertEquals(await semaphore.acquire({ timeout: 5 }), false);
      await assertRejects(() => semaphore.hold({ timeout: 5 }), TimeoutError, "no permit");
      semaphore.release();
      held[0]?.[Symbol.dispose]();
      held[0]?.[Symbol.dispose]();
      assertEquals(semaphore.getValue(), 2);
      assertEquals(await semaphore.with(() => semaphore.getValue()), 1);
      held[1]?.[Symbol.dispose]();
      assertEquals(semaphore.getValue(), 3);
      semaphore.close();
    },
  },
  {
    name: "semaphore/release may exceed the initial value, up to 2^31 - 1",
    run({ mp }) {
      const semaphore = new mp.Semaphore(1);
      semaphore.release();
      semaphore.release(2);
      assertEquals(semaphore.getValue(), 4);
      semaphore.release(2 ** 31 - 5);
      assertEquals(semaphore.getValue(), 2 ** 31 - 1);
      assertThrows(() => semaphore.release(), MisuseError, "at most");
      assertEquals(semaphore.getValue(), 2 ** 31 - 1);
      semaphore.close();
      return Promise.resolve();
    },
  },
  {
    name: "semaphore/release takes a number of permits from 1",
    run({ mp }) {
      const semaphore = new mp.Semaphore(0);
      for (const n of [0, -1, 1.5, NaN, Infinity, "2" as never]) {
        assertThrows(() => semaphore.release(n), RangeError, "permits");
      }
      assertEquals(semaphore.getValue(), 0);
      semaphore.close();
      return Promise.resolve();
    },
  },
  {
    name: "semaphore/release(n) lets n of those who wait in",
    async run({ mp }) {
      const semaphore = new mp.Semaphore(0);
      const got: number[] = [];
      const all = [0, 1, 2, 3, 4].map((i) => semaphore.acquire().then(() => got.push(i)));
      semaphore.release(3);
      await within(Promise.all(all.slice(0, 3)), 5000, "three acquires");
      assertEquals([got, semaphore.getValue()], [[0, 1, 2], 0]);
      semaphore.release(2);
      await within(Promise.all(all), 5000, "the others");
      semaphore.close();
    },
  },
  {
    name: "semaphore/bounded: over-release is misuse and changes nothing",
    async run({ mp }) {
      for (const value of [0, 1, 3]) {
        const semaphore = new mp.BoundedSemaphore(value);
        assertThrows(() => semaphore.release(), MisuseError, `at most ${value}`);
        if (value > 0) {
          await semaphore.acquire();
          assertThrows(() => semaphore.release(2), MisuseError);
          assertEquals(semaphore.getValue(), value - 1);
          semaphore.release();
        }
        assertEquals(semaphore.getValue(), value);
        semaphore.close();
      }
    },
  },
  {
    name: "semaphore/bounded: a permit that another released is over-released by its holder",
    async run({ mp }) {
      const semaphore = new mp.BoundedSemaphore(1);
      const held = await semaphore.hold();
      semaphore.release();
      assertThrows(() => held[Symbol.dispose](), MisuseError);
      assertEquals(semaphore.getValue(), 1);
      assert(semaphore.acquireNowait());
      assertFalse(semaphore.acquireNowait());
      semaphore.release();
      semaphore.close();
    },
  },
  {
    name: "semaphore/bounded: a handle with a permit that another released closes, and is gone",
    async run({ mp }) {
      const name = `bounded-${Math.random()}`, semaphore = new mp.BoundedSemaphore({ name, value: 1 });
      await semaphore.hold();
      semaphore.release();
      semaphore.close();
      const another = new mp.BoundedSemaphore({ name, value: 2 });
      assertEquals(another.getValue(), 2);
      another.close();
    },
  },
  {
    name: "semaphore/by name: the first creator's value counts",
    run({ mp }) {
      const name = `semaphore-${Math.random()}`;
      const one = new mp.Semaphore({ name, value: 2 }), two = new mp.Semaphore({ name, value: 7 });
      assertEquals(two.getValue(), 2);
      two.release(3);
      assertEquals(one.getValue(), 5);
      assertThrows(() => new mp.BoundedSemaphore({ name }), MisuseError, name);
      one.close();
      assertEquals(two.getValue(), 5);
      two.close();
      return Promise.resolve();
    },
  },
];
