/** wait(): which of several objects is ready. */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "../../assert.ts";
import { ClosedError, type Connection, MisuseError, type WaitObject } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { sleep, until } from "../../host.ts";
import { sendNumbers } from "../../targets/channels/pipes.ts";
import { collect } from "../../targets/channels/queues.ts";

export const waitCases: readonly Case[] = [
  {
    name: "wait/returns the ready ones of mixed objects in input order, and takes nothing",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>(), queue = new mp.Queue<number>(), event = new mp.Event();
      const child = new mp.Process();
      await child.start();
      let resolve = () => {};
      const promise = new Promise<void>((done) => resolve = done);
      const all: WaitObject[] = [event, promise, queue, child, child.sentinel, a];
      assertEquals(await mp.wait([event, promise, queue, a], { timeout: 0 }), []);
      await child.join();
      assertEquals(await mp.wait(all), [child, child.sentinel]);
      event.set();
      resolve();
      await queue.put(1);
      await b.send(2);
      assertEquals(await mp.wait(all), all);
      assertEquals(await mp.wait(new Set(all), { timeout: 0 }), all);
      assertEquals([await queue.get(), await a.recv()], [1, 2]);
      event.clear();
      assertEquals(await mp.wait([queue, a, event, promise]), [promise]);
      for (const one of [a, b, queue, event, child]) one.close();
    },
  },
  {
    name: "wait/each kind of object wakes it",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>(), queue = new mp.Queue<number>(), event = new mp.Event();
      const child = new mp.Process({ target: sendNumbers, args: [b, 0] });
      const wakes: [WaitObject, () => unknown][] = [
        [a, () => b.send(1)],
        [queue, () => queue.put(1)],
        [event, () => event.set()],
        [child, () => {}],
      ];
      await child.start();
      for (const [object, wake] of wakes) {
        const waiting = mp.wait([object]);
        await wake();
        assertEquals(await waiting, [object]);
      }
      for (const one of [a, b, queue, event, child]) one.close();
    },
  },
  {
    name: "wait/a connection at end-of-file and a queue shut down are ready",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>(), queue = new mp.Queue<number>();
      const waiting = mp.wait([a]);
      b.close();
      assertEquals(await waiting, [a]);
      const waitingToo = mp.wait([queue]);
      queue.shutdown();
      assertEquals(await waitingToo, [queue]);
      a.close();
      queue.close();
    },
  },
  {
    name: "wait/[] when time runs out, also for no objects at all",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>(), started = performance.now();
      assertEquals(await mp.wait([a], { timeout: 20 }), []);
      assertEquals(await mp.wait([], { timeout: 20 }), []);
      assert(performance.now() - started >= 38, "neither came early");
      assertEquals([await mp.wait([a], { timeout: -1 }), await mp.wait([], { timeout: 0 })], [[], []]);
      await assertRejects(() => mp.wait([a], { timeout: NaN }), MisuseError);
      a.close();
      b.close();
    },
  },
  {
    name: "wait/an abort ends it, and leaves no wait behind",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>(), queue = new mp.Queue<number>(), reason = new Error("enough");
      const controller = new AbortController();
      const waiting = mp.wait([a, queue], { signal: controller.signal });
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => waiting), reason);
      await assertRejects(() => mp.wait([a], { signal: controller.signal }));
      const getting = queue.get(), receiving = a.recv();
      await queue.put(1);
      await b.send(2);
      assertEquals([await getting, await receiving], [1, 2]);
      for (const one of [a, b, queue]) one.close();
    },
  },
  {
    name: "wait/a queue that is closed at the moment when it gets ready ends it, and another waiter gets the item",
    async run({ mp }) {
      const name = `wait-${Math.random()}`,
        queue = new mp.Queue<number>({ name }),
        other = new mp.Queue<number>({ name });
      const back = new mp.Queue<number[]>(), child = new mp.Process({ target: collect<number>, args: [other, back] });
      await child.start();
      await sleep(100); // so that the child waits, too; later it finds the item without being woken
      const waiting = assertRejects(() => mp.wait([queue]), ClosedError);
      await sleep(10);
      queue.putNowait(1); // wakes this process, the first in turn
      queue.close();
      await waiting;
      await until(() => other.empty());
      other.shutdown();
      assertEquals(await back.get(), [1]);
      assertEquals(await child.join(), 0);
      for (const one of [other, back, child]) one.close();
    },
  },
  {
    name: "wait/a closed member, one not started, or something else is refused",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>(), queue = new mp.Queue<number>();
      queue.close();
      await assertRejects(() => mp.wait([a, queue]), ClosedError);
      const waiting = assertRejects(() => mp.wait([a]), ClosedError);
      a.close();
      await waiting;
      await assertRejects(() => mp.wait([new mp.Process()]), MisuseError, "not started");
      for (const wrong of [1, null, {}, "text", () => {}]) {
        await assertRejects(() => mp.wait([wrong as unknown as Connection]), MisuseError, "Cannot wait");
      }
      b.close();
    },
  },
  {
    name: "wait/who asks over and over without waiting lets timers, aborts and the ends of children through",
    async run({ mp }) {
      const now = { timeout: 0 }, atOnce = { block: false };
      const [a, b] = mp.Pipe<number>(), empty = new mp.JoinableQueue<number>(), full = new mp.JoinableQueue<number>(1);
      const event = new mp.Event(),
        lock = new mp.Lock(),
        semaphore = new mp.Semaphore(0),
        condition = new mp.Condition();
      const child = new mp.Process();
      await lock.acquire();
      await full.put(1);
      await condition.acquire();
      const questions: Record<string, () => Promise<unknown>> = {
        "Connection.poll": () => a.poll(),
        "Connection.poll, true": () => b.poll(),
        "Connection.recv": () => a.recv(now).catch(() => {}),
        "Queue.get": () => empty.get(atOnce).catch(() => {}),
        "Queue.put": () => full.put(1, atOnce).catch(() => {}),
        "JoinableQueue.join": () => full.join(now),
        "Event.wait": () => event.wait(now),
        "Lock.acquire": () => lock.acquire(atOnce),
        "Lock.hold": () => lock.hold(now).catch(() => {}),
        "Semaphore.acquire": () => semaphore.acquire(now),
        "Semaphore.hold": () => semaphore.hold(now).catch(() => {}),
        "Condition.waitFor": () => condition.waitFor(() => false, now),
        "Condition.waitFor, true": () => condition.waitFor(() => true),
        "wait": () => mp.wait([a, empty, event], now),
        "wait, of a promise": () => mp.wait([new Promise<void>(() => {})], now),
        "wait, of what is ready": () => mp.wait([b]),
      };
      await a.send(1);
      for (const [what, ask] of Object.entries(questions)) {
        const signal = AbortSignal.timeout(1), end = performance.now() + 5000;
        while (!signal.aborted) {
          await ask();
          assert(performance.now() < end, `${what}: no timer fired`);
        }
      }
      await child.start();
      const end = performance.now() + 10_000;
      while ((await mp.wait([child], now)).length === 0) assert(performance.now() < end, "the child's end never came");
      condition.release();
      for (const one of [a, b, empty, full, event, lock, semaphore, condition, child]) one.close();
    },
  },
  {
    name: "wait/serves readers of many pipes until all have ended",
    async run({ mp }) {
      const readers: Connection<number>[] = [];
      const children = [5, 1, 3].map((count) => {
        const [reader, writer] = mp.Pipe<number>();
        readers.push(reader);
        return [new mp.Process({ target: sendNumbers, args: [writer, count] }), writer] as const;
      });
      for (const [child, writer] of children) {
        await child.start();
        writer.close();
      }
      let sum = 0;
      while (readers.length > 0) {
        for (const reader of await mp.wait(readers)) {
          const n = await reader.recv().catch(() => undefined);
          if (n !== undefined) sum += n + 1;
          else {
            reader.close();
            readers.splice(readers.indexOf(reader), 1);
          }
        }
      }
      assertEquals(sum, 15 + 1 + 6);
      for (const [child] of children) assertEquals(await child.join(), 0);
    },
  },
  {
    name: "wait/an event that is set and cleared at once has been set",
    async run({ mp }) {
      const event = new mp.Event(), other = new mp.Event();
      const waiting = mp.wait([other, event], { timeout: 2000 });
      setTimeout(() => {
        event.set();
        event.clear();
      }, 10);
      assertEquals((await waiting)[0] === event, true);
      assertEquals(await mp.wait([event], { timeout: 0 }), []);
      event.close();
      other.close();
    },
  },
];
