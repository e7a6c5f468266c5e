/** Families of mixed runtimes: a root on one, children on others, all sharing the same objects. */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "../../assert.ts";
import { MisuseError, setExecutable, SpawnError } from "../../../mod.ts";
import type { Case, Env, RuntimeName } from "../../case.ts";
import { executableOf } from "../../host.ts";
import { many, scratchArray } from "../../scale.ts";
import { difference } from "../../same.ts";
import { compareValues, consume, descend, exchange, produce } from "../../targets/process/mixed.ts";
import { travelling } from "../../travelling.ts";

const runtimes: readonly RuntimeName[] = ["node", "bun", "deno"];

/** What `make` starts runs on `runtime`. */
async function startOn(runtime: RuntimeName, env: Env, start: () => Promise<void>): Promise<void> {
  setExecutable(executableOf(runtime, env));
  try {
    // start() asks for the executable before it gives back its promise.
    const started = start();
    setExecutable(executableOf(env.runtime, env));
    await started;
  } finally {
    setExecutable(executableOf(env.runtime, env));
  }
}

/** Values that each runtime writes and reads alike. */
const values: readonly unknown[] = [
  [0, -0, 1.5, 2 ** 53, NaN, -Infinity, 10n ** 30n],
  { text: "ä€😀\ud800", nested: [null, undefined, true], date: new Date(86_400_000) },
  new Map<unknown, unknown>([["a", new Set([1, "2"])]]),
  new Uint8Array([1, 2, 255]),
  new Float64Array(10_000).fill(Math.PI),
  Object.assign(new RangeError("told", { cause: new TypeError("why") }), { code: "E_TOLD" }),
  "x".repeat(300_000),
];

/** For comparison: a stack differs in its format only. */
function shape(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, cause } = value;
  return [name, message, (value as Error & { code?: string }).code, shape(cause)];
}

export const mixedCases: readonly Case[] = [
  ...runtimes.map((child): Case => ({
    name: `mixed/a child on ${child}: queue, pipe, lock, value and array are the root's`,
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, times = many(300);
      const [here, end] = mp.Pipe();
      const to = new mp.Queue<unknown>(), back = new mp.Queue<unknown>(), lock = new mp.Lock();
      const value = new mp.Value("i", 0), array = scratchArray(mp, "d", 5);
      array.set([1, 2, 3, 4, 5.5]);
      const one = new mp.Process({ target: exchange, args: [{ to, back, end, lock, value, array }, times] });
      await startOn(child, env, () => one.start());
      end.close();
      for (let i = 0; i < times; i++) await lock.with(() => void value.value++);
      assertEquals(await back.get(), [child, mp.currentProcess().pid, "MainProcess"]);
      for (const item of values) {
        await to.put(item);
        assertEquals(shape(await back.get()), shape(item));
      }
      assertEquals([...array], [2, 4, 6, 8, 11]);
      to.shutdown();
      for (const item of values) {
        await here.send(item);
        assertEquals(shape(await here.recv()), shape(item));
      }
      assertEquals(value.value, 2 * times);
      here.close(); // end-of-file for the child
      assertEquals(await one.join(), 0);
      for (const object of [to, back, lock, value]) object.close();
    },
  })),
  ...runtimes.map((child): Case => ({
    name: `mixed/every value is the same on ${child}, and comes back as it was`,
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, to = new mp.Queue<[string, unknown]>(), back = new mp.Queue<[string | undefined, unknown]>();
      const one = new mp.Process({ target: compareValues, args: [to, back] });
      await startOn(child, env, () => one.start());
      for (const [what, make] of Object.entries(travelling)) {
        const value = make();
        await to.put([what, value]);
        const [there, returned] = await back.get();
        assertEquals([what, there, difference(value, returned)], [what, undefined, undefined]);
      }
      to.shutdown();
      assertEquals(await one.join(), 0);
      to.close();
      back.close();
    },
  })),
  {
    name: "mixed/producers and consumers on three runtimes at once: each message once, in its producer's order",
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 90_000,
    async run(env) {
      const { mp } = env, each = many(6000);
      const queue = new mp.Queue<[number, number, string]>(100), reports = new mp.Queue<[string, string]>();
      const seen = scratchArray(mp, "B", 4 * each);
      const on = (index: number) => runtimes[index % 3] as RuntimeName;
      const producers = [0, 1, 2, 3].map((who) => new mp.Process({ target: produce, args: [queue, who, each] }));
      const consumers = [0, 1, 2, 3].map(() => new mp.Process({ target: consume, args: [queue, each, seen, reports] }));
      const all = [...consumers, ...producers];
      // The producers are shifted by one: all three runtimes are on either side.
      await Promise.all(all.map((one, i) => startOn(on(i), env, () => one.start())));
      assertEquals(await Promise.all(producers.map((one) => one.join())), [0, 0, 0, 0]);
      queue.shutdown();
      assertEquals(await Promise.all(consumers.map((one) => one.join())), [0, 0, 0, 0]);
      const told = [0, 1, 2, 3].map(() => reports.getNowait());
      assertEquals(told.map(([, trouble]) => trouble), ["ok", "ok", "ok", "ok"]);
      assertEquals(new Set(told.map(([name]) => name)).size, 3);
      assertEquals(seen.findIndex((times) => times !== 1), -1, "each message is seen exactly once");
      assert(queue.empty());
      queue.close();
      reports.close();
    },
  },
  {
    name: "mixed/each generation on another runtime",
    needs: ["process", "linux"],
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, told = new mp.Queue<string>();
      const [first, ...rest] = runtimes.filter((name) => name !== env.runtime).concat(env.runtime) as [RuntimeName];
      const one = new mp.Process({
        target: descend,
        args: [told, rest.map((name) => executableOf(name, env))],
        name: "Process-1",
      });
      await startOn(first, env, () => one.start());
      assertEquals(await one.join(), 0);
      for (const [depth, name] of [first, ...rest].entries()) {
        const ordinal = depth === 0 ? "1" : `\\d+${":1".repeat(depth)}`;
        assertMatch(told.getNowait(), new RegExp(`^${name} Process-${ordinal}$`));
      }
      told.close();
    },
  },
  {
    name: "mixed/an executable that isn't there, or isn't a path, is refused",
    needs: ["process"],
    async run(env) {
      for (const path of ["", 3, undefined]) {
        assertThrows(() => setExecutable(path as string), MisuseError, "Cannot set the executable");
      }
      setExecutable("/nowhere/node");
      try {
        const one = new env.mp.Process();
        await assertRejects(() => one.start(), SpawnError, 'Cannot start "/nowhere/node"');
        await assertRejects(() => one.join(), SpawnError);
        assertEquals([one.isAlive(), one.pid, env.mp.activeChildren()], [false, null, []]);
      } finally {
        setExecutable(executableOf(env.runtime, env));
      }
    },
  },
];
