/** Program 3: ten processes send through the same end of a pipe at the same time; their parent receives at the other. */

import { assert, assertEquals } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { f, type Marked, sendMany } from "../../targets/tutorial/03_pipe.ts";
import type { Report } from "../../targets/tutorial/report.ts";
import { checkIds, joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

export const pipeCases: readonly Case[] = [
  {
    name: "tutorial/03 ten processes send through one end, ten messages arrive",
    timeLimit: MINUTE,
    async run(env) {
      const { mp } = env;
      const [parentConn, childConn] = mp.Pipe<[string]>();
      const reports = new mp.Queue<Report>();
      const processes = startTen((i) => new mp.Process({ target: f, args: [childConn, i, reports] }));
      assertEquals(await joinAll(processes), zeros);
      const got: [string][] = [];
      for (const _ of numbers) got.push(await parentConn.recv());
      assertEquals(got.toSorted(), numbers.map((i) => [`hello${i}`]));
      assertEquals(await parentConn.poll(), false);
      checkIds(env, numbers.map(() => reports.getNowait()), processes);
      parentConn.close();
      childConn.close();
      reports.close();
    },
  },
  {
    name: "tutorial/03 messages of ten writers at once arrive whole, once, and in each writer's order",
    growsMemory: true,
    timeLimit: MINUTE,
    async run({ mp }) {
      const COUNT = 20;
      const [parentConn, childConn] = mp.Pipe<Marked>();
      const there = new mp.Queue<number>();
      const go = new mp.Queue<number>();
      const processes = startTen((i) => new mp.Process({ target: sendMany, args: [childConn, i, COUNT, there, go] }));
      for (const _ of numbers) await there.get();
      for (const i of numbers) await go.put(i);
      const next = numbers.map(() => 0);
      for (let i = 0; i < 10 * COUNT; i++) {
        const { from, ordinal, length, text } = await parentConn.recv();
        assertEquals(ordinal, next[from]);
        next[from] = ordinal + 1;
        assert(text === String(from).repeat(length), `message ${ordinal} of ${from} is not whole`);
      }
      assertEquals(await joinAll(processes), zeros);
      assertEquals(await parentConn.poll(), false);
      parentConn.close();
      childConn.close();
      there.close();
      go.close();
    },
  },
];
