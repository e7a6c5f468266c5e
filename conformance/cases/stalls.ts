/** Cases in which processes are stopped in the middle of anything: whoever awaits waits on, and all goes on with them. */

import { assert, assertEquals } from "../assert.ts";
import type { Case } from "../case.ts";
import { sendSignal, sleep } from "../host.ts";
import { within } from "../scale.ts";
import { StalledError, targets as targetsOf } from "../../mod.ts";

const targets = targetsOf<typeof import("../targets/stalls.ts")>(new URL("../targets/stalls.ts", import.meta.url));

/** Lets a process stand still for so long. */
async function stop(pid: number, milliseconds: number): Promise<void> {
  assert(sendSignal(pid, "SIGSTOP"));
  await sleep(milliseconds);
  assert(sendSignal(pid, "SIGCONT"));
}

export const stallCases: readonly Case[] = [
  {
    name: "stalls/queue and semaphore: whoever awaits waits on while another is stopped",
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 90_000,
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), semaphore = new mp.Semaphore(8), busy = new mp.Queue<number>();
      const child = new mp.Process({ target: targets.useForEver, args: [queue, semaphore, busy] as never });
      await child.start();
      const pid = await busy.get({ timeout: 20_000 });
      let stops = 0;
      for (let round = 0; round < 12; round++) {
        await sleep(Math.random() * 5);
        assert(sendSignal(pid, "SIGSTOP"));
        await sleep(5);
        // Does it stand in the way?
        let isStalled = false;
        const work = (async () => {
          await queue.put("mine");
          await queue.get();
          assert(await semaphore.acquire());
        })();
        const begin = performance.now();
        await Promise.race([work, sleep(50)]);
        isStalled = performance.now() - begin > 900;
        if (isStalled) stops++;
        if (isStalled) await sleep(1500);
        assert(sendSignal(pid, "SIGCONT"));
        await within(work, 10_000, "the work, once the other goes on");
        for (;;) {
          try {
            semaphore.release();
            break;
          } catch (error) {
            assert(error instanceof StalledError);
          }
        }
        if (stops >= 2) break;
      }
      child.kill();
      await within(child.join(), 20_000, "the child");
      child.close();
      for (const one of [queue, semaphore, busy]) one.close();
    },
  },
  {
    name: "stalls/pool: a worker that is stopped for a while loses nothing",
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 90_000,
    async run({ mp }) {
      const pool = new mp.Pool(2), pid = await pool.apply(targets.ownPid);
      const indices = Array.from({ length: 4000 }, (_, index) => index);
      const stopped = (async () => {
        for (let round = 0; round < 4; round++) {
          await sleep(Math.random() * 20);
          await stop(pid, 1500);
        }
      })();
      let over = false;
      void stopped.then(() => over = true);
      do {
        const results = await within(pool.map(targets.swell, indices), 30_000, "map");
        assertEquals(results.length, indices.length);
      } while (!over);
      await stopped;
      pool.close();
      await within(pool.join(), 10_000, "the pool's end");
    },
  },
  {
    name: "stalls/condition: wait() comes back with the lock held while another is stopped inside",
    needs: ["process", "linux"],
    timeLimit: 90_000,
    async run({ mp }) {
      const lock = new mp.Lock(), condition = new mp.Condition(lock), busy = new mp.Queue<number>();
      const child = new mp.Process({ target: targets.notifyForEver, args: [lock, condition, busy] as never });
      await child.start();
      const pid = await busy.get({ timeout: 20_000 });
      for (let round = 0; round < 3; round++) {
        const stopped = (async () => {
          await sleep(Math.random() * 5);
          await stop(pid, 1500);
        })();
        await condition.with(async () => {
          for (let wait = 0; wait < 20; wait++) {
            await condition.wait({ timeout: 1 });
            assert(lock.locked());
          }
        });
        await stopped;
      }
      child.kill();
      await within(child.join(), 20_000, "the child");
      child.close();
      for (const one of [condition, lock, busy]) one.close();
    },
  },
];
