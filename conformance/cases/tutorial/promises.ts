/** What the tutorial promises beside its programs. */

import { assert, assertEquals, assertRejects, assertThrows } from "../../assert.ts";
import { Empty, Full } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { runProgram } from "../../host.ts";
import { add, answer, count, produce } from "../../targets/tutorial/promises.ts";
import { joinAll, MINUTE, numbers, startTen, zeros } from "./ten.ts";

export const promiseCases: readonly Case[] = [
  {
    name: "tutorial/promise: a lock keeps what ten processes print apart",
    needs: ["prints-in-order"],
    timeLimit: MINUTE,
    async run(env) {
      const program = new URL("../../targets/programs/print_in_turn.ts", import.meta.url);
      const { code, stdout, stderr } = await runProgram(env, program);
      assertEquals([code, stderr], [0, ""]);
      const lines = stdout.trim().split("\n");
      assertEquals(lines.length, 20);
      for (let i = 0; i < 20; i += 2) assertEquals(lines[i + 1], lines[i]?.replace("hello", "bye"));
      assertEquals(new Set(lines).size, 20);
    },
  },
  {
    name: "tutorial/promise: shared state is exact under its lock, and with atomic operations",
    timeLimit: MINUTE,
    async run({ mp }) {
      const locked = new mp.Value("i", 0);
      assertEquals(await joinAll(startTen(() => new mp.Process({ target: count, args: [locked, 100] }))), zeros);
      assertEquals(locked.value, 1000);
      const atomic = new mp.Value("i", 0, { lock: false });
      assertEquals(await joinAll(startTen(() => new mp.Process({ target: add, args: [atomic, 10_000] }))), zeros);
      assertEquals(atomic.value, 100_000);
      locked.close();
      atomic.close();
    },
  },
  {
    name: "tutorial/promise: the two connections of a pipe are its two directions",
    async run({ mp }) {
      const [here, there] = mp.Pipe<string, number>();
      const child = new mp.Process({ target: answer, args: [there] });
      await child.start();
      there.close();
      for (const i of numbers) {
        await here.send(i);
        assertEquals(await here.recv(), `${i} times two is ${2 * i}`);
      }
      here.close(); // the last one to hold this end: the child sees the end of it
      assertEquals(await child.join(), 0);
    },
  },
  {
    name: "tutorial/promise: a queue works as queue.Queue does",
    async run({ mp }) {
      const queue = new mp.Queue<number>(3);
      assertEquals([queue.empty(), queue.full(), queue.qsize()], [true, false, 0]);
      assertThrows(() => queue.getNowait(), Empty);
      await assertRejects(() => queue.get({ timeout: 5 }), Empty);
      for (const i of [0, 1, 2]) await queue.put(i);
      assertEquals([queue.empty(), queue.full(), queue.qsize()], [false, true, 3]);
      assertThrows(() => queue.putNowait(3), Full);
      await assertRejects(() => queue.put(3, { timeout: 5 }), Full);
      assertEquals([queue.getNowait(), await queue.get(), await queue.get()], [0, 1, 2]);
      // First in, first out for each producer, through a queue far too short for all.
      const producers = [0, 1000].map((first) => new mp.Process({ target: produce, args: [queue, first, 100] }));
      for (const one of producers) await one.start();
      const got: number[] = [];
      for (let i = 0; i < 200; i++) got.push(await queue.get());
      assertEquals(await joinAll(producers), [0, 0]);
      assertEquals(got.filter((i) => i < 1000), Array.from({ length: 100 }, (_, i) => i));
      assertEquals(got.filter((i) => i >= 1000), Array.from({ length: 100 }, (_, i) => 1000 + i));
      assert(queue.empty());
      queue.close();
    },
  },
];
