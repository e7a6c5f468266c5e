/** Cases for what all locks have in common, and for Lock, in one process. */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import { within } from "../../scale.ts";
import { ClosedError, type Lock, MisuseError, type Semaphore, TimeoutError } from "../../../mod.ts";

/** One of each class that can be acquired, with one permit. */
function kinds({ mp }: Env): (Lock | Semaphore)[] {
  return [new mp.Lock(), new mp.RLock(), new mp.Semaphore(), new mp.BoundedSemaphore()];
}

/** Runs `check` with one of each. */
async function forEach(env: Env, check: (lock: Lock | Semaphore) => Promise<void>): Promise<void> {
  for (const lock of kinds(env)) {
    await check(lock);
    lock.close();
  }
}

export const acquireCases: readonly Case[] = [
  {
    name: "acquire/true when it is free, false when time runs out",
    run: (env) =>
      forEach(env, async (lock) => {
        assertEquals(await lock.acquire(), true);
        assertEquals(await lock.acquire({ timeout: 5 }), false);
        assertEquals(await lock.acquire({ timeout: 0 }), false);
        assertEquals(await lock.acquire({ timeout: -1 }), false, "a negative time is none");
        assertFalse(lock.acquireNowait());
        lock.release();
        assertEquals(await lock.acquire({ timeout: 0 }), true);
        lock.release();
        assert(lock.acquireNowait());
        lock.release();
      }),
  },
  {
    name: "acquire/block false ignores the timeout",
    run: (env) =>
      forEach(env, async (lock) => {
        assertEquals(await lock.acquire({ block: false, timeout: 60_000 }), true);
        assertEquals(await within(lock.acquire({ block: false, timeout: 60_000 }), 5000, "acquire"), false);
        lock.release();
      }),
  },
  {
    name: "acquire/a timeout that is no number is misuse",
    run: (env) =>
      forEach(env, async (lock) => {
        await assertRejects(() => lock.acquire({ timeout: NaN }), MisuseError, "NaN");
        await assertRejects(() => lock.hold({ timeout: "1" as never }), MisuseError, "timeout");
        assert(lock.acquireNowait(), "it was not taken");
        lock.release();
      }),
  },
  {
    name: "acquire/waits for its turn, first come first served in a process",
    run: (env) =>
      forEach(env, async (lock) => {
        await lock.acquire();
        const order: number[] = [];
        const all = [0, 1, 2, 3].map((i) => lock.acquire().then(() => order.push(i) && lock.release()));
        lock.release();
        await within(Promise.all(all), 5000, "four acquires");
        assertEquals(order, [0, 1, 2, 3]);
      }),
  },
  {
    name: "acquire/an abort rejects with its reason and leaves nothing behind",
    run: (env) =>
      forEach(env, async (lock) => {
        const reason = { why: "enough" };
        await assertRejectsWith(lock.acquire({ signal: AbortSignal.abort(reason) }), reason);
        assert(lock.acquireNowait(), "an aborted acquire took nothing");
        const abort = new AbortController();
        const aborted = [lock.acquire({ signal: abort.signal }), lock.hold({ signal: abort.signal })];
        const behind = lock.acquire();
        abort.abort(reason);
        for (const one of aborted) await assertRejectsWith(one, reason);
        lock.release();
        assertEquals(await within(behind, 5000, "the one behind those that were aborted"), true);
        lock.release();
        const late = new AbortController();
        assertEquals(await lock.acquire({ signal: late.signal }), true);
        late.abort();
        assertFalse(lock.acquireNowait(), "an abort that comes later changes nothing");
        lock.release();
      }),
  },
  {
    name: "acquire/hold and with release whatever happens, once",
    run: (env) =>
      forEach(env, async (lock) => {
        const held = await lock.hold();
        assertFalse(held.abandoned);
        assertFalse(lock.acquireNowait());
        held[Symbol.dispose]();
        assert(lock.acquireNowait());
        held[Symbol.dispose](); // it is somebody else's by now
        assertFalse(lock.acquireNowait());
        lock.release();
        assertEquals(await lock.with((inside) => [inside.abandoned, 7]), [false, 7]);
        await assertRejects(() => lock.with(() => Promise.reject(new TypeError("oops"))), TypeError, "oops");
        await assertRejects(
          () =>
            lock.with(() => {
              throw new TypeError("at once");
            }),
          TypeError,
          "at once",
        );
        assert(lock.acquireNowait());
        lock.release();
      }),
  },
  {
    name: "acquire/hold and with that time out throw TimeoutError",
    run: (env) =>
      forEach(env, async (lock) => {
        await lock.acquire();
        const error = await assertRejects(() => lock.hold({ timeout: 5 }), TimeoutError, "5 ms");
        assertEquals([error.name, error.code], ["TimeoutError", "ERR_MP_TIMEOUT"]);
        let ran = false;
        await assertRejects(() => lock.with(() => ran = true, { timeout: 5 }), TimeoutError);
        assertFalse(ran);
        await assertRejects(() => lock.with(7 as never), MisuseError, "not a function");
        lock.release();
      }),
  },
  {
    name: "acquire/a closed handle refuses, and what waits by it ends",
    async run(env) {
      for (const lock of kinds(env)) {
        await lock.acquire();
        const waiting = [lock.acquire(), lock.hold()].map((one) => assertRejects(() => one, ClosedError, "is closed"));
        lock.close();
        lock.close();
        await within(Promise.all(waiting), 5000, "waits of a closed handle");
        await assertRejects(() => lock.acquire(), ClosedError);
        await assertRejects(() => lock.with(() => 1), ClosedError);
        assertThrows(() => lock.acquireNowait(), ClosedError);
        assertThrows(() => lock.release(), ClosedError);
      }
    },
  },
  {
    name: "acquire/closing a handle gives back what it holds, and ends its waits only",
    async run({ mp }) {
      for (const type of [mp.Lock, mp.RLock, mp.Semaphore, mp.BoundedSemaphore]) {
        const name = `closing-${Math.random()}`;
        const one = new type({ name }), two = new type({ name });
        const held = await one.hold();
        const first = two.hold();
        const second = assertRejects(() => one.acquire(), ClosedError);
        const third = two.acquire({ timeout: 10_000 });
        one.close();
        await within(second, 5000, "a wait of the closed handle, behind one of another");
        (await within(first, 5000, "what the closed handle held"))[Symbol.dispose]();
        assert(await third);
        held[Symbol.dispose]();
        assertFalse(two.acquireNowait(), "what was given back isn't given back again");
        two.release();
        two.close();
      }
    },
  },
  {
    name: "acquire/closing a queue's handle ends its waits, also behind those of another handle",
    async run({ mp }) {
      const name = `closing-${Math.random()}`;
      const one = new mp.JoinableQueue<number>({ name, maxsize: 1 }),
        two = new mp.JoinableQueue<number>({ name, maxsize: 1 });
      const getting = one.get(), alsoGetting = assertRejects(() => two.get(), ClosedError);
      two.close();
      await within(alsoGetting, 5000, "a get of the closed handle");
      await one.put(1);
      assertEquals(await getting, 1);
      const three = new mp.JoinableQueue<number>({ name, maxsize: 1 });
      await one.put(2);
      const putting = one.put(3), joining = one.join();
      const others = [three.put(4), three.join()].map((wait) => assertRejects(() => wait, ClosedError));
      three.close();
      await within(Promise.all(others), 5000, "waits of the closed handle");
      assertEquals([await one.get(), await putting, await one.get()], [2, undefined, 3]);
      for (let i = 0; i < 3; i++) one.taskDone();
      assert(await within(joining, 5000, "the join of the open handle"));
      one.close();
    },
  },
  {
    name: "lock/release of a free lock is misuse; locked says whether it is held",
    async run({ mp }) {
      for (const lock of [new mp.Lock({ name: "free-lock" }), new mp.RLock()]) {
        assertFalse(lock.locked());
        assertThrows(() => lock.release(), MisuseError, "nobody holds it");
        await lock.acquire();
        assert(lock.locked());
        assertFalse(lock.abandoned);
        lock.release();
        assertThrows(() => lock.release(), MisuseError);
        lock.close();
        assertThrows(() => lock.locked(), ClosedError);
      }
    },
  },
  {
    name: "lock/not re-entrant",
    async run({ mp }) {
      const lock = new mp.Lock();
      await lock.with(async () => {
        assertFalse(lock.acquireNowait());
        assertEquals(await lock.acquire({ timeout: 5 }), false);
      });
      lock.close();
    },
  },
  {
    name: "lock/the same name is the same lock; another class's name is misuse",
    async run({ mp }) {
      const name = `lock-${Math.random()}`, one = new mp.Lock({ name }), two = new mp.Lock({ name });
      await one.acquire();
      assert(two.locked());
      two.release();
      assertFalse(one.locked());
      for (const type of [mp.RLock, mp.Semaphore, mp.Event, mp.Condition, mp.Queue]) {
        assertThrows(() => new type({ name }), MisuseError, name);
      }
      assertThrows(() => new mp.Lock({ name: "" }), MisuseError);
      assertThrows(() => new mp.Lock({ name: 5 as never }), MisuseError);
      one.close();
      two.close();
      new mp.Event({ name }).close(); // gone with its last handle
    },
  },
];

/** Fails unless `promise` rejects with exactly `reason`. */
export async function assertRejectsWith(promise: Promise<unknown>, reason: unknown): Promise<void> {
  const error = await promise.then(() => "it resolved", (error) => error);
  assert(error === reason, `rejected with ${String(error)}`);
}
