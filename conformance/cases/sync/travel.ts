/** Cases in which the primitives go to other processes. */

import { assert, assertEquals, assertFalse } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { collectGarbage, sleep, until } from "../../host.ts";
import type { ByName } from "../../targets/sync/basics.ts";
import { targets as targetsOf } from "../../../mod.ts";
import { joinAll, runAll, startAll } from "./children.ts";

const targets = targetsOf<typeof import("../../targets/sync/basics.ts")>(
  new URL("../../targets/sync/basics.ts", import.meta.url),
);

export const travelCases: readonly Case[] = [
  {
    name: "sync/one of each travels, as arguments and through a queue, and means the same there",
    async run(env) {
      const { mp } = env, action = new URL("../../targets/sync/basics.ts#someAction", import.meta.url);
      const all = {
        lock: new mp.Lock(),
        rlock: new mp.RLock(),
        semaphore: new mp.Semaphore(2),
        bounded: new mp.BoundedSemaphore(3),
        condition: new mp.Condition(),
        event: new mp.Event(),
        barrier: new mp.Barrier(2, { action }),
      };
      const results = new mp.Queue<string>(), queue = new mp.Queue<typeof all>();
      await queue.put(all);
      await all.lock.acquire();
      const children = await startAll(env, targets.useAll as never, [[queue, results] as never]);
      await until(() => !all.lock.locked() && all.semaphore.getValue() === 4, 15_000, "what the child releases");
      all.event.set();
      // The child may not wait yet; a notification that nobody waits for is gone.
      let notified = false;
      const done = all.barrier.wait({ timeout: 15_000 }).then((index) => (notified = true, index));
      await until(
        async () => {
          await all.condition.with(() => all.condition.notify());
          return notified;
        },
        15_000,
        "the child at the barrier",
      );
      assert([0, 1].includes(await done));
      assertEquals(await results.get(), "true false 2 3 false 2 true true true 2");
      await joinAll(children);
      assertEquals([all.bounded.getValue(), all.barrier.nWaiting, all.rlock.locked()], [3, 0, false]);
      for (const one of [...Object.values(all), results, queue]) one.close();
    },
  },
  {
    name:
      "acquire/what is held by name stays held when its last handle is garbage, until it is joined again and given back",
    async run(env) {
      const { mp } = env, all: ByName[] = [];
      for (const kind of ["Lock", "RLock", "Semaphore", "Condition"] as const) {
        for (let i = 0; i < 20; i++) all.push([kind, `forgotten-${kind}-${Math.random()}`]);
      }
      let collected = 0;
      const registry = new FinalizationRegistry(() => collected++);
      const acquireAndForget = async ([kind, name]: ByName) => {
        const one = new mp[kind]({ name });
        registry.register(one, undefined);
        await one.hold();
      };
      for (const one of all) await acquireAndForget(one);
      const collect = () => {
        collectGarbage();
        return collected >= all.length / 2;
      };
      await until(collect, 15_000, "the collection of what is forgotten");
      await sleep(50); // for finalizers that come after the last that was counted
      const results = new mp.Queue<number>();
      const freeToOthers = async () => {
        await runAll(env, targets.countFree as never, [[all, mp.startMethod, results] as never]);
        return await results.get();
      };
      assertEquals(await freeToOthers(), 0);
      for (const [kind, name] of all) {
        const again = new mp[kind]({ name });
        assertFalse(again.acquireNowait(), name);
        again.release();
        again.close();
      }
      assertEquals(await freeToOthers(), all.length);
      results.close();
    },
  },
  {
    name: "acquire/a named Condition that is closed while its lock is held is gone",
    async run({ mp }) {
      const name = `closed-${Math.random()}`;
      const lock = new mp.Lock(), under = new mp.Condition({ name, lock });
      await lock.with(() => under.close());
      const own = new mp.Condition({ name });
      await own.acquire();
      own.close();
      const again = new mp.Lock({ name }); // the name is free for anything
      assert(again.acquireNowait());
      for (const one of [again, lock]) one.close();
    },
  },
  {
    name: "acquire/any process may release what another acquired",
    async run(env) {
      const { mp } = env, all = [new mp.Lock(), new mp.Semaphore(), new mp.BoundedSemaphore(), new mp.RLock()];
      for (const lock of all) await lock.acquire();
      const waiting = Promise.all(all.map((lock) => lock.acquire({ timeout: 15_000 })));
      await runAll(env, targets.releaseAll as never, [[all] as never]);
      assertEquals(await waiting, [true, true, true, true]);
      for (const lock of all) {
        lock.release();
        lock.close();
      }
    },
  },
];
