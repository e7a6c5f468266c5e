/** Many calls at once, from several clients. */

import { assertEquals } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { many } from "../../scale.ts";
import { consume, produce } from "../../targets/managers/waits.ts";
import { joinAll, runAll, startAll } from "../sync/children.ts";
import { withManager } from "./with_manager.ts";

export const managerLoadCases: readonly Case[] = [
  {
    name: "manager/four clients with many calls under way: each is done exactly once",
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const dict = await manager.dict<string, number>(), list = await manager.list<number>();
        const queue = await manager.Queue<number>(8), seen = await manager.list<number>(), each = many(150);
        const takers = await startAll(env, consume, [[queue, seen], [queue, seen]]);
        await runAll(env, produce, [0, 1, 2, 3].map((i) => [i * each, each, dict, list, queue]));
        await queue.shutdown();
        await joinAll(takers);
        const all = Array.from({ length: 4 * each }, (_, number) => number);
        assertEquals(await dict.pop("count"), 4 * each);
        await list.sort();
        await seen.sort();
        assertEquals([await list.copy(), await seen.copy()], [all, all]);
        assertEquals((await dict.values()).sort((a, b) => a - b), all);
      }),
  },
];
