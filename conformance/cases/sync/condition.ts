/** Cases for Condition, in one process. */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { within } from "../../scale.ts";
import { ClosedError, type Condition, MisuseError } from "../../../mod.ts";
import { assertRejectsWith } from "./lock.ts";

/** Begins `n` waits, each in a `with()` of its own; `over` says which have ended. */
async function beginWaits(condition: Condition, n: number, timeout = 10_000) {
  const over: number[] = [];
  const all = Array.from({ length: n }, (_, i) =>
    condition.with(async () => {
      const notified = await condition.wait({ timeout });
      over.push(i);
      return notified;
    }));
  await condition.with(() => {}); // whoever gets in behind them knows that they wait
  return { over, all, done: () => within(Promise.all(all), 10_000, "waits for a condition") };
}

export const conditionCases: readonly Case[] = [
  {
    name: "condition/wait and notify without the lock are misuse",
    async run({ mp }) {
      for (const condition of [new mp.Condition(), new mp.Condition(new mp.Lock())]) {
        await assertRejects(() => condition.wait(), MisuseError, "its lock is not held");
        await assertRejects(() => condition.waitFor(() => false), MisuseError, "not held");
        assertThrows(() => condition.notify(), MisuseError, "its lock is not held");
        assertThrows(() => condition.notifyAll(), MisuseError);
        assertThrows(() => condition.release(), MisuseError);
        condition.close();
      }
    },
  },
  {
    name: "condition/acquire, hold and with are its lock's",
    async run({ mp }) {
      const lock = new mp.Lock(), condition = new mp.Condition({ lock });
      assert(await condition.acquire());
      assert(lock.locked());
      assertFalse(condition.acquireNowait());
      condition.release();
      assertFalse(lock.locked());
      const held = await condition.hold();
      assertFalse(held.abandoned);
      assert(lock.locked());
      held[Symbol.dispose]();
      await condition.with(() => assert(lock.locked()));
      const own = new mp.Condition(); // an RLock by default
      assertEquals(await own.with(() => own.with(() => 7)), 7);
      for (const one of [lock, condition, own]) one.close();
    },
  },
  {
    name: "condition/what it is given is a lock of this context that is open, or options",
    run({ mp }) {
      for (const bad of [5, "lock", null, true]) assertThrows(() => new mp.Condition(bad as never), MisuseError);
      assertThrows(() => new mp.Condition({ lock: 5 as never }), MisuseError, "lock");
      const lock = new mp.Lock();
      lock.close();
      assertThrows(() => new mp.Condition(lock), ClosedError);
      assertThrows(() => new mp.Value("i", 0, { lock }), ClosedError);
      return Promise.resolve();
    },
  },
  {
    name: "condition/wait gives true when notified, false when time runs out, and has the lock again",
    async run({ mp }) {
      const lock = new mp.Lock(), condition = new mp.Condition(lock);
      await condition.with(async () => {
        assertEquals(await condition.wait({ timeout: 5 }), false);
        assert(lock.locked());
        assertEquals(await condition.wait({ timeout: 0 }), false);
        assert(lock.locked());
        await assertRejects(() => condition.wait({ timeout: NaN }), MisuseError);
        assert(lock.locked());
      });
      const { over, done } = await beginWaits(condition, 1);
      assertFalse(lock.locked());
      await condition.with(async () => {
        condition.notify();
        assertEquals(await lock.acquire({ timeout: 5 }), false);
        assertEquals(over, [], "it goes on once the lock is free");
      });
      assertEquals(await done(), [true]);
      assertFalse(lock.locked());
      condition.close();
      lock.close();
    },
  },
  {
    name: "condition/wait releases all levels of a recursive lock, and restores them",
    async run({ mp }) {
      const lock = new mp.RLock(), condition = new mp.Condition(lock);
      const waiting = lock.with(() =>
        condition.with(async () => {
          await lock.acquire();
          assert(await condition.wait({ timeout: 10_000 }));
          lock.release(); // the level of the acquire
          assertThrows(() => lock.release(), MisuseError);
          assert(lock.locked());
        })
      );
      await within(condition.with(() => condition.notify()), 5000, "the lock, while the other waits");
      await waiting;
      assertFalse(lock.locked());
      condition.close();
      lock.close();
    },
  },
  {
    name: "condition/while wait() is inside with(), what is beside it is not",
    async run({ mp }) {
      const condition = new mp.Condition(), order: string[] = [];
      const holder = Promise.withResolvers<void>();
      const first = condition.with(async () => {
        const waiting = condition.wait({ timeout: 10_000 }).then(() => order.push("notified"));
        const beside = condition.with(() => {
          order.push("beside");
          condition.notify();
        });
        await Promise.all([waiting, beside]);
      });
      const second = condition.with(async () => {
        order.push("other");
        await holder.promise;
        order.push("other leaves");
      });
      await new Promise((resolve) => setTimeout(resolve, 5));
      assertEquals(order, ["other"]);
      holder.resolve();
      await within(Promise.all([first, second]), 5000, "all three");
      assertEquals(order, ["other", "other leaves", "beside", "notified"]);
      condition.close();
    },
  },
  {
    name: "condition/notify wakes at most n, longest wait first; below 1 nobody",
    async run({ mp }) {
      const condition = new mp.Condition();
      const { over, all, done } = await beginWaits(condition, 6);
      await condition.with(() => {
        for (const n of [0, -1, -Infinity, 0.5]) condition.notify(n);
        assertThrows(() => condition.notify(NaN), MisuseError);
        assertThrows(() => condition.notify("1" as never), MisuseError);
      });
      await condition.with(() => assertEquals(over, []));
      await condition.with(() => condition.notify());
      await within(all[0] as Promise<boolean>, 5000, "the first");
      await condition.with(() => condition.notify(2));
      await within(Promise.all(all.slice(1, 3)), 5000, "two more");
      assertEquals(over, [0, 1, 2]);
      await condition.with(() => condition.notifyAll());
      assertEquals([await done(), over], [new Array(6).fill(true), [0, 1, 2, 3, 4, 5]]);
      condition.close();
    },
  },
  {
    name: "condition/a notification that nobody waits for is gone",
    async run({ mp }) {
      const condition = new mp.Condition();
      await condition.with(async () => {
        condition.notify(3);
        condition.notifyAll();
        assertEquals(await condition.wait({ timeout: 5 }), false);
      });
      const { done } = await beginWaits(condition, 2);
      await condition.with(() => condition.notify(10));
      assertEquals(await done(), [true, true]);
      await condition.with(async () => assertEquals(await condition.wait({ timeout: 5 }), false));
      condition.close();
    },
  },
  {
    name: "condition/waitFor gives the predicate's last value, in the time it has in all",
    async run({ mp }) {
      const condition = new mp.Condition();
      let value = "";
      await condition.with(async () => {
        assertEquals(await condition.waitFor(() => 7), 7);
        let asked = 0;
        assertEquals(await condition.waitFor(() => (asked++, 0), { timeout: 300 }), 0);
        assert(asked >= 2);
        assertEquals(await condition.waitFor(() => (asked++, null), { timeout: 0 }), null);
        await assertRejects(() => condition.waitFor(() => Promise.reject(new TypeError("asked"))), TypeError, "asked");
      });
      const waiting = condition.with(() => condition.waitFor(() => Promise.resolve(value), { timeout: 10_000 }));
      for (const next of ["", "", "there"]) {
        await condition.with(() => {
          value = next;
          condition.notifyAll();
        });
      }
      assertEquals(await within(waiting, 5000, "waitFor"), "there");
      condition.close();
    },
  },
  {
    name: "condition/an aborted wait rejects with the reason, the lock held; its notification is another's",
    async run({ mp }) {
      const lock = new mp.Lock(), condition = new mp.Condition(lock), abort = new AbortController();
      const aborted = condition.with(async () => {
        await assertRejectsWith(condition.wait({ signal: abort.signal }), "enough");
        assert(lock.locked());
        await assertRejectsWith(condition.wait({ signal: abort.signal }), "enough");
        assert(lock.locked());
      });
      const { done } = await beginWaits(condition, 1);
      await condition.with(() => {
        condition.notify(); // for the one that is aborted before it hears of it
        abort.abort("enough");
      });
      await within(aborted, 5000, "the aborted wait");
      assertEquals(await done(), [true]);
      assertFalse(lock.locked());
      condition.close();
      lock.close();
    },
  },
  {
    name: "condition/closing a handle ends its waits; their notifications are others'",
    async run({ mp }) {
      const name = `condition-${Math.random()}`;
      const one = new mp.Condition({ name }), two = new mp.Condition({ name });
      const closed = two.with(() => two.wait()).catch((error) => error);
      const { done } = await beginWaits(one, 1);
      await one.with(() => {
        one.notify();
        two.close();
      });
      assert(await within(closed, 5000, "the wait of the closed handle") instanceof ClosedError);
      assertEquals(await done(), [true]);
      const { done: again } = await beginWaits(one, 1);
      await one.with(() => one.notify());
      assertEquals(await again(), [true], "nothing goes to waits that have ended");
      assertThrows(() => two.notify(), ClosedError);
      await assertRejects(() => two.wait(), ClosedError);
      one.close();
    },
  },
  {
    name: "condition/by name: the lock is the first creator's, another one is misuse",
    async run({ mp }) {
      const name = `condition-${Math.random()}`, lock = new mp.Lock(), other = new mp.Lock();
      const one = new mp.Condition({ name, lock }), two = new mp.Condition({ name });
      const three = new mp.Condition({ name, lock });
      await two.with(() => assert(lock.locked()));
      await three.with(() => two.notify());
      assertThrows(() => new mp.Condition({ name, lock: other }), MisuseError, "another");
      for (const each of [one, two, three, lock, other]) each.close();
    },
  },
  {
    name: "condition/waitFor heeds a signal that was aborted before, an open handle and the lock",
    async run({ mp }) {
      const condition = new mp.Condition();
      await condition.with(async () => {
        const signal = AbortSignal.abort("enough");
        await assertRejectsWith(condition.waitFor(() => true, { signal }), "enough");
        await assertRejectsWith(condition.waitFor(() => false, { signal, timeout: 0 }), "enough");
      });
      await assertRejects(() => condition.waitFor(() => true), MisuseError, "its lock is not held");
      condition.close();
      await assertRejects(() => condition.waitFor(() => false, { timeout: 0 }), ClosedError);
    },
  },
];
