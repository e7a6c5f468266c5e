/** JoinableQueue and SimpleQueue: what they have besides a Queue, or instead of it. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../assert.ts";
import {
  ClosedError,
  Empty,
  JoinableQueue,
  MisuseError,
  Queue,
  SerializationError,
  SimpleQueue,
} from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { echoSimply, finishAll } from "../../targets/channels/queues.ts";

export const otherQueueCases: readonly Case[] = [
  {
    name: "joinable queue/join returns at once when nothing is unfinished",
    async run({ mp }) {
      const queue = new mp.JoinableQueue<number>();
      assertInstanceOf(queue, Queue);
      assertInstanceOf(queue, JoinableQueue);
      assertEquals([await queue.join(), await queue.join({ timeout: 0 })], [true, true]);
      queue.close();
    },
  },
  {
    name: "joinable queue/join waits for taskDone, not for get, and says when the time ran out",
    async run({ mp }) {
      const queue = new mp.JoinableQueue<number>(2);
      await queue.put(1);
      queue.putNowait(2);
      let joined = false;
      const joining = queue.join().then((done) => joined = done);
      assertEquals([await queue.get(), await queue.get()], [1, 2]);
      assertEquals(await queue.join({ timeout: 5 }), false);
      queue.taskDone();
      assertEquals([await queue.join({ timeout: 5 }), joined], [false, false]);
      queue.taskDone();
      assertEquals([await joining, await queue.join({ timeout: 0 })], [true, true]);
      queue.close();
    },
  },
  {
    name: "joinable queue/taskDone called too many times raises",
    async run({ mp }) {
      const queue = new mp.JoinableQueue<number>();
      assertThrows(() => queue.taskDone(), MisuseError, "taskDone() was called too many times");
      await queue.put(1);
      queue.taskDone(); // it counts puts: taking the item is no condition
      assertThrows(() => queue.taskDone(), MisuseError, "too many times");
      assertEquals(await queue.join({ timeout: 0 }), true);
      queue.close();
    },
  },
  {
    name: "joinable queue/an abort ends join, and close ends it too",
    async run({ mp }) {
      const queue = new mp.JoinableQueue<number>(), controller = new AbortController(), reason = new Error("enough");
      await queue.put(1);
      const joining = queue.join({ signal: controller.signal });
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => joining), reason);
      const other = assertRejects(() => queue.join(), ClosedError);
      queue.close();
      await other;
      await assertRejects(() => queue.join(), ClosedError);
      assertThrows(() => queue.taskDone(), ClosedError);
    },
  },
  {
    name: "joinable queue/a shutdown at once finishes what it throws away",
    async run({ mp }) {
      const queue = new mp.JoinableQueue<number>();
      for (let i = 0; i < 3; i++) await queue.put(i);
      await queue.get();
      const joining = queue.join();
      queue.shutdown({ immediate: true });
      assertEquals(await queue.join({ timeout: 0 }), false, "the one that was taken is due still");
      queue.taskDone();
      assert(await joining);
      queue.close();
    },
  },
  {
    name: "joinable queue/join waits for what other processes do",
    async run({ mp }) {
      const jobs = new mp.JoinableQueue<number>(), begun = new mp.Queue<number>();
      const children = [0, 1].map(() => new mp.Process({ target: finishAll, args: [jobs, begun] }));
      for (const one of children) one.start();
      for (let i = 0; i < 40; i++) await jobs.put(i);
      assert(await jobs.join());
      assertEquals(begun.qsize(), 40);
      jobs.shutdown();
      assertEquals(await Promise.all(children.map((one) => one.join())), [0, 0]);
      assertThrows(() => jobs.taskDone(), MisuseError);
      jobs.close();
      begun.close();
    },
  },
  {
    name: "simple queue/put, get and empty, in order, also between processes",
    async run({ mp }) {
      const to = new mp.SimpleQueue<unknown>(), from = new mp.SimpleQueue<unknown>();
      assertInstanceOf(to, SimpleQueue);
      assert(to.empty());
      await to.put("first");
      assert(!to.empty());
      const child = new mp.Process({ target: echoSimply, args: [to, from] });
      await child.start();
      await to.put({ list: [1, undefined] });
      await to.put(null);
      assertEquals([await from.get(), await from.get(), await from.get()], ["first", { list: [1, undefined] }, null]);
      assertEquals(await child.join(), 0);
      assert(from.empty());
      to.close();
      from.close();
    },
  },
  {
    name: "simple queue/put refuses in the caller what can't travel",
    async run({ mp }) {
      const queue = new mp.SimpleQueue<unknown>();
      await assertRejects(() => queue.put([() => {}]), SerializationError, "item[0] is a function");
      assert(queue.empty());
      queue.close();
    },
  },
  {
    name: "simple queue/close is idempotent, and any use after it is refused",
    async run({ mp }) {
      const queue = new mp.SimpleQueue<number>();
      const getting = assertRejects(() => queue.get(), ClosedError, "it is closed");
      queue.close();
      queue[Symbol.dispose]();
      await getting;
      await assertRejects(() => queue.get(), ClosedError);
      await assertRejects(() => queue.put(1), ClosedError);
      assertThrows(() => queue.empty(), ClosedError);
    },
  },
  {
    name: "simple queue/the same name is the same queue, and one that comes with a message is the one that went",
    async run({ mp }) {
      const one = new mp.SimpleQueue<number>({ name: "simple" }), two = new mp.SimpleQueue<number>({ name: "simple" });
      await one.put(1);
      assertEquals(await two.get(), 1);
      const carrier = new mp.Queue<{ queue: SimpleQueue<number> }>();
      await carrier.put({ queue: one });
      const { queue } = await carrier.get();
      await queue.put(2);
      assertEquals(await two.get(), 2);
      two.close();
      one.close();
      carrier.close();
    },
  },
  {
    name: "queue/subclass of it made by another process: a JoinableQueue arrives as one",
    async run({ mp }) {
      const carrier = new mp.Queue<Queue<number>>(), inner = new mp.JoinableQueue<number>(1);
      await carrier.put(inner);
      const got = await carrier.get();
      assertStrictEquals(got, inner);
      assertInstanceOf(got, JoinableQueue);
      await assertRejects(() => got.get({ timeout: 0 }), Empty);
      inner.close();
      carrier.close();
    },
  },
];
