/** Program 2: ten processes put into a queue that is a global of their module; nothing is read before all are joined. */

import { assert, assertEquals } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { f, q } from "../../targets/tutorial/02_queue.ts";
import { joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

export const queueCases: readonly Case[] = [
  {
    name: "tutorial/02 a global queue, joined before it is read, holds ten hellos",
    timeLimit: MINUTE,
    async run({ mp }) {
      assert(q.empty());
      const processes = startTen((i) => new mp.Process({ target: f, args: [i] }));
      assertEquals(await joinAll(processes), zeros);
      assertEquals(q.qsize(), 10);
      const got: [string][] = [];
      for (const _ of numbers) got.push(await q.get());
      assertEquals(got.toSorted(), numbers.map((i) => [`hello${i}`]));
      assert(q.empty());
    },
  },
];
