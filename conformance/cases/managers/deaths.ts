/** Clients of a manager that are killed while they wait or hold, and a server that is killed: nobody else hangs. */

import { assert, assertEquals, assertRejects } from "../../assert.ts";
import {
  type BarrierProxy,
  BrokenBarrierError,
  type ConditionProxy,
  type LockProxy,
  type QueueProxy,
  RemoteError,
  type SemaphoreProxy,
  type SyncManager,
} from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { limit, many, within } from "../../scale.ts";
import { killing } from "../death.ts";
import { churn, keepAcquired, stayInside, type Wait, waitAt } from "../../targets/managers/waits.ts";
import { withManager } from "./with_manager.ts";

/** A way to wait, and a look that a waiter which was killed has left nothing behind. */
interface Row {
  readonly how: Wait;
  create(manager: SyncManager): Promise<object>;
  /** When its waiter is there: what is begun while that lives. */
  meanwhile?(object: object): Promise<unknown>;
  after(object: object, meanwhile: unknown): Promise<void>;
}

/** One row for what is acquired, and is held here while the victim waits. */
function acquired(how: Wait, create: (manager: SyncManager) => Promise<LockProxy>): Row {
  return {
    how,
    async create(manager) {
      const lock = await create(manager);
      await lock.acquire();
      return lock;
    },
    async after(object) {
      const lock = object as LockProxy;
      await lock.release();
      assertEquals(await lock.locked(), false);
    },
  };
}

function permits(how: Wait): Row {
  return {
    how,
    create: (manager) => manager.Semaphore(0),
    async after(object) {
      await (object as SemaphoreProxy).release();
      assertEquals(await (object as SemaphoreProxy).getValue(), 1);
    },
  };
}

const rows: readonly Row[] = [
  acquired("lock", (manager) => manager.Lock()),
  acquired("lock", (manager) => manager.RLock()),
  acquired("with", (manager) => manager.Condition()),
  permits("semaphore"),
  permits("with"),
  { how: "event", create: (manager) => manager.Event(), after: () => Promise.resolve() },
  {
    how: "barrier",
    create: (manager) => manager.Barrier(3),
    meanwhile: (barrier) => Promise.resolve(assertRejects(() => (barrier as BarrierProxy).wait(), BrokenBarrierError)),
    async after(barrier, meanwhile) {
      await (meanwhile as { ended: Promise<unknown> }).ended;
      assertEquals(await (barrier as BarrierProxy).broken(), true);
    },
  },
  {
    how: "get",
    create: (manager) => manager.Queue(),
    async after(object) {
      const queue = object as QueueProxy<number>;
      await queue.put(1);
      assertEquals([await queue.qsize(), await queue.get()], [1, 1]);
    },
  },
  {
    how: "put",
    async create(manager) {
      const queue = await manager.Queue(1);
      await queue.put(1);
      return queue;
    },
    async after(object) {
      const queue = object as QueueProxy<number>;
      assertEquals([await queue.get(), await queue.empty()], [1, true]);
    },
  },
  {
    how: "join",
    async create(manager) {
      const queue = await manager.JoinableQueue();
      await queue.put(1);
      return queue;
    },
    after: () => Promise.resolve(),
  },
  {
    how: "condition",
    create: (manager) => manager.Condition(),
    async after(object) {
      const condition = object as ConditionProxy;
      assert(await condition.acquire({ timeout: 5000 }));
      const waiting = condition.wait();
      await condition.acquire();
      await condition.notify(1); // must reach the one that is alive
      await condition.release();
      assert(await within(waiting, 5000, "the notification"));
      await condition.release();
    },
  },
];

/** A process that has begun to do what it is for. */
async function victim({ mp }: Env, target: (...args: never[]) => Promise<void>, args: readonly unknown[]) {
  const began = new mp.Event(), child = new mp.Process({ target, args: [...args, began] } as never);
  await child.start();
  await began.wait();
  began.close();
  return child;
}

export const managerDeathCases: readonly Case[] = [
  {
    name: "manager/a client that is killed while it waits leaves no waiter behind, in every kind of wait",
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        for (const { how, create, meanwhile, after } of rows) {
          const object = await create(manager), child = await victim(env, waitAt, [how, object]);
          const ended = meanwhile?.(object);
          child.kill();
          await child.join();
          await within(after(object, { ended }), 10_000, `what comes after a wait "${how}"`);
        }
      }),
  },
  {
    name: "manager/an item or permit that is given to one who was just killed isn't lost",
    needs: ["process"], // a worker may come to read it before it is stopped
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        for (let i = 0; i < 5; i++) {
          const queue = await manager.Queue<unknown>(),
            semaphore = await manager.Semaphore(0),
            event = new env.mp.Event();
          const children = [
            await victim(env, waitAt, ["get", queue]),
            await victim(env, waitAt, ["semaphore", semaphore]),
          ];
          for (const child of children) child.kill();
          // Nobody may know yet of their death.
          await Promise.all([queue.put([event]), queue.put(2), semaphore.release()]);
          const items = [await queue.get({ timeout: 10_000 }), await queue.get({ timeout: 10_000 })];
          // In whatever order: the first may have been out until its taker was found dead.
          const all = items.map((item) => Array.isArray(item) ? item[0] === event : item);
          assertEquals(new Set(all), new Set([true, 2]));
          assert(await semaphore.acquire({ timeout: 10_000 }));
          for (const child of children) await child.join();
          event.close();
        }
      }),
  },
  {
    name: "manager/what a client holds that is killed comes back: locks, RLocks, permits of with(), a condition's lock",
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const lock = await manager.Lock(), rlock = await manager.RLock(), condition = await manager.Condition();
        const semaphore = await manager.BoundedSemaphore(1);
        const children = [
          await victim(env, keepAcquired, [lock, 1]),
          await victim(env, keepAcquired, [rlock, 3]),
          await victim(env, stayInside, [condition]),
          await victim(env, stayInside, [semaphore]),
        ];
        const all = [lock, rlock, condition, semaphore];
        for (const one of all) assertEquals(await one.acquire({ block: false }), false);
        const waiting = all.map((one) => one.acquire());
        for (const child of children) child.kill();
        assertEquals(await within(Promise.all(waiting), 10_000, "what the dead had"), [true, true, true, true]);
        for (const one of all) await one.release();
        assertEquals([await rlock.locked(), await semaphore.getValue()], [false, 1]);
        // A permit that was acquired for good stays taken.
        const taker = await victim(env, keepAcquired, [semaphore, 1]);
        taker.kill();
        await taker.join();
        assertEquals(await semaphore.getValue(), 0);
        for (const child of children) await child.join();
      }),
  },
  {
    name: "manager/clients are killed at any moment: nothing stays held, and the others go on",
    growsMemory: true,
    timeLimit: limit(90_000),
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const lock = await manager.RLock(), condition = await manager.Condition(), queue = await manager.Queue(4);
        const semaphore = await manager.BoundedSemaphore(2), args = [lock, condition, semaphore, queue];
        let over = false;
        const survivor = (async () => {
          for (; !over;) {
            await within(lock.with(() => {}), 15_000, "the lock");
            await within(semaphore.with(() => {}), 15_000, "a permit");
            await within(condition.with(() => condition.notify()), 15_000, "the condition");
            await queue.get({ timeout: 1 }).catch(() => {});
          }
        })();
        await killing(many(12), 3, () => new env.mp.Process({ target: churn, args: args as never }));
        over = true;
        await survivor;
        for (const one of [lock, condition]) assertEquals(await one.locked(), false);
        assertEquals(await semaphore.getValue(), 2);
        while (await queue.qsize() > 0) await queue.get();
        for (let i = 0; i < 4; i++) await queue.put(i, { block: false });
        assertEquals(await queue.full(), true);
      }),
  },
  {
    name: "manager/a server that is killed: every call under way rejects at once, and every later one",
    run: async ({ mp }) => {
      const manager = await mp.Manager();
      const lock = await manager.Lock(), queue = await manager.JoinableQueue(1), event = await manager.Event();
      const condition = await manager.Condition(), barrier = await manager.Barrier(2), dict = await manager.dict();
      await lock.acquire();
      await condition.acquire();
      await queue.put(1);
      const controller = new AbortController(), { signal } = controller;
      const calls = [
        ...[lock.acquire(), lock.acquire({ timeout: 60_000, signal }), queue.put(2), queue.join(), event.wait()],
        ...[condition.wait(), barrier.wait(), (await manager.Queue()).get(), (await manager.Semaphore(0)).acquire()],
      ];
      const ends = calls.map((call) => assertRejects(() => call, RemoteError, "server is gone"));
      mp.activeChildren()[0]?.kill();
      await within(Promise.all(ends), 2000, "the end of all calls");
      controller.abort();
      await assertRejects(() => dict.size(), RemoteError, "server is gone");
      await assertRejects(() => manager.list(), RemoteError, "server is gone");
      await manager.shutdown();
    },
  },
];
