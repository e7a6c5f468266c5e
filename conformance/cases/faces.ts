/** Subclasses: whatever a program's subclass calls its own members, the class it extends goes on as before. */

import { assert, assertEquals, assertRejects } from "../assert.ts";
import type { Context } from "../../mod.ts";
import { MisuseError } from "../../mod.ts";
import type { Case } from "../case.ts";

/** What a program may call its own methods and fields, and what an implementation may have called its own. */
const COMMON = [
  ...[
    "open",
    "take",
    "wait",
    "pack",
    "state",
    "family",
    "lock",
    "close",
    "handle",
    "segment",
    "at",
    "title",
    "waiters",
  ],
  ...[
    "start",
    "stop",
    "run",
    "name",
    "size",
    "kind",
    "label",
    "owner",
    "engine",
    "queue",
    "ring",
    "release",
    "acquire",
  ],
  ...["ready", "attempt", "hold", "holders", "isFree", "isClosed", "ensureOpen", "closedError", "onClose", "obtain"],
  ...["tryTake", "tryDiscard", "stagePut", "robustLock", "heldHere", "releaseFully", "data", "code", "guard", "method"],
  ...[
    "options",
    "target",
    "args",
    "crew",
    "client",
    "process",
    "id",
    "key",
    "value",
    "length",
    "items",
    "face",
    "init",
  ],
] as const;

/** A class and what it is for: `use` does that with an instance. */
interface Row {
  readonly name: string;
  /** The names of the contract, which are not the program's to give away. */
  readonly contract: readonly string[];
  base(mp: Context): abstract new (...args: never[]) => object;
  readonly args?: readonly unknown[];
  // deno-lint-ignore no-explicit-any -- an instance of the row's class
  use(one: any, mp: Context): Promise<unknown>;
  readonly expected: unknown;
}

/** By URL: a function that this file only imports isn't found. */
const square = new URL("../targets/pool/tasks.ts#square", import.meta.url);
const self = new URL("../targets/lives.ts#self", import.meta.url);

const acquirable = ["acquire", "acquireNowait", "release", "hold", "with"];
const queue = ["put", "putNowait", "get", "getNowait", "qsize", "empty", "full", "close", "shutdown"];
const process = [
  ...["run", "start", "join", "isAlive", "terminate", "kill", "interrupt", "close", "pid", "ident", "exitcode"],
  ...["sentinel", "stdout", "stderr", "name", "daemon", "authkey"],
];
const pool = [
  ...["apply", "applyAsync", "map", "mapAsync", "mapSettled", "imap", "imapSettled", "imapUnordered", "starmap"],
  ...["starmapAsync", "close", "terminate", "join", "size", "stats"],
];

async function useLock(lock: InstanceType<Context["Lock"]>): Promise<unknown> {
  assert(await lock.acquire());
  assert(!lock.acquireNowait() && lock.locked() && !lock.abandoned);
  assert(!await lock.acquire({ timeout: 10 }));
  lock.release();
  const inside = await lock.with(() => lock.locked());
  const held = await lock.hold();
  held[Symbol.dispose]();
  lock.close();
  await assertRejects(() => lock.acquire());
  return inside;
}

async function useSemaphore(semaphore: InstanceType<Context["Semaphore"]>): Promise<unknown> {
  assert(await semaphore.acquire() && semaphore.acquireNowait());
  assert(!await semaphore.acquire({ timeout: 10 }));
  semaphore.release(2);
  const inside = await semaphore.with(() => semaphore.getValue());
  const held = await semaphore.hold();
  held[Symbol.dispose]();
  semaphore.close();
  return inside;
}

async function useQueue(one: InstanceType<Context["Queue"]>): Promise<unknown> {
  await one.put({ a: 1 });
  one.putNowait(2);
  assertEquals([one.qsize(), one.empty(), one.full()], [2, false, true]);
  const got = [await one.get(), one.getNowait()];
  const later = one.get();
  await one.put("last");
  got.push(await later);
  await one.put("listed");
  one.shutdown();
  for await (const item of one) got.push(item);
  one.close();
  return got;
}

const used = [{ a: 1 }, 2, "last", "listed"];

const rows: readonly Row[] = [
  {
    name: "Lock",
    contract: [...acquirable, "locked", "abandoned", "close"],
    base: (mp) => mp.Lock,
    use: useLock,
    expected: true,
  },
  {
    name: "RLock",
    contract: [...acquirable, "locked", "abandoned", "close"],
    base: (mp) => mp.RLock,
    use: useLock,
    expected: true,
  },
  {
    name: "Semaphore",
    contract: [...acquirable, "getValue", "close"],
    base: (mp) => mp.Semaphore,
    args: [2],
    use: useSemaphore,
    expected: 1,
  },
  {
    name: "BoundedSemaphore",
    contract: [...acquirable, "getValue", "close"],
    base: (mp) => mp.BoundedSemaphore,
    args: [2],
    use: useSemaphore,
    expected: 1,
  },
  {
    name: "Condition",
    contract: [...acquirable, "wait", "waitFor", "notify", "notifyAll", "close"],
    base: (mp) => mp.Condition,
    async use(condition: InstanceType<Context["Condition"]>) {
      let done = false;
      const waiting = condition.with(() => condition.waitFor(() => done));
      await condition.with(async () => {
        done = true;
        condition.notifyAll();
        await Promise.resolve();
      });
      const result = [await waiting, await condition.with(() => condition.wait({ timeout: 10 }))];
      condition.close();
      return result;
    },
    expected: [true, false],
  },
  {
    name: "Event",
    contract: ["set", "clear", "isSet", "wait", "close"],
    base: (mp) => mp.Event,
    async use(event: InstanceType<Context["Event"]>, mp) {
      assert(!await event.wait({ timeout: 10 }));
      const waiting = event.wait(), listed = mp.wait([event]);
      event.set();
      assertEquals([await waiting, event.isSet(), (await listed)[0] === event], [true, true, true]);
      event.clear();
      const result = event.isSet();
      event.close();
      return result;
    },
    expected: false,
  },
  {
    name: "Barrier",
    contract: ["wait", "reset", "abort", "close", "parties", "nWaiting", "broken"],
    base: (mp) => mp.Barrier,
    args: [2],
    async use(barrier: InstanceType<Context["Barrier"]>) {
      const indexes = await Promise.all([barrier.wait(), barrier.wait()]);
      assertEquals([barrier.parties, barrier.nWaiting, barrier.broken], [2, 0, false]);
      barrier.abort();
      await assertRejects(() => barrier.wait());
      barrier.reset();
      assert(!barrier.broken);
      barrier.close();
      return indexes;
    },
    expected: [0, 1],
  },
  { name: "Queue", contract: queue, base: (mp) => mp.Queue, args: [2], use: useQueue, expected: used },
  {
    name: "JoinableQueue",
    contract: [...queue, "taskDone", "join"],
    base: (mp) => mp.JoinableQueue,
    args: [2],
    async use(one: InstanceType<Context["JoinableQueue"]>) {
      await one.put(0);
      await one.get();
      one.taskDone();
      assert(await one.join({ timeout: 5000 }));
      return await useQueue(one);
    },
    expected: used,
  },
  {
    name: "SimpleQueue",
    contract: ["put", "get", "empty", "close"],
    base: (mp) => mp.SimpleQueue,
    async use(one: InstanceType<Context["SimpleQueue"]>) {
      await one.put(1);
      assert(!one.empty());
      const got = await one.get();
      one.close();
      return got;
    },
    expected: 1,
  },
  {
    name: "Value",
    contract: ["value", "add", "exchange", "compareExchange", "lock", "close"],
    base: (mp) => mp.Value as unknown as new () => object,
    args: ["i", 1],
    async use(value: { value: number; add(n: number): number; lock: InstanceType<Context["Lock"]>; close(): void }) {
      value.add(1);
      await value.lock.with(() => void (value.value *= 10));
      const result = value.value;
      value.close();
      return result;
    },
    expected: 20,
  },
  {
    name: "SharedMemory",
    contract: ["bytes", "name", "size", "close", "unlink"],
    base: (mp) => mp.SharedMemory,
    args: [{ create: true, size: 8 }],
    async use(block: InstanceType<Context["SharedMemory"]>, mp) {
      const same = new mp.SharedMemory({ name: block.name });
      block.bytes[0] = 7;
      const result = await Promise.resolve([same.bytes[0], same.size]);
      same.close();
      block.close();
      block.unlink();
      return result;
    },
    expected: [7, 8],
  },
  {
    name: "ShareableList",
    contract: ["length", "shm", "format", "at", "set", "count", "indexOf", "close"],
    base: (mp) => mp.ShareableList,
    args: [[1, "two"]],
    async use(list: InstanceType<Context["ShareableList"]>) {
      list.set(0, 3);
      const result = await Promise.resolve([...list]);
      list.shm.unlink();
      list.close();
      return result;
    },
    expected: [3, "two"],
  },
  {
    name: "Process",
    contract: process,
    base: (mp) => mp.Process,
    args: [{ target: self }],
    async use(child: InstanceType<Context["Process"]>, mp) {
      const started = child.start();
      assert(mp.activeChildren().includes(child));
      await started;
      const [ended] = await mp.wait([child]);
      const result = [ended === child, await child.join(), child.exitcode, await child.sentinel];
      child.close();
      return result;
    },
    expected: [true, 0, 0, 0],
  },
  {
    name: "Pool",
    contract: pool,
    base: (mp) => mp.Pool,
    args: [1],
    async use(one: InstanceType<Context["Pool"]>) {
      const result = [await one.apply(square, [2]), await one.map(square, [1, 2, 3])];
      await assertRejects(() => one.join(), MisuseError);
      await one[Symbol.asyncDispose]();
      return result;
    },
    expected: [4, [1, 4, 9]],
  },
];

/** A subclass that has members of all common names but the contract's: methods, or fields. */
function withOwnMembers({ contract, base, args = [] }: Row, mp: Context, as: "methods" | "fields"): object {
  const names = COMMON.filter((name) => !contract.includes(name));
  const Base = base(mp) as new (...args: unknown[]) => object;
  class Own extends Base {
    constructor(...args: unknown[]) {
      super(...args);
      if (as === "fields") {
        for (const name of names) Object.defineProperty(this, name, { value: "own", enumerable: true });
      }
    }
  }
  for (const name of as === "methods" ? names : []) {
    Object.defineProperty(Own.prototype, name, { value: () => "own", configurable: true, writable: true });
  }
  return new Own(...args);
}

export const faceCases: readonly Case[] = rows.map((row) => ({
  name: `faces/a subclass of ${row.name} with members of common names behaves as its base does`,
  async run({ mp }) {
    for (const as of ["methods", "fields"] as const) {
      assertEquals(await row.use(withOwnMembers(row, mp, as), mp), row.expected);
    }
  },
}));
