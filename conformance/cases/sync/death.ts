/** Cases in which processes are killed while they hold, wait or are notified: nobody else hangs, and nothing is lost. */

import { assert, assertEquals, assertFalse, assertRejects } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { until } from "../../host.ts";
import { limit, many, scratchArray, within } from "../../scale.ts";
import { BrokenBarrierError, type Process, targets as targetsOf } from "../../../mod.ts";
import { killing } from "../death.ts";
import { joinAll, startAll, times } from "./children.ts";

const targets = targetsOf<typeof import("../../targets/sync/death.ts")>(
  new URL("../../targets/sync/death.ts", import.meta.url),
);

/** Kills them, half of them by terminate(), and waits until they have ended. */
async function endAll(processes: readonly Process[]): Promise<void> {
  processes.forEach((one, i) => i % 2 === 0 ? one.kill() : one.terminate());
  const codes = await within(Promise.all(processes.map((one) => one.join())), 20_000, "their end");
  assertEquals(codes, processes.map((_, i) => i % 2 === 0 ? -9 : -15));
  for (const one of processes) one.close();
}

export const syncDeathCases: readonly Case[] = [
  {
    name: "semaphore/permits that the dead held come back, abandoned; those they acquired don't",
    timeLimit: limit(60_000),
    async run(env) {
      for (const semaphore of [new env.mp.Semaphore(6), new env.mp.BoundedSemaphore(6)]) {
        const ready = new env.mp.Value("i", 0);
        const children = await startAll(env, targets.takeAndKeep, times(2, [semaphore, 1, 2, ready]));
        await until(() => ready.value === 2, 20_000, "the children's permits");
        assertEquals(semaphore.getValue(), 0);
        const waiting = semaphore.hold();
        await endAll(children);
        const held = await within(waiting, 10_000, "a permit of the dead");
        assert(held.abandoned);
        assertEquals(semaphore.getValue(), 3);
        const others = await Promise.all([semaphore.hold(), semaphore.hold(), semaphore.hold()]);
        assertEquals(others.map((one) => one.abandoned), [true, true, true]);
        assertFalse(semaphore.acquireNowait());
        for (const one of [held, ...others]) one[Symbol.dispose]();
        assertEquals(semaphore.getValue(), 4);
        assertFalse(await semaphore.with((one) => one.abandoned));
        semaphore.release(2); // any process may, for those who acquired
        assertEquals(semaphore.getValue(), 6);
        semaphore.close();
        ready.close();
      }
    },
  },
  {
    name: "semaphore/holders and waiters are killed",
    timeLimit: limit(90_000),
    async run({ mp }) {
      const semaphore = new mp.BoundedSemaphore(2);
      let over = false, entered = 0;
      const survivor = (async () => {
        for (; !over; entered++) await semaphore.with(() => {}, { timeout: 15_000 });
      })().catch((error) => error);
      await killing(many(8), 4, () => new mp.Process({ target: targets.holdForEver, args: [semaphore] as never }));
      over = true;
      assertEquals(await within(survivor, 20_000, "the survivor"), undefined);
      assert(entered > 0);
      await until(() => semaphore.getValue() === 2, 10_000, "all permits");
      semaphore.close();
    },
  },
  {
    name: "rlock/its holder dies inside a section of a section",
    timeLimit: limit(60_000),
    async run(env) {
      const lock = new env.mp.RLock(), ready = new env.mp.Value("i", 0);
      for (let i = 1; i <= 2; i++) {
        const children = await startAll(env, targets.stayInside, [[lock, ready]]);
        await until(() => ready.value === i, 20_000, "the child inside");
        const waiting = lock.with((held) => held.abandoned);
        await endAll(children);
        assert(await within(waiting, 10_000, "the lock of the dead"));
        assertFalse(await lock.with((held) => held.abandoned));
        assertFalse(lock.locked());
      }
      lock.close();
      ready.close();
    },
  },
  {
    name: "condition/notifications of waits that died go to others",
    timeLimit: limit(60_000),
    async run(env) {
      const { mp } = env, condition = new mp.Condition(), ready = new mp.Value("i", 0);
      const children = await startAll(env, targets.waitForNotification, times(2, [condition, 3, ready]));
      await until(() => ready.value === 6, 20_000, "six waits");
      let ended = 0;
      const mine = times(6, 0).map(() => condition.with(() => condition.wait()).then((one) => (ended++, one)));
      await condition.with(() => {});
      // Half are for waits of this process or of the children, as may be. Notified, they wait for the lock: the children die
      // between the notification and the return of wait(), or before that.
      await condition.with(async () => {
        condition.notify(6);
        await endAll(children);
      });
      assertEquals(await within(Promise.all(mine), 10_000, "the waits of who lives"), times(6, true));
      assertEquals(ended, 6);
      condition.close();
      ready.close();
    },
  },
  {
    name: "condition/waiters and takers are killed: each item finds somebody",
    timeLimit: limit(90_000),
    async run(env) {
      const { mp } = env, condition = new mp.Condition(), items = scratchArray(mp, "i", 2);
      const survivors = await startAll(env, targets.takeItems, times(2, [condition, items]));
      let over = false, put = 0;
      const producer = (async () => {
        for (; !over; put++) {
          await condition.with(() => {
            Atomics.add(items, 0, 1);
            condition.notify();
          }, { timeout: 20_000 });
          // The next only when this one was taken: a notification that died with its receiver is not made good by another.
          await until(() => Atomics.load(items, 0) === 0, 20_000, `somebody to take item ${put}`);
        }
      })().catch((error) => error);
      await killing(
        many(16),
        4,
        () => new mp.Process({ target: targets.takeItems, args: [condition, items] as never }),
      );
      over = true;
      assertEquals(await within(producer, 45_000, "the producer"), undefined);
      assert(put > 0);
      await endAll(survivors);
      condition.close();
    },
  },
  {
    name: "barrier/a party that dies inside breaks it for all; reset makes it whole",
    timeLimit: limit(60_000),
    async run(env) {
      const barrier = new env.mp.Barrier(3);
      for (let i = 0; i < 2; i++) {
        const children = await startAll(env, targets.waitOnce, [[barrier]]);
        await until(() => barrier.nWaiting === 1, 20_000, "the child inside");
        const waiting = assertRejects(() => barrier.wait(), BrokenBarrierError);
        await endAll(children);
        await within(waiting, 10_000, "the end of the wait");
        assert(barrier.broken);
        await assertRejects(() => barrier.wait(), BrokenBarrierError);
        barrier.reset();
        assertEquals([barrier.broken, barrier.nWaiting], [false, 0]);
        assertEquals((await Promise.all(times(3, 0).map(() => barrier.wait()))).sort(), [0, 1, 2]);
      }
      barrier.close();
    },
  },
  {
    name: "barrier/parties are killed at any moment: reset makes it whole, time after time",
    timeLimit: limit(90_000),
    async run(env) {
      const { mp } = env, barrier = new mp.Barrier(3), passed = new mp.Value("i", 0);
      for (let round = 0; round < many(3); round++) {
        const children = await startAll(env, targets.passUntilBroken, times(3, [barrier, passed]));
        const before = passed.value;
        await until(() => passed.value > before + round, 20_000, "some rounds");
        const [victim, ...others] = children as [Process, Process, Process];
        await endAll([victim]);
        // It died inside, and the others know; or outside, and they wait for it.
        barrier.reset();
        await until(
          () => {
            if (others.every((one) => !one.isAlive())) return true;
            barrier.abort();
            return false;
          },
          20_000,
          "the end of the others",
        );
        await joinAll(others);
        barrier.reset();
        assertEquals([barrier.broken, barrier.nWaiting], [false, 0]);
        const all = Promise.all(times(3, 0).map(() => barrier.wait({ timeout: 20_000 })));
        assertEquals((await within(all, 20_000, "a round")).sort(), [0, 1, 2]);
      }
      barrier.close();
      passed.close();
    },
  },
];
