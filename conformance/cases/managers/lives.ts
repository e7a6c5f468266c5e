/** Managers: what travels to a server and back, and how long it is kept. */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "../../assert.ts";
import {
  ClosedError,
  type DictProxy,
  MisuseError,
  remoteOrigin,
  SerializationError,
  type SyncManager,
} from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { collectGarbage, residentBytes, sendSignal, sleep, until } from "../../host.ts";
import { withManager } from "./with_manager.ts";
import { fromOthers } from "../../targets/managers/without_codec.ts";
import { keepDict, storeVector, useSent } from "../../targets/managers/lives.ts";
import { Vector } from "../../targets/pool/vectors.ts";

/** Says how much the server has grown at most since the first call. */
function growthOf({ mp }: Env): () => number {
  const pid = mp.activeChildren()[0]?.pid ?? 0;
  let first = 0, most = 0;
  return () => {
    const now = residentBytes(pid);
    if (first === 0) first = now;
    return most = Math.max(most, now - first);
  };
}

const MB = 1_000_000;

/** Makes dicts of 1 MB each, and calls `lose` with each. */
async function fillDicts(
  manager: SyncManager,
  count: number,
  lose: (dict: DictProxy<string, string>, i: number) => unknown,
): Promise<void> {
  for (let i = 0; i < count; i++) {
    const dict = await manager.dict<string, string>();
    await dict.set("text", `${i}`.padEnd(MB, "-"));
    await lose(dict, i);
  }
}

/** How the last proxy of a dict goes, of which this is the `i`th. */
const losing: Readonly<Record<string, (dict: DictProxy<string, string>, i: number) => Promise<void>>> = {
  async closed(dict) {
    const late = dict.size();
    dict.close(); // what was asked before is answered
    assertEquals(await late, 1);
    await assertRejects(() => dict.size(), ClosedError);
  },
  async lost(_, i) {
    if (i % 10 !== 9) return;
    collectGarbage();
    await sleep(5);
  },
};

/** Waits until the server, kept busy so that it collects its garbage, doesn't have a named event any more. */
async function untilGone({ mp }: Env, manager: SyncManager, name: string): Promise<void> {
  const busy = await manager.dict<string, string>();
  await until(
    async () => {
      collectGarbage();
      for (let i = 0; i < 20; i++) await busy.set("text", `${i}`.padEnd(MB, "-"));
      try {
        new mp.Value("i", 0, { name }).close(); // only when the event of that name is gone
        return true;
      } catch {
        return false;
      }
    },
    15_000,
    "the dict to be gone",
  );
  busy.close();
}

/** A dict on the server with an event in it which nobody else has. */
async function dictWithEvent({ mp }: Env, manager: SyncManager, name: string): Promise<DictProxy<string, unknown>> {
  const event = new mp.Event({ name });
  const dict = await manager.dict<string, unknown>([["event", event], ["kept", 1]]);
  event.close();
  return dict;
}

export const managerLifeCases: readonly Case[] = [
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
        const calls = [[() => dict.pop("nothing"), RangeError], [() => dict.increment("word"), TypeError]] as const;
        for (const [call, type] of calls) {
          const error = await assertRejects(call, type as typeof Error);
          assertEquals(remoteOrigin(error), { pid: server?.pid ?? 0, ident: server?.ident ?? "" });
        }
      }),
  },
  {
    name: "manager/a call whose arguments can't be sent fails alone; the dicts stay",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const dict = await manager.dict<string, unknown>([["kept", 1]]);
        const bad = dict.set("b", { deep: [() => {}] }), get = dict.get("kept");
        await assertRejects(() => bad, SerializationError, "value.deep[0] is a function");
        await assertRejects(() => dict.set((() => {}) as never, 1), SerializationError, "key is a function");
        assertEquals(await get, 1);
        const lock = new mp.Lock();
        lock.close();
        await assertRejects(() => dict.set("c", lock), ClosedError, "Cannot send the Lock");
        assertEquals(await dict.entries(), [["kept", 1]]);
      }),
  },
  {
    name: "manager/what needs a codec of the program's is kept, as key and as value, and comes back as it was",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const dict = await manager.dict<unknown, unknown>([[new Vector(1, 2), [new Vector(3, 4)]]]);
        assertEquals(await dict.get(new Vector(1, 2)), [new Vector(3, 4)]);
        assertEquals([await dict.has(new Vector(1, 3)), await dict.increment(new Vector(5, 6), 7)], [false, 7]);
        assertEquals(await dict.keys(), [new Vector(1, 2), new Vector(5, 6)]);
        // The same for a process whose first call it is.
        const child = new mp.Process({ target: storeVector, args: [dict] });
        await child.start();
        assertEquals(await child.join(), 0);
        assertEquals(await dict.get("a"), new Vector(1, 2));
        assertEquals(await dict.pop(new Vector(1, 2)), [new Vector(3, 4)]);
        // Who hasn't the codec is told so, and can do all that needs no look into the value.
        const other = new mp.Process({ target: fromOthers, args: [dict] });
        await other.start();
        assertEquals(await other.join(), 0);
        assertMatch(await dict.get("told") as string, /no codec of that name is registered here/);
      }),
  },
  {
    name: "manager/Ctrl-C, which its server gets too, doesn't end the server",
    needs: ["process", "linux"],
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const dict = await manager.dict([["kept", 1]]);
        const [server] = mp.activeChildren();
        for (let i = 0; i < 2; i++) {
          assert(sendSignal(server?.pid ?? 0, "SIGINT"));
          assertEquals(await dict.increment("kept"), i + 2);
        }
        assertEquals(await server?.join({ timeout: 200 }), null);
        assertEquals(await dict.get("kept"), 3);
      }),
  },
  {
    name: "manager/a key of a dict that is an object is found by its content; primitives are as in any Map",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const dict = await manager.dict<unknown, unknown>([[[1, 2], "pair"], ["[1,2]", "text"], [{ a: [1] }, 0]]);
        assertEquals([await dict.get([1, 2]), await dict.get([1, 2, 3]), await dict.has({ a: [1] })], [
          "pair",
          undefined,
          true,
        ]);
        assertEquals(await dict.increment({ a: [1] }, 5), 5);
        await dict.update([[[1, 2], "the pair"], [-0, "zero"], [NaN, "none"], [new Date(0), "then"], [dict, "itself"]]);
        assertEquals([await dict.get(0), await dict.get(NaN), await dict.get("NaN")], ["zero", "none", undefined]);
        assertEquals([await dict.get(new Date(0)), await dict.get(dict), await dict.size()], ["then", "itself", 7]);
        assertEquals((await dict.keys()).slice(0, 5), [[1, 2], "[1,2]", { a: [1] }, 0, NaN]);
        assertEquals((await dict.values()).slice(0, 3), ["the pair", "text", 5]);
        assertEquals([...await dict.copy()].slice(0, 2), [[[1, 2], "the pair"], ["[1,2]", "text"]]);
        assertEquals([await dict.setdefault([1, 2], 7), await dict.setdefault([2], 8)], ["the pair", 8]);
        assertEquals([await dict.delete([1, 2]), await dict.delete([1, 2]), await dict.pop([2])], [true, false, 8]);
        assertEquals((await dict.entries()).slice(0, 2), [["[1,2]", "text"], [{ a: [1] }, 5]]);
        await assertRejects(() => dict.pop([1, 2]), RangeError, "Cannot pop that object");
      }),
  },
  ...Object.entries(losing).map(([how, lose]): Case => ({
    name: `manager/a dict whose proxies are ${how} is gone: the server doesn't grow`,
    needs: ["process", "linux"], // a thread's memory can't be told from its process's
    growsMemory: true,
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const growth = growthOf(env), kept = await manager.dict([["kept", 1]]);
        await fillDicts(manager, 20, lose);
        growth();
        await fillDicts(manager, 300, async (dict, i) => {
          await lose(dict, i);
          if (i % 10 === 9) growth();
        });
        assert(growth() < 150 * MB, `the server grew by ${growth()} bytes`);
        assertEquals(await kept.get("kept"), 1);
      }),
  })),
  {
    name: "manager/a proxy that its sender has closed works where it comes, and keeps the dict on its way",
    run: ({ mp }) =>
      withManager(mp, async (manager) => {
        const queue = new mp.Queue<DictProxy<string, number>>(), outer = await manager.dict<number, unknown>();
        for (let i = 0; i < 10; i++) {
          const dict = await manager.dict({ kept: i });
          await Promise.all([queue.put(dict), outer.set(i, dict)]);
          dict.close();
        }
        queue.shutdown();
        const child = new mp.Process({ target: useSent, args: [queue] });
        await child.start();
        assertEquals(await child.join(), 0);
        for (let i = 0; i < 10; i++) {
          const dict = await outer.get(i) as DictProxy<string, number>;
          assertEquals(await dict.get("kept"), i + 1);
          assert(await outer.get(i) === dict, "what a process has of one dict is one proxy");
          dict.close();
        }
        queue.close();
      }),
  },
  {
    name: "manager/a dict that only a killed process had is gone, and so are dicts in dicts",
    growsMemory: true,
    timeLimit: 60_000,
    run: (env) =>
      withManager(env.mp, async (manager) => {
        const { mp } = env, names = [0, 1].map((i) => `event-${i}-${Math.random()}`) as [string, string];
        const dict = await dictWithEvent(env, manager, names[0]), inner = await dictWithEvent(env, manager, names[1]);
        await dict.set("inner", inner);
        const has = new mp.Event(), child = new mp.Process({ target: keepDict, args: [dict, has] });
        await child.start();
        await has.wait();
        dict.close();
        inner.close();
        assertThrows(() => new mp.Value("i", 0, { name: names[0] }), MisuseError);
        child.kill();
        await child.join();
        for (const name of names) await untilGone(env, manager, name);
        has.close();
      }),
  },
];
