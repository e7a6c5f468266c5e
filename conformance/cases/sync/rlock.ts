/** Cases for RLock, in one process. */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { sleep } from "../../host.ts";
import { within } from "../../scale.ts";
import { type BlockOptions, ClosedError, MisuseError, TimeoutError } from "../../../mod.ts";

export const rlockCases: readonly Case[] = [
  {
    name: "rlock/its own with() may enter again, across awaits",
    async run({ mp }) {
      const lock = new mp.RLock();
      const depth = await within(
        lock.with(async () => {
          await sleep(1);
          return await lock.with(async () => {
            await Promise.resolve();
            const again = await lock.hold();
            assert(await lock.acquire({ timeout: 0 }));
            assert(lock.acquireNowait());
            lock.release();
            lock.release();
            again[Symbol.dispose]();
            assert(lock.locked());
            return 3;
          });
        }),
        5000,
        "an entry inside of an entry",
      );
      assertEquals(depth, 3);
      assertFalse(lock.locked());
      lock.close();
    },
  },
  {
    name: "rlock/acquire and hold outside of with() are new owners each time",
    async run({ mp }) {
      const lock = new mp.RLock();
      await lock.acquire();
      assertFalse(lock.acquireNowait());
      assertEquals(await lock.acquire({ timeout: 5 }), false);
      await assertRejects(() => lock.hold({ timeout: 5 }), TimeoutError);
      lock.release();
      const held = await lock.hold();
      assertFalse(lock.acquireNowait());
      held[Symbol.dispose]();
      lock.close();
    },
  },
  {
    name: "rlock/two with() that aren't inside each other never run at once",
    async run({ mp }) {
      const lock = new mp.RLock();
      let inside = 0;
      await Promise.all([1, 2, 3, 4].map(() =>
        lock.with(async () => {
          assertEquals(++inside, 1);
          await lock.with(() => sleep(1));
          assertEquals(inside--, 1);
        })
      ));
      lock.close();
    },
  },
  {
    name: "rlock/what runs on after with() has ended is outside",
    async run({ mp }) {
      const lock = new mp.RLock();
      let later: Promise<boolean> | undefined;
      const ended = Promise.withResolvers<void>();
      await lock.with(() => {
        later = ended.promise.then(() => lock.acquire({ timeout: 5 }));
      });
      await lock.acquire();
      ended.resolve();
      assertEquals(await later, false);
      lock.release();
      lock.close();
    },
  },
  {
    name: "rlock/levels: one release too many inside with() is misuse, those left over end with it",
    async run({ mp }) {
      const lock = new mp.RLock();
      await lock.with(async () => {
        await lock.acquire();
        lock.release();
        assertThrows(() => lock.release(), MisuseError, "with()");
        assert(lock.locked());
      });
      assertFalse(lock.locked());
      await lock.with(async () => {
        await lock.acquire();
        await lock.acquire();
      });
      assertFalse(lock.locked());
      assertThrows(() => lock.release(), MisuseError);
      await assertRejects(() => lock.with(() => lock.with(() => Promise.reject(new Error("deep")))), Error, "deep");
      assertFalse(lock.locked());
      lock.close();
    },
  },
  {
    name:
      "rlock/inside with() bad options, an aborted signal and a closed handle are refused as outside, and timers fire",
    async run({ mp }) {
      const lock = new mp.RLock(), reason = new Error("enough"), signal = AbortSignal.abort(reason);
      await lock.with(async () => {
        const entries: ((options?: BlockOptions) => Promise<unknown>)[] = [
          (options) => lock.acquire(options),
          (options) => lock.hold(options),
          (options) => lock.with(() => {}, options),
        ];
        for (const enter of entries) {
          await assertRejects(() => enter({ timeout: NaN }), MisuseError, "timeout is NaN");
          await assertRejects(() => enter(1000 as never), MisuseError, "pass { timeout: 1000 }");
          assertEquals(await assertRejects(() => enter({ signal })), reason);
        }
        // None of them took a level.
        assertThrows(() => lock.release(), MisuseError, "with()");
        for (const enter of [() => lock.with(() => {}), () => lock.acquire().then(() => lock.release())]) {
          const timer = AbortSignal.timeout(1), end = performance.now() + 5000;
          while (!timer.aborted) {
            await enter();
            assert(performance.now() < end, "no timer fired");
          }
        }
        await lock.acquire();
        lock.close();
        for (const enter of entries) await assertRejects(() => enter(), ClosedError, "Cannot acquire");
        assertThrows(() => lock.acquireNowait(), ClosedError, "Cannot acquire");
        assertThrows(() => lock.release(), ClosedError, "Cannot release");
      });
    },
  },
];
