/** Managers beyond the tutorial. */

import { assertEquals, assertRejects } from "../assert.ts";
import { type Context, type DictProxy, remoteOrigin, type SyncManager } from "../../mod.ts";
import type { Case } from "../case.ts";

async function withManager(mp: Context, use: (manager: SyncManager) => Promise<void>): Promise<void> {
  const manager = await mp.Manager();
  try {
    await use(manager);
  } finally {
    await manager.shutdown();
  }
}

export const managerCases: readonly Case[] = [
  {
    name: "manager/a proxy that comes back to the process that started the manager works, beside the first one",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const queue = new mp.Queue<DictProxy<string, number>>();
        const outer = await manager.dict<string, DictProxy<string, number>>();
        const inner = await manager.dict<string, number>();
        await outer.set("inner", inner);
        await queue.put(inner);
        const back = [await outer.get("inner"), await queue.get()] as DictProxy<string, number>[];
        const all = [inner, ...back];
        for (const [i, proxy] of all.entries()) await proxy.set(`${i}`, i);
        const answers = await Promise.all(all.flatMap((proxy) => [proxy.size(), proxy.get("1"), proxy.keys()]));
        assertEquals(answers, all.flatMap(() => [3, 1, ["0", "1", "2"]]));
        queue.close();
      }),
  },
  {
    name: "manager/an error of a method arrives as itself, and tells of which process it is",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const dict = await manager.dict<unknown>({ word: "text" });
        const [server] = mp.activeChildren();
        for (const [call, type] of [[dict.pop("nothing"), RangeError], [dict.increment("word"), TypeError]] as const) {
          const error = await assertRejects(() => call, type as typeof Error);
          assertEquals(remoteOrigin(error), { pid: server?.pid ?? 0, ident: server?.ident ?? "" });
        }
      }),
  },
];
