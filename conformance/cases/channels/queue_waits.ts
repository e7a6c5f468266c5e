/** Queue: waits with timeouts and aborts, shutdown, iteration, and more processes than one. */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../../assert.ts";
import { ClosedError, Empty, Full, MisuseError } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { sleep } from "../../host.ts";
import { collect, doubleAll, fill } from "../../targets/channels/queues.ts";

export const queueWaitCases: readonly Case[] = [
  {
    name: "queue/get raises Empty when the timeout runs out, put raises Full",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1), started = performance.now();
      await assertRejects(() => queue.get({ timeout: 30 }), Empty);
      await queue.put(1);
      await assertRejects(() => queue.put(2, { timeout: 30 }), Full);
      assert(performance.now() - started >= 58, "neither came early");
      assertEquals([queue.qsize(), await queue.get()], [1, 1]);
      queue.close();
    },
  },
  {
    name: "queue/a timeout of 0 or less looks once; undefined and Infinity wait; NaN is refused",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1);
      for (const timeout of [0, -1, -Infinity]) {
        await assertRejects(() => queue.get({ timeout }), Empty);
        await queue.put(5, { timeout });
        await assertRejects(() => queue.put(6, { timeout }), Full);
        assertEquals(await queue.get({ timeout }), 5);
      }
      for (const timeout of [undefined, Infinity, 2 ** 40]) {
        const getting = queue.get({ timeout });
        await sleep(1);
        await queue.put(7);
        assertEquals(await getting, 7);
      }
      for (const timeout of [NaN, "1" as unknown as number]) {
        await assertRejects(() => queue.get({ timeout }), MisuseError, "timeout is");
        await assertRejects(() => queue.put(1, { timeout }), MisuseError, "timeout is");
      }
      assertEquals(queue.qsize(), 0);
      queue.close();
    },
  },
  {
    name: "queue/an abort rejects with the signal's reason, and leaves nothing: no item lost, none put",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1), reason = new Error("enough");
      const controller = new AbortController();
      const getting = queue.get({ signal: controller.signal });
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => getting), reason);
      await queue.put(1);
      const second = new AbortController();
      const putting = queue.put(2, { signal: second.signal });
      second.abort(reason);
      assertStrictEquals(await assertRejects(() => putting), reason);
      assertEquals([await queue.get(), queue.qsize()], [1, 0]);
      // Aborted before: nothing is even tried.
      assertStrictEquals(await assertRejects(() => queue.put(3, { signal: second.signal })), reason);
      await queue.put(4);
      assertStrictEquals(await assertRejects(() => queue.get({ signal: second.signal })), reason);
      assertEquals([queue.qsize(), await queue.get()], [1, 4]);
      // Nobody is left waiting in front of the next one.
      const next = queue.get();
      await queue.put(5);
      assertEquals(await next, 5);
      queue.close();
    },
  },
  {
    name: "queue/waits of one process are served in the order in which they began",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1), got: number[] = [];
      const gets = [0, 1, 2, 3].map((i) => queue.get().then((item) => got.push(10 * i + item)));
      for (let i = 0; i < 4; i++) await queue.put(i);
      await Promise.all(gets);
      assertEquals(got, [0, 11, 22, 33]);
      await queue.put(0);
      const puts = [1, 2, 3].map((i) => queue.put(i));
      for (let i = 0; i < 4; i++) assertEquals(await queue.get(), i);
      await Promise.all(puts);
      queue.close();
    },
  },
  {
    name: "queue/shutdown: puts are refused, gets drain what is there and are refused then",
    async run({ mp }) {
      const queue = new mp.Queue<number>(3);
      for (let i = 0; i < 3; i++) await queue.put(i);
      const putting = assertRejects(() => queue.put(3), ClosedError, "it is shut down");
      queue.shutdown();
      queue.shutdown(); // again is nothing new
      await putting;
      assertThrows(() => queue.putNowait(4), ClosedError, "it is shut down");
      assertEquals([queue.qsize(), await queue.get(), queue.getNowait(), await queue.get()], [3, 0, 1, 2]);
      await assertRejects(() => queue.get(), ClosedError, "it is shut down and empty");
      await assertRejects(() => queue.get({ timeout: 0 }), ClosedError);
      assertThrows(() => queue.getNowait(), ClosedError);
      assertEquals([queue.qsize(), queue.empty(), queue.full()], [0, true, false]);
      queue.close();
    },
  },
  {
    name: "queue/shutdown at once throws away what is there, and ends every wait",
    async run({ mp }) {
      const queue = new mp.Queue<number>(1), other = new mp.Queue<number>();
      await queue.put(1);
      const putting = assertRejects(() => queue.put(2), ClosedError);
      const getting = assertRejects(() => other.get(), ClosedError);
      queue.shutdown({ immediate: true });
      other.shutdown();
      await Promise.all([putting, getting]);
      assertEquals(queue.qsize(), 0);
      await assertRejects(() => queue.get(), ClosedError);
      queue.close();
      other.close();
    },
  },
  {
    name: "queue/iteration ends at the shutdown, after what is there",
    async run({ mp }) {
      const queue = new mp.Queue<number>();
      for (let i = 0; i < 3; i++) await queue.put(i);
      const seen: number[] = [];
      for await (const item of queue) {
        seen.push(item);
        if (item === 1) queue.shutdown();
      }
      assertEquals(seen, [0, 1, 2]);
      for await (const item of queue) seen.push(item);
      assertEquals(seen, [0, 1, 2]);
      queue.close();
    },
  },
  {
    name: "queue/iteration takes one item at a time: what isn't reached stays",
    async run({ mp }) {
      const queue = new mp.Queue<number>();
      for (let i = 0; i < 3; i++) await queue.put(i);
      for await (const item of queue) if (item === 0) break;
      assertEquals([queue.qsize(), await queue.get()], [2, 1]);
      queue.close();
    },
  },
  {
    name: "queue/several processes share it: each item once, and a shutdown ends them all",
    async run({ mp }) {
      const jobs = new mp.Queue<number>(4), results = new mp.Queue<[number, number]>();
      const children = [0, 1, 2].map((who) => new mp.Process({ target: doubleAll, args: [who, jobs, results] }));
      for (const one of children) one.start();
      for (let i = 0; i < 60; i++) await jobs.put(i);
      jobs.shutdown();
      assertEquals(await Promise.all(children.map((one) => one.join())), [0, 0, 0]);
      const got = Array.from({ length: results.qsize() }, () => results.getNowait()[1]);
      assertEquals(got.toSorted((a, b) => a - b), Array.from({ length: 60 }, (_, i) => 2 * i));
      jobs.close();
      results.close();
    },
  },
  {
    name: "queue/each producer's items come in its order; what is put outlives its producer",
    async run({ mp }) {
      const queue = new mp.Queue<[number, number]>();
      const children = [0, 1].map((who) => new mp.Process({ target: fill, args: [queue, who, 2000] }));
      for (const one of children) one.start();
      // Joining before draining never deadlocks, however much was put.
      assertEquals(await Promise.all(children.map((one) => one.join())), [0, 0]);
      const next = [0, 0];
      assertEquals(queue.qsize(), 4000);
      for (let i = 0; i < 4000; i++) {
        const [who, n] = queue.getNowait();
        assertEquals(n, next[who]);
        next[who] = n + 1;
      }
      queue.close();
    },
  },
  {
    name: "queue/a child waits at a full queue, and its items come when there is room",
    async run({ mp }) {
      const queue = new mp.Queue<[number, number]>(1);
      const child = new mp.Process({ target: fill, args: [queue, 0, 50] });
      await child.start();
      for (let i = 0; i < 50; i++) assertEquals((await queue.get())[1], i);
      assertEquals(await child.join(), 0);
      queue.close();
    },
  },
  {
    name: "queue/close in one process doesn't close it for others",
    async run({ mp }) {
      const queue = new mp.Queue<number>(), back = new mp.Queue<number[]>();
      const child = new mp.Process({ target: collect, args: [queue, back] });
      await child.start();
      await queue.put(1);
      await queue.put(2);
      queue.shutdown();
      queue.close();
      assertEquals(await back.get(), [1, 2]);
      assertEquals(await child.join(), 0);
      back.close();
    },
  },
];
