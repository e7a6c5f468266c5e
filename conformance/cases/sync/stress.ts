/** Cases in which many processes use one synchronisation primitive or value at once. */

import { assert, assertEquals, assertLessOrEqual } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { sleep, until } from "../../host.ts";
import { limit, many, scratchArray, within } from "../../scale.ts";
import { type Event, targets as targetsOf } from "../../../mod.ts";
import * as targetsHere from "../../targets/sync/stress.ts";
import { joinAll, runAll, startAll, times } from "./children.ts";

const targets = targetsOf<typeof import("../../targets/sync/stress.ts")>(
  new URL("../../targets/sync/stress.ts", import.meta.url),
);

export const syncStressCases: readonly Case[] = [
  {
    name: "semaphore/never more inside than there are permits",
    timeLimit: limit(90_000),
    async run(env) {
      for (const semaphore of [new env.mp.Semaphore(2), new env.mp.BoundedSemaphore(2)]) {
        const state = scratchArray(env.mp, "i", 3), n = many(300);
        await runAll(env, targets.takePermits, times(4, [semaphore, 2, state, n]));
        assertEquals([state[0], state[1], semaphore.getValue()], [0, 0, 2]);
        assert((state[2] as number) >= 3 * n, "who waits without a limit gets in");
        semaphore.close();
      }
    },
  },
  {
    name: "condition/producers and consumers: each item once, though waits end by time and abort",
    timeLimit: limit(90_000),
    async run(env) {
      const { mp } = env, lock = new mp.Lock(), each = many(400);
      const notEmpty = new mp.Condition(lock), notFull = new mp.Condition(lock);
      const ring = scratchArray(mp, "i", 2 + 4), seen = scratchArray(mp, "B", 2 * each);
      const buffer: targetsHere.Buffer = { ring, notEmpty, notFull, seen };
      const impatient = await startAll(env, targets.consumeItems, times(2, [buffer, many(200), false]));
      const producers = await startAll(env, targets.produceItems, [[buffer, 0, each], [buffer, each, each]]);
      const patient = await startAll(env, targets.consumeItems, times(2, [buffer, each - many(200), true]));
      await joinAll(impatient);
      await joinAll(patient);
      // What the impatient ones left: a notification that was lost with one of them would be missed by now.
      while (seen.some((one) => one === 0)) await targetsHere.consumeItems(buffer, 1, true);
      await joinAll(producers);
      assertEquals(seen.findIndex((one) => one !== 1), -1, "each item was taken once");
      assertEquals([ring[0], lock.locked()], [0, false]);
      for (const one of [notEmpty, notFull, lock]) one.close();
    },
  },
  {
    name: "condition/notifyAll reaches all, round after round",
    timeLimit: limit(90_000),
    async run(env) {
      const { mp } = env, changed = new mp.Condition(), round = new mp.Value("i", 0), arrived = new mp.Value("i", 0);
      const n = many(150),
        followers = await startAll(env, targets.followRounds, times(3, [changed, round, arrived, n]));
      for (let i = 1; i <= n; i++) {
        await changed.with(() => {
          round.value = i;
          changed.notifyAll();
        });
        await until(() => arrived.value === 6 * i, 20_000, `six followers in round ${i}`);
      }
      await joinAll(followers);
      for (const one of [changed, round, arrived]) one.close();
    },
  },
  {
    name: "condition/notify(n) reaches n of several waits in each of eight processes",
    timeLimit: limit(90_000),
    async run(env) {
      const condition = new env.mp.Condition(), state = scratchArray(env.mp, "i", 2);
      const children = await startAll(env, targets.waitTwice, times(8, [condition, state]));
      await until(() => state[0] === 16, 20_000, "sixteen waits");
      await condition.with(() => condition.notify(5));
      await until(() => state[1] === 5, 20_000, "five ends");
      await condition.with(() => assertEquals(state[1], 5));
      await condition.with(() => condition.notify(11));
      await joinAll(children);
      assertEquals(state[1], 16);
      condition.close();
    },
  },
  {
    name: "event/a pulse ends every wait that had begun",
    timeLimit: limit(90_000),
    async run(env) {
      // Two, because who is fast sees the first one still set.
      const events: [Event, Event] = [new env.mp.Event(), new env.mp.Event()];
      const waiting = new env.mp.Value("i", 0), n = many(200);
      const children = await startAll(env, targets.awaitPulses, times(4, [events, waiting, n]));
      for (let i = 1; i <= n; i++) {
        await until(() => waiting.value === 4 * i, 20_000, `four waits for pulse ${i}`);
        const event = events[i % 2 === 1 ? 0 : 1];
        event.set();
        event.clear();
      }
      await joinAll(children);
      for (const one of [...events, waiting]) one.close();
    },
  },
  {
    name: "barrier/many rounds with several parties in each process",
    timeLimit: limit(90_000),
    async run(env) {
      const barrier = new env.mp.Barrier(6), n = many(200);
      const rounds = scratchArray(env.mp, "i", n, "rounds"), indices = scratchArray(env.mp, "i", n, "indices");
      await runAll(env, targets.passRounds, times(3, [barrier, 2, rounds, indices]));
      assertEquals(rounds.findIndex((one) => one !== 6), -1);
      assertEquals(indices.findIndex((one) => one !== 0b111111), -1, "each index once a round");
      assertEquals([barrier.nWaiting, barrier.broken], [0, false]);
      barrier.close();
    },
  },
  {
    name: "rlock/never two inside, sections inside sections",
    timeLimit: limit(90_000),
    async run(env) {
      const lock = new env.mp.RLock(), counter = scratchArray(env.mp, "i", 1), n = many(800);
      await runAll(env, targets.countNested, times(4, [lock, counter, n]));
      assertEquals([counter[0], lock.locked()], [4 * n, false]);
      lock.close();
    },
  },
  {
    name: "value/add and compareExchange lose no count, for each integer code",
    timeLimit: limit(90_000),
    async run(env) {
      const numbers = (["h", "H", "i", "I", "l", "L"] as const).map((code) => new env.mp.Value(code, 0));
      const bigs = (["q", "Q"] as const).map((code) => new env.mp.Value(code, 0n));
      const n = 5000;
      await runAll(env, targets.countAtomically, times(4, [numbers, bigs, n]));
      assertEquals(numbers.map((one) => one.value), numbers.map(() => 4 * n));
      assertEquals(bigs.map((one) => one.value), bigs.map(() => BigInt(4 * n)));
      for (const one of [...numbers, ...bigs]) one.close();
    },
  },
  {
    name: "acquire/who asks now and then gets its turn beside two who never let go for long",
    timeLimit: limit(90_000),
    async run(env) {
      for (const lock of [new env.mp.Lock(), new env.mp.Semaphore(1)]) {
        const state = scratchArray(env.mp, "i", 2);
        const hogs = await startAll(env, targets.hog, times(2, [lock, state]));
        await until(() => (state[1] as number) > 10, 20_000, "the hogs");
        const overtaken: number[] = [];
        for (let i = 0; i < 10; i++) {
          const before = Atomics.load(state, 1);
          await within(lock.with(() => {}), 20_000, "a turn");
          overtaken.push(Atomics.load(state, 1) - before);
          await sleep(1);
        }
        Atomics.store(state, 0, 1);
        await joinAll(hogs);
        // It is impatient after two wakes in vain; each may come a time slice late while the hogs go round.
        overtaken.sort((a, b) => a - b);
        assertLessOrEqual(overtaken[5] as number, 2000, `overtaken ${overtaken.join(", ")} times`);
        lock.close();
      }
    },
  },
];
