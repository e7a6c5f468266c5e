/** Cases in which processes are killed at any moment: nobody else hangs, and nothing is lost, doubled or left behind. */

import { assert, assertEquals } from "../assert.ts";
import type { Case } from "../case.ts";
import { filesIn, isRunning, sleep, startProgram, until } from "../host.ts";
import { below, limit, many, scratchArray, within } from "../scale.ts";
import { EOFError, type Process, targets as targetsOf } from "../../mod.ts";
import { enterSection, note } from "../targets/death.ts";

const targets = targetsOf<typeof import("../targets/death.ts")>(new URL("../targets/death.ts", import.meta.url));

type Item = [number, number, Uint8Array];

/** Items of one producer that are kept count of. */
const EACH = 20_000;
/** Longest life of a victim, in milliseconds. */
const LIFE = 40;

/**
 * Lets `make()`'s processes live for a moment each, `kills` times in all, several at a time. `make` gets the number of the
 * victim; some are killed while they start.
 */
export async function killing(
  kills: number,
  lanes: number,
  make: (victim: number, lane: number) => Process,
): Promise<void> {
  let next = 0;
  const lane = async (index: number) => {
    while (next < kills) {
      const victim = next++, child = make(victim, index);
      const started = child.start();
      started.catch(() => {});
      if (victim % 10 === 9) await sleep(below(60));
      else await within(started, 20_000, `victim ${victim} starts`);
      await sleep(Math.random() * LIFE);
      child.kill();
      assertEquals(await within(child.join(), 20_000, `victim ${victim} ends`), -9);
      child.close();
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, index) => lane(index)));
}

/** What was acknowledged was delivered once, but for what a killed receiver had in hand; nothing came twice. */
function checkDelivery(acknowledged: ArrayLike<number>, seen: ArrayLike<number>, receivers: number): void {
  let lost = 0, twice = 0, early = 0;
  for (let who = 0; who < acknowledged.length; who++) {
    const sent = acknowledged[who] as number;
    for (let i = 0; i < EACH; i++) {
      const times = seen[who * EACH + i] as number;
      if (times > 1) twice++;
      if (i < sent && times === 0) lost++;
      // The one that was put and not yet acknowledged may have come too.
      if (i > sent && times > 0) early++;
    }
  }
  assertEquals({ twice, early }, { twice: 0, early: 0 });
  assert(lost <= receivers, `${lost} items are lost, with ${receivers} receivers killed`);
}

export const deathCases: readonly Case[] = [
  {
    name: "death/queue: putters and getters are killed",
    growsMemory: true,
    timeLimit: limit(90_000),
    async run({ mp }) {
      for (const maxsize of [0, 5]) {
        const kills = many(12), queue = new mp.Queue<Item>({ maxsize });
        const acknowledged = scratchArray(mp, "i", kills), seen = scratchArray(mp, "B", kills * EACH);
        const trouble = scratchArray(mp, "i", 1);
        let getters = 0, over = false;
        const survivor = (async () => {
          while (!over) {
            const item = await queue.get({ timeout: 20 }).catch(() => undefined);
            if (item !== undefined) note(item, seen, EACH, trouble);
          }
        })();
        await killing(kills, 4, (victim) => {
          if (victim % 2 === 0) {
            return new mp.Process({ target: targets.putForEver, args: [queue, victim, acknowledged] as never });
          }
          getters++;
          return new mp.Process({ target: targets.getForEver, args: [queue, seen, EACH, trouble] as never });
        });
        over = true;
        await within(survivor, 5000, "the survivor");
        const left = queue.qsize();
        for (let i = 0; i < left; i++) note(queue.getNowait(), seen, EACH, trouble);
        assertEquals({ size: queue.qsize(), trouble: trouble[0] }, { size: 0, trouble: 0 });
        checkDelivery(acknowledged, seen, getters);
        queue.close();
      }
    },
  },
  {
    name: "death/pipe: senders and receivers are killed",
    growsMemory: true,
    timeLimit: limit(90_000),
    async run({ mp }) {
      const kills = many(18), [here, there] = mp.Pipe<Item>({ duplex: false });
      const acknowledged = scratchArray(mp, "i", kills), seen = scratchArray(mp, "B", kills * EACH);
      const trouble = scratchArray(mp, "i", 1);
      let receivers = 0;
      // What it waits for may go to another receiver, which is killed with it: so it can't ask first and then wait.
      const over = new AbortController(), { signal } = over;
      const survivor = (async () => {
        for (;;) note(await here.recv({ signal }), seen, EACH, trouble);
      })().catch((error) => error);
      await killing(kills, 4, (victim) => {
        if (victim % 3 !== 0) {
          return new mp.Process({ target: targets.sendForEver, args: [there, victim, acknowledged] as never });
        }
        receivers++;
        return new mp.Process({ target: targets.receiveForEver, args: [here, seen, EACH, trouble] as never });
      });
      await until(async () => !await here.poll(), 5000, "the survivor takes what is there");
      over.abort();
      assertEquals(await within(survivor, 5000, "the survivor"), signal.reason);
      there.close();
      // All that held the other end are gone.
      const end = async () => {
        for (;;) note(await here.recv(), seen, EACH, trouble);
      };
      const error = await within(end().catch((error) => error), 10_000, "the end of file");
      assert(error instanceof EOFError, String(error));
      assertEquals(trouble[0], 0);
      checkDelivery(acknowledged, seen, receivers);
      here.close();
    },
  },
  {
    name: "death/lock: holders and waiters are killed",
    timeLimit: limit(90_000),
    async run({ mp }) {
      const lock = new mp.Lock(), state = scratchArray(mp, "i", 4);
      let over = false, entered = 0;
      const survivor = (async () => {
        while (!over) {
          const held = await lock.hold({ timeout: 10_000 });
          enterSection(held.abandoned, -1, state);
          entered++;
          Atomics.store(state, 0, 0);
          held[Symbol.dispose]();
        }
      })().catch((error) => error);
      await killing(
        many(20),
        4,
        (victim) => new mp.Process({ target: targets.lockForEver, args: [lock, victim + 1, state] as never }),
      );
      over = true;
      assertEquals(await within(survivor, 15_000, "the survivor"), undefined);
      assert(entered > 0);
      assertEquals({ two: state[2], silent: state[3] }, { two: 0, silent: 0 });
      assert(!lock.locked());
      assert(await lock.acquire({ timeout: 5000 }));
      lock.release();
      lock.close();
    },
  },
  {
    name: "death/lock: of eight processes' sections, one in a hundred kills its holder; all add up",
    needs: ["process", "linux"],
    timeLimit: limit(60_000),
    async run({ mp }) {
      const lanes = 8, each = many(150);
      const lock = new mp.Lock(), state = scratchArray(mp, "i", 4 + lanes, "sections");
      let killed = 0;
      await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
        for (;;) {
          const child = new mp.Process({ target: targets.sectionsOrDeath, args: [lock, lane, each, state] as never });
          await within(child.start(), 20_000, "a process starts");
          const exitcode = await within(child.join(), limit(40_000), "a process ends");
          child.close();
          if (exitcode === 0) return;
          assertEquals(exitcode, -9);
          killed++;
        }
      }));
      const [begun, finished, told, died, ...done] = state;
      assertEquals({ begun, finished, done }, {
        begun: lanes * each,
        finished: lanes * each,
        done: Array.from({ length: lanes }, () => each),
      });
      assertEquals({ told, died }, { told: killed, died: killed });
      assert(!lock.locked());
      lock.close();
    },
  },
  {
    name: "death/lock: what a killed child's own child held is given on when that one is stopped, not before",
    timeLimit: limit(20_000),
    async run({ mp }) {
      for (let i = 0; i < many(5); i++) {
        const lock = new mp.Lock(), state = scratchArray(mp, "i", 4);
        const child = new mp.Process({ target: targets.lockWithChild, args: [lock, state] as never });
        await within(child.start(), 10_000, "the child starts");
        await until(() => Atomics.load(state, 1) > 100, 10_000, "sections");
        child.kill();
        for (let section = 0; section < 10; section++) {
          const held = await lock.hold({ timeout: 5000 });
          enterSection(held.abandoned, -1, state);
          await sleep(2);
          // Whoever is killed is so inside or outside, but never enters while another holds it.
          assertEquals(Atomics.exchange(state, 0, 0), -1);
          held[Symbol.dispose]();
        }
        assertEquals(await within(child.join(), 5000, "the child ends"), -9);
        assertEquals({ two: state[2], silent: state[3] }, { two: 0, silent: 0 });
        child.close();
        lock.close();
      }
    },
  },
  {
    name: "death/memory: makers of objects are killed",
    growsMemory: true,
    timeLimit: limit(90_000),
    async run({ mp }) {
      const shared = new mp.Queue<unknown>();
      let over = false;
      const survivor = (async () => {
        while (!over) {
          const [a, b] = mp.Pipe<number>(), queue = new mp.Queue<number>();
          await queue.put(1);
          await a.send(2);
          assertEquals([await queue.get(), await b.recv()], [1, 2]);
          for (const one of [a, b, queue]) one.close();
          await sleep(1);
        }
      })().catch((error) => error);
      await killing(many(20), 4, () => new mp.Process({ target: targets.makeForEver, args: [shared] as never }));
      over = true;
      assertEquals(await within(survivor, 5000, "the survivor"), undefined);
      for (let i = 0; i < 5; i++) {
        const named = new mp.Queue<unknown>({ name: `made-${i}` });
        while (!named.empty()) await named.get();
        await named.put("still usable");
        assertEquals(await named.get(), "still usable");
        named.close();
      }
      shared.close();
    },
  },
  {
    name: "death/pipe: every holder of the other end dies",
    async run({ mp }) {
      const [here, there] = mp.Pipe<unknown>();
      const children = [0, 1, 2].map(() =>
        new mp.Process({ target: targets.receiveForEver, args: [there, [], 0, []] as never })
      );
      await Promise.all(children.map((one) => one.start()));
      there.close();
      const waiting = here.recv().catch((error) => error);
      for (const one of children) one.kill();
      assert(await within(waiting, 5000, "the end of file") instanceof EOFError);
      assert(await here.send(1).catch((error) => error) instanceof EOFError);
      for (const one of children) await one.join();
      here.close();
    },
  },
  ...(["spin", "exit", "return"] as const).map((end): Case => ({
    name: `death/root: ${
      { spin: "is killed while children compute", exit: "exits", return: "returns, all are daemons" }[end]
    }`,
    needs: ["linux", ...(end === "spin" ? ["process" as const] : [])],
    timeLimit: 40_000,
    async run(env) {
      const before = filesIn("/dev/shm");
      const root = startProgram(env, new URL("../targets/family_root.ts", import.meta.url), {
        args: [end],
        limit: 30_000,
      });
      const saidPids = () => /^pids (.*)$/m.exec(root.stdout());
      await Promise.race([root.ended, until(() => saidPids() !== null, 25_000, "the family")]);
      if (saidPids() === null) throw new Error(`The root ended: ${JSON.stringify(await root.ended)}`);
      const pids = [root.pid, ...(saidPids()?.[1] ?? "").split(" ").map(Number)];
      assertEquals(pids.length, 12);
      if (end === "spin") {
        await sleep(below(50));
        root.kill("SIGKILL");
      }
      const ended = await within(root.ended, 5000, "the end of the root");
      if (end !== "spin") assertEquals([ended.code, ended.stderr], [end === "exit" ? 3 : 0, ""]);
      await until(() => !pids.some(isRunning), 2000, "the family's end");
      assertEquals(filesIn("/dev/shm"), before);
    },
  })),
];
