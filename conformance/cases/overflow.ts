/** Cases in which the stack is full in the middle of an operation: nothing stays locked, and what was done is done. */

import { assert, assertEquals } from "../assert.ts";
import type { Case } from "../case.ts";
import { within } from "../scale.ts";
import { targets as targetsOf } from "../../mod.ts";

const targets = targetsOf<typeof import("../targets/overflow.ts")>(new URL("../targets/overflow.ts", import.meta.url));

/** Runs `operation` on the way up from the end of the stack, at each depth until it comes to its end. */
function atTheEnd(operation: () => void): void {
  try {
    atTheEnd(operation);
  } catch (error) {
    // An encoder says so in its own words.
    if (!(error instanceof RangeError || (error as Error).cause instanceof RangeError)) throw error;
    operation();
  }
}

/** The same, from a stack that is so many words deeper. */
function deeper(_words: readonly number[], operation: () => void): void {
  const shifted = (..._shift: number[]) => atTheEnd(operation);
  shifted(..._words);
}

function overflowing(times: number, operation: () => void): void {
  for (let time = 0; time < times; time++) deeper(new Array<number>(time % 50).fill(0), operation);
}

const TIMES = 150;

export const overflowCases: readonly Case[] = [
  {
    name: "overflow/queue: what was put is there, and others get it",
    growsMemory: true,
    timeLimit: 60_000,
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), lock = new mp.Lock();
      let put = 0;
      for (const item of [1, "x".repeat(100_000), lock]) {
        overflowing(TIMES, () => {
          queue.putNowait(item);
          put++;
        });
        queue.putNowait(item); // the next operation makes whole what was left
        assertEquals(queue.qsize(), ++put);
      }
      const child = new mp.Process({ target: targets.drain, args: [queue, put] as never });
      await child.start();
      assertEquals(await within(child.join(), 20_000, "the child"), 0);
      let got = 0;
      overflowing(TIMES, () => {
        queue.putNowait(1);
        queue.getNowait();
        got++;
      });
      assert(got >= TIMES);
      assert(lock.acquireNowait());
      child.close();
      queue.close();
      lock.close();
    },
  },
  {
    name: "overflow/semaphore, condition, event and memory: nothing stays locked",
    growsMemory: true,
    timeLimit: 60_000,
    async run({ mp }) {
      const semaphore = new mp.Semaphore(1_000_000), condition = new mp.Condition({ lock: new mp.Lock() });
      const event = new mp.Event(), joinable = new mp.JoinableQueue<number>();
      let out = 0;
      overflowing(TIMES, () => {
        if (semaphore.acquireNowait()) out++;
      });
      assert(out >= TIMES);
      semaphore.release(); // the next operation makes whole what was left
      assertEquals(semaphore.getValue(), 1_000_001 - out);
      assert(semaphore.acquireNowait());
      overflowing(TIMES, () => {
        semaphore.release();
        out--;
      });
      assert(semaphore.acquireNowait());
      assertEquals(semaphore.getValue(), 999_999 - out);
      semaphore.release();
      assert(await condition.acquire());
      overflowing(TIMES, () => condition.notify());
      condition.release();
      overflowing(TIMES, () => {
        event.set();
        event.clear();
      });
      overflowing(TIMES, () => new mp.Value("i", 0).close());
      overflowing(TIMES, () => {
        joinable.putNowait(1);
        joinable.getNowait();
        joinable.taskDone();
      });
      const child = new mp.Process({ target: targets.useAll, args: [semaphore, condition, event, joinable] as never });
      await child.start();
      assertEquals(await within(child.join(), 20_000, "the child"), 0);
      child.close();
      for (const one of [semaphore, condition, event, joinable]) one.close();
    },
  },
];
