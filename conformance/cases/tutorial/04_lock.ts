/** Program 4: a lock that is a global of the module lets one of ten processes at a time inside. */

import { assert, assertEquals, assertGreaterOrEqual } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { f, lock, SLEEP, sometimesThrows } from "../../targets/tutorial/04_lock.ts";
import { joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

export const lockCases: readonly Case[] = [
  {
    name: "tutorial/04 a global lock lets one in at a time",
    timeLimit: MINUTE,
    async run({ mp }) {
      const reports = new mp.Queue<[number, boolean]>();
      const started = performance.now();
      const processes = startTen((i) => new mp.Process({ target: f, args: [i, reports] }));
      assertEquals(await joinAll(processes), zeros);
      // A timer may be a millisecond early.
      assertGreaterOrEqual(performance.now() - started, 10 * (SLEEP - 1));
      const got = numbers.map(() => reports.getNowait());
      assertEquals(got.toSorted(([a], [b]) => a - b), numbers.map((i): [number, boolean] => [i, true]));
      assert(!lock.locked());
      reports.close();
    },
  },
  {
    name: "tutorial/04 who throws inside with() or hold() doesn't strand the others",
    timeLimit: MINUTE,
    async run({ mp, method }) {
      const reports = new mp.Queue<[number, boolean]>();
      const quiet = method === "process" ? { stderr: "ignore" as const } : {}; // a worker has its process's
      const processes = startTen((i) => new mp.Process({ target: sometimesThrows, args: [i, reports], ...quiet }));
      assertEquals(await joinAll(processes), numbers.map((i) => i % 3 === 0 ? 1 : 0));
      const got = numbers.map(() => reports.getNowait());
      assertEquals(got.toSorted(([a], [b]) => a - b), numbers.map((i): [number, boolean] => [i, true]));
      assert(lock.acquireNowait());
      assert(!lock.abandoned);
      lock.release();
      reports.close();
    },
  },
];
