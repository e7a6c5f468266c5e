/** Program 6: ten processes fill a dict that a manager's server keeps, and print it; their parent prints it at the end. */

import { assert, assertEquals } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { f, type Seen } from "../../targets/tutorial/06_manager.ts";
import { joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

function includesAll(all: ReadonlyMap<number, number>, some: ReadonlyMap<number, number>): boolean {
  return [...some].every(([key, value]) => all.get(key) === value);
}

export const managerCases: readonly Case[] = [
  {
    name: "tutorial/06 a manager's dict never loses a key, and holds all ten at the end",
    timeLimit: MINUTE,
    async run({ mp }) {
      const manager = await mp.Manager();
      const prints = new mp.Queue<Seen>();
      const turn = new mp.Lock();
      try {
        const d = await manager.dict<number, number>();
        const processes = startTen((i) => new mp.Process({ target: f, args: [d, i, prints, turn] }));
        assertEquals(await joinAll(processes), zeros);
        let last: ReadonlyMap<number, number> = new Map();
        for (const _ of numbers) {
          const { name, before, after, printed } = prints.getNowait();
          assert(!before.has(name));
          assertEquals(after.get(name), name * name);
          assert(includesAll(after, before), `${name} lost what it had seen`);
          assert(includesAll(printed, after), `${name} lost what it had seen`);
          assert(includesAll(printed, last), `${name} lost what another one printed`);
          last = printed;
        }
        assertEquals(await d.copy(), new Map(numbers.map((i) => [i, i * i])));
      } finally {
        await manager.shutdown();
        prints.close();
        turn.close();
      }
    },
  },
];
