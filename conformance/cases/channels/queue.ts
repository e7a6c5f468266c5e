/** Queue, as one process uses it: what is put and taken at once, in which order, and what is refused. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "../../assert.ts";
import { ClosedError, Empty, Full, MisuseError, SerializationError, TimeoutError } from "../../../mod.ts";
import type { Case } from "../../case.ts";

export const queueCases: readonly Case[] = [
  {
    name: "queue/items come out in the order in which one producer put them",
    async run({ mp }) {
      const queue = new mp.Queue<number>();
      for (let i = 0; i < 1000; i++) {
        if (i % 2 === 0) await queue.put(i);
        else queue.putNowait(i);
      }
      for (let i = 0; i < 1000; i++) assertEquals(i % 3 === 0 ? queue.getNowait() : await queue.get(), i);
      queue.close();
    },
  },
  {
    name: "queue/qsize, empty and full say what is in it now",
    async run({ mp }) {
      const queue = new mp.Queue<number>(2);
      const look = () => [queue.qsize(), queue.empty(), queue.full()];
      assertEquals(look(), [0, true, false]);
      await queue.put(1);
      assertEquals(look(), [1, false, false]);
      await queue.put(2);
      assertEquals(look(), [2, false, true]);
      await queue.get();
      assertEquals(look(), [1, false, false]);
      queue.close();
    },
  },
  {
    name: "queue/maxsize: 0, negative or none is unbounded, and then it is never full",
    async run({ mp }) {
      for (const options of [undefined, 0, -1, {}, { maxsize: 0 }, { maxsize: -5 }]) {
        const queue = new mp.Queue<number>(options);
        for (let i = 0; i < 200; i++) await queue.put(i, { block: false });
        assertEquals([queue.qsize(), queue.full()], [200, false]);
        queue.close();
      }
    },
  },
  {
    name: "queue/maxsize that is not an integer is refused",
    run({ mp }) {
      for (const maxsize of [1.5, NaN, Infinity, 2 ** 31, "3", null]) {
        assertThrows(() => new mp.Queue({ maxsize: maxsize as number }), MisuseError, "maxsize");
      }
      return Promise.resolve();
    },
  },
  {
    name: "queue/put_nowait raises Full at once",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1);
      queue.putNowait(1);
      const error = assertThrows(() => queue.putNowait(2), Full, "it is full (1 items)");
      assertInstanceOf(error, TimeoutError);
      assertEquals([error.code, error.name], ["ERR_MP_FULL", "TimeoutError"]);
      await assertRejects(() => queue.put(2, { block: false }), Full);
      // block: false wins over a timeout.
      await assertRejects(() => queue.put(2, { block: false, timeout: 60_000 }), Full);
      assertEquals([queue.qsize(), await queue.get()], [1, 1]);
      queue.close();
    },
  },
  {
    name: "queue/get_nowait raises Empty at once",
    async run({ mp }) {
      const queue = new mp.Queue<number>();
      const error = assertThrows(() => queue.getNowait(), Empty, "it is empty");
      assertInstanceOf(error, TimeoutError);
      assertEquals([error.code, error.name], ["ERR_MP_EMPTY", "TimeoutError"]);
      await assertRejects(() => queue.get({ block: false }), Empty);
      await assertRejects(() => queue.get({ block: false, timeout: 60_000 }), Empty);
      queue.close();
    },
  },
  {
    name: "queue/put copies the item at once: what is changed later isn't seen",
    async run({ mp }) {
      const queue = new mp.Queue<{ n: number; list: number[] }>(1), item = { n: 1, list: [1] };
      await queue.put(item);
      const waiting = queue.put(item); // it is full: this one waits
      item.n = 2;
      item.list.push(2);
      assertEquals(await queue.get(), { n: 1, list: [1] });
      await waiting;
      assertEquals(await queue.get(), { n: 1, list: [1] });
      queue.close();
    },
  },
  {
    name: "queue/put refuses what can't travel at once, and uses up no place",
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(1);
      await assertRejects(() => queue.put({ cb: () => {} }), SerializationError, "item.cb is a function");
      assertThrows(() => queue.putNowait([Symbol("s")]), SerializationError, "item[0] is a symbol");
      assertEquals(queue.qsize(), 0);
      await queue.put(1, { block: false });
      assertEquals(await queue.get(), 1);
      queue.close();
    },
  },
  {
    name: "queue/undefined, null, false and 0 are items like others",
    async run({ mp }) {
      const queue = new mp.Queue<unknown>();
      for (const item of [undefined, null, false, 0, ""]) {
        await queue.put(item);
        assertEquals(queue.qsize(), 1);
        assertEquals(await queue.get({ timeout: 0 }), item);
        queue.putNowait(item);
        assertEquals(queue.getNowait(), item);
      }
      queue.close();
    },
  },
  {
    name: "queue/close: this handle is refused from then on, and waits on it end",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1);
      const getting = assertRejects(() => queue.get(), ClosedError, "it is closed");
      queue.close();
      queue.close(); // idempotent
      await getting;
      await assertRejects(() => queue.put(1), ClosedError);
      await assertRejects(() => queue.get(), ClosedError);
      const sync = ["putNowait", "getNowait", "qsize", "empty", "full", "shutdown"] as const;
      for (const name of sync) {
        const error = assertThrows(() => (queue[name] as (item?: unknown) => unknown)(1), ClosedError, "it is closed");
        assertEquals(error.code, "ERR_MP_CLOSED");
      }
      await assertRejects(() => queue[Symbol.asyncIterator]().next(), ClosedError);
      await assertRejects(() => mp.wait([queue]), ClosedError);
      const full = new mp.Queue<number>(1);
      await full.put(1);
      const putting = assertRejects(() => full.put(2), ClosedError);
      full[Symbol.dispose]();
      await putting;
    },
  },
  {
    name: "queue/close drops one handle: another one by the same name goes on",
    async run({ mp }) {
      const one = new mp.Queue<number>({ name: "queue/close", maxsize: 3 });
      const two = new mp.Queue<number>({ name: "queue/close", maxsize: 3 });
      await one.put(1);
      one.close();
      assertEquals(await two.get(), 1);
      await assertRejects(() => one.get(), ClosedError);
      two.close();
      // With the last handle it is gone, and the name is free.
      const other = new mp.Queue<number>({ name: "queue/close", maxsize: 1 });
      assert(other.empty());
      other.close();
    },
  },
  {
    name: "queue/a name that is another class's, or of another maxsize, is refused",
    run({ mp }) {
      const queue = new mp.Queue({ name: "queue/name", maxsize: 2 });
      const refused: (() => unknown)[] = [
        () => new mp.Queue({ name: "queue/name" }),
        () => new mp.Queue({ name: "queue/name", maxsize: 3 }),
        () => new mp.JoinableQueue({ name: "queue/name", maxsize: 2 }),
        () => new mp.SimpleQueue({ name: "queue/name" }),
        () => new mp.Lock({ name: "queue/name" }),
        () => mp.Pipe({ name: "queue/name" }),
        () => new mp.Queue({ name: "" }),
        () => new mp.Queue({ name: 3 as unknown as string }),
      ];
      for (const make of refused) assertThrows(make, MisuseError, "name");
      queue.close();
      const simple = new mp.SimpleQueue({ name: "queue/name" });
      assertThrows(() => new mp.Queue({ name: "queue/name" }), MisuseError, "name");
      simple.close();
      return Promise.resolve();
    },
  },
  {
    name: "queue/errors tell the queue's name",
    async run({ mp }) {
      const queue = new mp.Queue({ name: "queue/told", maxsize: 1 });
      await assertRejects(() => queue.get({ timeout: 0 }), Empty, 'queue "queue/told"');
      await queue.put(1);
      assertThrows(() => queue.putNowait(2), Full, 'queue "queue/told"');
      queue.shutdown();
      await assertRejects(() => queue.put(2), ClosedError, 'Cannot put into queue "queue/told": it is shut down');
      queue.close();
    },
  },
];
