/** Program 1: ten processes say hello with their parent's id and their own, at the same time; then all are joined. */

import { assertEquals } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { hello } from "../../targets/tutorial/01_process.ts";
import type { Report } from "../../targets/tutorial/report.ts";
import { checkIds, joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

export const processCases: readonly Case[] = [
  {
    name: "tutorial/01 ten processes, ten hellos, one parent, ten ids, ten exit codes 0",
    timeLimit: MINUTE,
    async run(env) {
      const { mp } = env;
      const reports = new mp.Queue<Report>();
      const there = new mp.Queue<number>();
      const go = new mp.Queue<number>();
      const processes = startTen((i) => new mp.Process({ target: hello, args: [i, reports, there, go] }));
      // All ten are inside before the first may leave.
      const arrived: number[] = [];
      for (const _ of numbers) arrived.push(await there.get());
      assertEquals(arrived.toSorted(), numbers);
      assertEquals(processes.map((one) => one.isAlive()), numbers.map(() => true));
      assertEquals(processes.map(({ exitcode }) => exitcode), numbers.map(() => null));
      assertEquals(mp.activeChildren().length, 10);
      for (const i of numbers) go.putNowait(i);
      assertEquals(await joinAll(processes), zeros);
      assertEquals(processes.map((one) => one.isAlive()), numbers.map(() => false));
      assertEquals(mp.activeChildren(), []);
      checkIds(env, numbers.map(() => reports.getNowait()), processes);
      for (const queue of [reports, there, go]) queue.close();
    },
  },
];
