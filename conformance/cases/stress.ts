/** Cases with many processes at once: nothing is lost, doubled, mixed up, or waits for ever. */

import { assert, assertEquals } from "../assert.ts";
import type { Case, Env } from "../case.ts";
import { memoryFileSize } from "../host.ts";
import { limit, many, scratchArray, within } from "../scale.ts";
import { type SharedArray, targets as targetsOf } from "../../mod.ts";
import { checkBytes } from "../targets/stress.ts";

const targets = targetsOf<typeof import("../targets/stress.ts")>(new URL("../targets/stress.ts", import.meta.url));

let guardedArray: SharedArray<"d"> | undefined;
type Item = [number, number, Uint8Array];

/** Starts a process for each list of arguments, and waits until all have ended well. */
async function runAll<A extends unknown[]>(
  { mp }: Env,
  target: (...args: A) => unknown,
  lists: readonly NoInfer<A>[],
): Promise<void> {
  const processes = lists.map((args) => new mp.Process({ target, args } as never));
  await Promise.all(processes.map((one) => one.start()));
  assertEquals(await Promise.all(processes.map((one) => one.join())), lists.map(() => 0));
  for (const one of processes) one.close();
}

/** 4 producers, 4 consumers: each item once, whole, and in its producer's order. */
async function exchange(env: Env, maxsize: number, each: number): Promise<void> {
  const { mp } = env, count = 4;
  const queue = new mp.Queue<Item | null>({ maxsize }), results = new mp.Queue<string>();
  const seen = scratchArray(mp, "B", count * each);
  const consumers = numbers(count).map(() =>
    new mp.Process({ target: targets.consume, args: [queue, count, seen, results] as never })
  );
  await Promise.all(consumers.map((one) => one.start()));
  await runAll(env, targets.produce, numbers(count).map((who) => [queue, who, each]));
  for (const _ of consumers) await queue.put(null);
  for (const _ of consumers) assertEquals(await results.get(), "ok");
  assertEquals(await Promise.all(consumers.map((one) => one.join())), consumers.map(() => 0));
  assertEquals(seen.findIndex((times) => times !== 1), -1, "each item is seen exactly once");
  assertEquals(queue.qsize(), 0);
  queue.close();
  results.close();
}

function numbers(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

export const stressCases: readonly Case[] = [
  {
    name: "stress/lock: never two inside",
    timeLimit: limit(30_000),
    async run(env) {
      const lock = new env.mp.Lock(), counter = scratchArray(env.mp, "i", 4), n = many(4000);
      await runAll(env, targets.countInSections, numbers(6).map(() => [lock, counter, n]));
      assertEquals(counter[0], 6 * n);
      lock.close();
    },
  },
  {
    name: "stress/lock: waits that end by time or abort leave nothing behind",
    timeLimit: limit(30_000),
    async run(env) {
      const lock = new env.mp.Lock(), counter = scratchArray(env.mp, "i", 4), n = many(400);
      await runAll(env, targets.countImpatiently, numbers(5).map(() => [lock, counter, n]));
      assertEquals(counter[0], counter[2]);
      assert(!lock.locked());
      // A wake that went to somebody who no longer waits would be missing here.
      await runAll(env, targets.countInSections, numbers(3).map(() => [lock, counter, many(300)]));
      lock.close();
    },
  },
  {
    name: "stress/queue: each item once and in order, unbounded",
    growsMemory: true,
    timeLimit: limit(60_000),
    run: (env) => exchange(env, 0, many(5000)),
  },
  {
    name: "stress/queue: each item once and in order, three places",
    growsMemory: true,
    timeLimit: limit(60_000),
    run: (env) => exchange(env, 3, many(1500)),
  },
  {
    name: "stress/queue: holds what is put before anyone reads, and gives the memory back",
    growsMemory: true,
    timeLimit: limit(30_000),
    run({ mp }) {
      for (let round = 0; round < 3; round++) {
        const queue = new mp.Queue<number | string>(), n = many(50_000);
        for (let i = 0; i < n; i++) queue.putNowait(i % 1000 === 999 ? "x".repeat(i % 90_000) : i);
        assertEquals(queue.qsize(), n);
        for (let i = 0; i < n; i++) {
          const item = queue.getNowait();
          if (typeof item === "string" ? item.length !== i % 90_000 : item !== i) assertEquals(item, i);
        }
        assert(queue.empty());
        queue.close();
      }
      return Promise.resolve();
    },
  },
  {
    name: "stress/pipe: ten send through one end, each message whole and once",
    growsMemory: true,
    timeLimit: limit(40_000),
    async run(env) {
      const [here, there] = env.mp.Pipe<Item>(), each = many(600);
      const senders = runAll(env, targets.sendMany, numbers(10).map((who) => [there as never, who, each]));
      const next: number[] = new Array(10).fill(0);
      for (let left = 10 * each; left > 0; left--) {
        const [who, i, bytes] = await here.recv({ timeout: limit(20_000) });
        assertEquals(i, next[who]);
        next[who] = i + 1;
        checkBytes(who, i, bytes);
      }
      await senders;
      assert(!await here.poll());
      here.close();
      there.close();
    },
  },
  {
    name: "stress/pipe: ping-pong",
    timeLimit: limit(30_000),
    async run({ mp }) {
      const [here, there] = mp.Pipe();
      const child = new mp.Process({ target: targets.echo, args: [there] as never });
      await child.start();
      there.close();
      for (let i = 0; i < many(5000); i++) {
        await here.send(i);
        assertEquals(await here.recv(), i);
      }
      // Timers get their turn although every answer comes at once.
      let fired = false;
      setTimeout(() => fired = true, 5);
      for (const end = performance.now() + 5000; !fired && performance.now() < end;) {
        await here.send("again");
        await here.recv();
      }
      assert(fired, "a timer fires during a ping-pong");
      here.close();
      assertEquals(await child.join(), 0);
    },
  },
  {
    name: "stress/value and array: no count is lost",
    timeLimit: limit(30_000),
    async run(env) {
      const value = new env.mp.Value("i", 0), n = many(50_000);
      await runAll(env, targets.addOnes, numbers(4).map(() => [value, n]));
      assertEquals(value.value, 4 * n);
      const guarded = guardedArray ??= new env.mp.SharedArray("d", 100), atomic = scratchArray(env.mp, "L", 100);
      guarded.fill(0);
      await runAll(env, targets.addToAll as never, numbers(4).map(() => [guarded, atomic, many(300)] as never));
      assert([...guarded].every((one) => one === 4 * many(300)));
      assert([...atomic].every((one) => one === 4 * many(300)));
      value.close();
    },
  },
  {
    name: "stress/names: of many that create one at the same time, exactly one does",
    growsMemory: true,
    timeLimit: limit(30_000),
    async run(env) {
      const { mp } = env, prefix = `names-${Math.random()}`, names = many(100), all = 6;
      const kept = numbers(names).map((i) => ({
        queue: new mp.Queue<number>({ name: `${prefix}-queue-${2 * i}` }),
        value: new mp.Value("i", 0, { name: `${prefix}-value-${2 * i}` }),
      }));
      const started = new mp.Value("i", 0);
      const sums = new mp.Queue<number>();
      await runAll(env, targets.joinNames, numbers(all).map((who) => [prefix, who, 2 * names, started, all]));
      for (const { queue, value } of kept) {
        assertEquals(value.value, all);
        const got = [];
        while (!queue.empty()) got.push(queue.getNowait());
        assertEquals(got.sort(), numbers(all));
        queue.close();
        value.close();
      }
      started.close();
      sums.close();
    },
  },
  {
    name: "stress/memory: what is closed is used again",
    growsMemory: true,
    needs: ["process", "linux"],
    timeLimit: limit(40_000),
    async run(env) {
      const round = () => runAll(env, targets.churn, numbers(4).map(() => [many(300)]));
      await round();
      const before = memoryFileSize();
      for (let i = 0; i < 3; i++) await round();
      const after = memoryFileSize();
      assert(after - before <= 8 * 2 ** 20, `the memory grew from ${before} to ${after} bytes`);
    },
  },
  {
    name: "stress/memory: objects made and closed by many at once",
    growsMemory: true,
    timeLimit: limit(30_000),
    run: (env) => runAll(env, targets.churn, numbers(4).map(() => [many(300)])),
  },
  {
    name: "stress/one name twice in a process is two handles of one object",
    async run({ mp }) {
      const name = `twice-${Math.random()}`;
      const one = new mp.Queue<number>({ name }), two = new mp.Queue<number>({ name });
      const first = one.get(), second = two.get();
      await within(assertTimesOut(two), 5000, "a get with a time limit");
      await one.put(1);
      await two.put(2);
      assertEquals((await within(Promise.all([first, second]), 5000, "two gets")).sort(), [1, 2]);
      one.close();
      await two.put(3);
      assertEquals(await two.get(), 3);
      two.close();
    },
  },
  {
    name: "stress/memory model: who writes and then reads sees the other's write, or is seen",
    timeLimit: limit(30_000),
    async run(env) {
      const n = many(50_000), words = scratchArray(env.mp, "i", 4 * n + 2);
      await runAll(env, targets.storeThenLoad, [0, 1].map((me) => [words, me, n]));
      let both = 0, neither = 0;
      for (let i = 0; i < n; i++) {
        const sum = (words[2 * n + i] as number) + (words[3 * n + i] as number);
        if (sum === 4) both++;
        if (sum === 2) neither++;
      }
      assertEquals(neither, 0, `rounds in which neither saw the other (both did in ${both} of ${n})`);
    },
  },
];

async function assertTimesOut(queue: { get(options: { timeout: number }): Promise<number> }): Promise<void> {
  await queue.get({ timeout: 20 }).then(() => Promise.reject(new Error("it got something")), () => {});
}
