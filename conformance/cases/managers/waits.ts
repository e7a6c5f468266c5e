/** What waits at a manager's objects: its order, its end by an abort, and what crosses that. */

import { assert, assertEquals, assertRejects, assertStrictEquals } from "../../assert.ts";
import { BrokenBarrierError, ClosedError, type LockProxy, MisuseError, type SyncManager } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { many, within } from "../../scale.ts";
import { acquireAndEnd, countUnderLock, meet, releaseOthers, takeTurns } from "../../targets/managers/waits.ts";
import { runAll } from "../sync/children.ts";
import { withManager } from "./with_manager.ts";

/** A call that waits, and a look that it has left nothing behind when it was aborted. */
interface Row {
  readonly what: string;
  begin(manager: SyncManager): Promise<{
    wait(signal: AbortSignal): Promise<unknown>;
    after(): Promise<void>;
  }>;
}

const aborts: readonly Row[] = [
  {
    what: "Lock.acquire",
    async begin(manager) {
      const lock = await manager.Lock();
      await lock.acquire();
      return {
        wait: (signal) => lock.acquire({ signal }),
        async after() {
          await lock.release();
          assertEquals(await lock.locked(), false);
        },
      };
    },
  },
  {
    what: "Lock.with",
    async begin(manager) {
      const lock = await manager.Lock();
      await lock.acquire();
      return {
        wait: (signal) => lock.with(() => {}, { signal }),
        async after() {
          await lock.release();
          assertEquals(await lock.locked(), false);
        },
      };
    },
  },
  {
    what: "Semaphore.acquire",
    async begin(manager) {
      const semaphore = await manager.BoundedSemaphore(1);
      await semaphore.acquire();
      return {
        wait: (signal) => semaphore.acquire({ signal }),
        async after() {
          await semaphore.release();
          assertEquals(await semaphore.getValue(), 1);
        },
      };
    },
  },
  {
    what: "Event.wait",
    async begin(manager) {
      const event = await manager.Event();
      return {
        wait: (signal) => event.wait({ signal }),
        async after() {
          await event.set();
          assertEquals(await event.wait(), true);
        },
      };
    },
  },
  {
    what: "Barrier.wait, which breaks it for the others",
    async begin(manager) {
      const barrier = await manager.Barrier(3);
      const other = assertRejects(() => barrier.wait(), BrokenBarrierError, "another party was aborted");
      return {
        wait: (signal) => barrier.wait({ signal }),
        async after() {
          await other;
          assertEquals([await barrier.broken(), await barrier.nWaiting()], [true, 0]);
        },
      };
    },
  },
  {
    what: "Queue.get",
    async begin(manager) {
      const queue = await manager.Queue<string>();
      return {
        wait: (signal) => queue.get({ signal }),
        async after() {
          await queue.put("one");
          assertEquals([await queue.qsize(), await queue.get()], [1, "one"]);
        },
      };
    },
  },
  {
    what: "Queue.put",
    async begin(manager) {
      const queue = await manager.Queue<string>(1);
      await queue.put("one");
      return {
        wait: (signal) => queue.put("two", { signal }),
        async after() {
          assertEquals([await queue.get(), await queue.empty()], ["one", true]);
        },
      };
    },
  },
  {
    what: "JoinableQueue.join",
    async begin(manager) {
      const queue = await manager.JoinableQueue<string>();
      await queue.put("one");
      return {
        wait: (signal) => queue.join({ signal }),
        async after() {
          await queue.taskDone();
          assertEquals(await queue.join(), true);
        },
      };
    },
  },
  {
    what: "Condition.wait, which has the lock again",
    async begin(manager) {
      const condition = await manager.Condition();
      await condition.acquire();
      return {
        wait: (signal) => condition.wait({ signal }),
        async after() {
          const second = condition.wait();
          await condition.acquire(); // waits until the second has given it up
          await condition.notify();
          await condition.release();
          assertEquals(await within(second, 5000, "the notification"), true);
          await condition.release();
          assertEquals(await condition.locked(), false);
        },
      };
    },
  },
];

export const managerWaitCases: readonly Case[] = [
  ...aborts.map(({ what, begin }): Case => ({
    name: `manager/an abort ends ${what}, and leaves no waiter behind`,
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const { wait, after } = await begin(manager), reason = new Error("enough");
        await assertRejects(() => wait(5 as never), MisuseError, "signal is 5");
        const early = AbortSignal.abort(reason);
        assertStrictEquals(await assertRejects(() => wait(early)), reason);
        const controller = new AbortController(), waiting = assertRejects(() => wait(controller.signal));
        controller.abort(reason);
        assertStrictEquals(await within(waiting, 5000, "the end of the wait"), reason);
        await after();
      }),
  })),
  {
    name: "manager/what crosses an abort is given back: no item and no permit is lost, none is doubled",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const queue = await manager.Queue<unknown>(), semaphore = await manager.BoundedSemaphore(1);
        const event = new mp.Event();
        let crossed = 0;
        for (let i = 0; i < many(200); i++) {
          const controller = new AbortController(), { signal } = controller;
          const getting = queue.get({ signal }).catch(() => undefined);
          await semaphore.acquire();
          const acquiring = semaphore.acquire({ signal }).catch(() => undefined);
          const putting = queue.put([i, event]), releasing = semaphore.release();
          if (i % 2 === 0) await putting; // then the answer has been sent
          controller.abort();
          await Promise.all([putting, releasing]);
          const [got, acquired] = [await getting, await acquiring];
          if (got === undefined) crossed++;
          assertEquals(got ?? await queue.get(), [i, event]);
          if (acquired !== true) assertEquals(await semaphore.acquire({ timeout: 5000 }), true);
          await semaphore.release();
        }
        assertEquals([await queue.qsize(), await semaphore.getValue()], [0, 1]);
        assert(crossed > 0);
        event.close();
      }),
  },
  {
    name: "manager/a proxy that is closed inside of with(), or after an abort, leaves nothing held",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const dict = await manager.dict<string, LockProxy>(), fetch = async () => await dict.get("lock") as LockProxy;
        await dict.set("lock", await manager.Lock());
        for (let i = 0; i < many(20); i++) {
          const lock = await fetch();
          assertEquals(await lock.with(() => (lock.close(), i)), i);
          await assertRejects(() => lock.locked(), ClosedError);
          const other = await fetch(), controller = new AbortController();
          const acquiring = other.acquire({ signal: controller.signal });
          controller.abort();
          other.close();
          await assertRejects(() => acquiring);
          const last = await fetch();
          assertEquals(await last.acquire({ timeout: 5000 }), true);
          await last.release();
        }
      }),
  },
  {
    name: "manager/a timeout that crosses an answer loses nothing",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const queue = await manager.Queue<number>(), lock = await manager.Lock();
        for (let i = 0; i < many(60); i++) {
          const getting = queue.get({ timeout: 1 + i % 3 }).catch(() => undefined);
          await lock.acquire();
          const acquiring = lock.acquire({ timeout: 1 + i % 3 });
          await new Promise((resolve) => setTimeout(resolve, 1 + i % 3));
          await Promise.all([queue.put(i), lock.release()]);
          assertEquals(await getting ?? await queue.get(), i);
          if (await acquiring) await lock.release();
          assertEquals(await lock.locked(), false);
        }
      }),
  },
  {
    name: "manager/who asked first gets it first",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const queue = await manager.Queue<number>(1), lock = await manager.Lock(), order: number[] = [];
        const gets = [0, 1, 2].map((i) => queue.get().then((item) => order.push(10 * i + item)));
        for (let i = 0; i < 3; i++) await queue.put(i);
        await Promise.all(gets);
        await queue.put(0);
        const puts = [1, 2, 3].map((i) => queue.put(i));
        for (let i = 0; i < 4; i++) order.push(await queue.get());
        await Promise.all(puts);
        await lock.acquire();
        const locks = [100, 101, 102].map((i) => lock.with(() => order.push(i)));
        await lock.release();
        await Promise.all(locks);
        assertEquals(order, [0, 11, 22, 0, 1, 2, 3, 100, 101, 102]);
      }),
  },
  {
    name: "manager/shutdown of a queue ends every wait at it; at once, it finishes what was put",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const full = await manager.JoinableQueue<number>(1), empty = await manager.Queue<number>();
        await full.put(1);
        const ends = [full.put(2), empty.get(), empty.get()].map((one) => assertRejects(() => one));
        const joining = full.join();
        await Promise.all([full.shutdown({ immediate: true }), empty.shutdown()]);
        const errors = await Promise.all(ends);
        assertEquals(errors.map((error) => (error as Error).constructor.name), Array(3).fill("ClosedError"));
        assertEquals([await joining, await full.qsize()], [true, 0]);
      }),
  },
  {
    name: "manager/a Lock may be released by any process, an RLock by its holder only; who ends gives back",
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const lock = await manager.Lock(), rlock = await manager.RLock(), condition = await manager.Condition(rlock);
        const told = await manager.list<string>();
        for (const one of [lock, rlock]) await one.acquire();
        await runAll(env, releaseOthers, [[[lock, rlock, condition], told]]);
        assertEquals(await told.copy(), ["released", "MisuseError", "MisuseError"]);
        assertEquals([await lock.locked(), await rlock.locked()], [false, true]);
        await rlock.release();
        await runAll(env, acquireAndEnd, [[lock], [rlock], [condition]]);
        for (const one of [lock, rlock]) assert(await one.acquire({ timeout: 10_000 }));
      }),
  },
  {
    name: "manager/a condition keeps its lock, whose proxies are closed, and refuses what is none",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const lock = await manager.Lock(), condition = await manager.Condition(lock);
        const other = await mp.Manager();
        const foreign = await other.Lock();
        for (const bad of [foreign, new mp.Lock(), 5]) {
          await assertRejects(() => manager.Condition(bad as never), MisuseError, "Cannot create a Condition");
        }
        await other.shutdown();
        await lock.acquire();
        assertEquals([await condition.locked(), await condition.acquire({ block: false })], [true, false]);
        lock.close();
        await condition.notify();
        await condition.release();
        assertEquals(await condition.with(() => condition.locked()), true);
      }),
  },
  {
    name: "manager/processes meet at a barrier, take turns by a condition, and count under a lock",
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const barrier = await manager.Barrier(3), indices = await manager.list<number>(), rounds = many(20);
        await runAll(env, meet, [0, 1, 2].map(() => [barrier, rounds, indices]));
        const seen = await indices.copy();
        assertEquals([0, 1, 2].map((index) => seen.filter((one) => one === index).length), [rounds, rounds, rounds]);
        const changed = await manager.Condition(), state = await manager.dict({ turn: 0, turns: 0 });
        await runAll(env, takeTurns, [0, 1].map((mine) => [changed, state, mine, rounds]));
        assertEquals(await state.get("turns"), 2 * rounds);
        const lock = await manager.RLock(), counts = await manager.dict<string, number>();
        await runAll(env, countUnderLock, [0, 1, 2].map(() => [lock, counts, rounds]));
        assertEquals(await counts.get("n"), 3 * rounds);
      }),
  },
];
