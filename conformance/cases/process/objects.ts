/** Process objects: joining, sentinels, who is active, signals, subclasses. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../assert.ts";
import { ClosedError, MisuseError, Process, type ProcessSettings, SerializationError } from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { describe, Greeter, waitForWord } from "../../targets/process/objects.ts";

/** A child that runs until `end.send()`. */
async function waiting({ mp }: Env, settings: ProcessSettings = {}) {
  const [end, there] = mp.Pipe<unknown>();
  const child = new mp.Process({ ...settings, target: waitForWord, args: [there] });
  await child.start();
  there.close();
  assertEquals(await end.recv(), "runs");
  return { child, end };
}

export const processObjectCases: readonly Case[] = [
  {
    name: "process/join gives null when the time runs out, the exit code when it ended, and may be repeated",
    async run(env) {
      const { child, end } = await waiting(env);
      assertEquals([await child.join({ timeout: 0 }), await child.join({ timeout: 5 })], [null, null]);
      assertEquals([child.exitcode, child.isAlive(), await child.join({ timeout: -1 })], [null, true, null]);
      await assertRejects(() => child.join({ timeout: NaN }), MisuseError);
      const controller = new AbortController(), reason = new Error("enough");
      const joining = child.join({ signal: controller.signal });
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => joining), reason);
      await end.send("go");
      const both = await Promise.all([child.join(), child.join({ timeout: 60_000 })]);
      assertEquals([both, await child.join(), child.exitcode, child.isAlive()], [[0, 0], 0, 0, false]);
      child.close();
      await assertRejects(() => child.join(), ClosedError, "this Process object is closed");
      end.close();
    },
  },
  {
    name: "process/sentinel resolves with the exit code, never rejects, and can't be had before the start",
    async run(env) {
      const fresh = new env.mp.Process();
      assertThrows(() => fresh.sentinel, MisuseError, "it was not started");
      const { child, end } = await waiting(env);
      const { sentinel } = child;
      assertInstanceOf(sentinel, Promise);
      child.kill();
      assertEquals(await sentinel, -9);
      assertEquals([child.exitcode, await child.sentinel], [-9, -9]);
      child.close();
      assertThrows(() => child.sentinel, ClosedError);
      end.close();
    },
  },
  {
    name: "process/activeChildren are those that live, and the finished ones no more",
    async run(env) {
      const { mp } = env, before = mp.activeChildren();
      const one = await waiting(env), two = await waiting(env);
      assertEquals(mp.activeChildren().filter((child) => !before.includes(child)), [one.child, two.child]);
      await one.end.send("go");
      await one.child.join();
      assertEquals(mp.activeChildren().filter((child) => !before.includes(child)), [two.child]);
      two.child.terminate();
      await two.child.join();
      assertEquals(mp.activeChildren(), before);
      for (const { end } of [one, two]) end.close();
    },
  },
  {
    name: "process/terminate, kill and interrupt: exit code -15, -9, -2; nothing once it has ended",
    timeLimit: 60_000,
    async run(env) {
      for (const [doing, code] of [["terminate", -15], ["kill", -9], ["interrupt", -2]] as const) {
        assertThrows(() => new env.mp.Process()[doing](), MisuseError, `Cannot ${doing} Process-`);
        const { child, end } = await waiting(env);
        child[doing]();
        assertEquals(await child.join(), code, doing);
        child[doing]();
        assertEquals(child.exitcode, code);
        child.close();
        assertThrows(() => child[doing](), ClosedError);
        end.close();
      }
    },
  },
  {
    name: "process/close refuses while it runs, is idempotent, and leaves the name readable",
    async run(env) {
      const { child, end } = await waiting(env, { name: "to be closed" });
      assertThrows(() => child.close(), MisuseError, "it is still running; join() or terminate() it first");
      await end.send("go");
      await child.join();
      child.close();
      child.close();
      assertEquals([child.name, child.daemon], ["to be closed", false]);
      for (const key of ["pid", "ident", "exitcode", "sentinel"] as const) {
        assertThrows(() => child[key], ClosedError, "closed");
      }
      assertThrows(() => child.isAlive(), ClosedError);
      await assertRejects(() => child.start(), ClosedError);
      await child[Symbol.asyncDispose]();
      const fresh = new env.mp.Process();
      fresh.close();
      await assertRejects(() => fresh.start(), ClosedError);
      end.close();
    },
  },
  {
    name: "process/asyncDispose terminates, joins and closes; one that was not started is closed",
    async run(env) {
      const { child, end } = await waiting(env);
      await child[Symbol.asyncDispose]();
      assertEquals(await child.stdout, null);
      assertThrows(() => child.exitcode, ClosedError);
      assert(!env.mp.activeChildren().includes(child));
      const fresh = new env.mp.Process();
      await fresh[Symbol.asyncDispose]();
      assertThrows(() => fresh.isAlive(), ClosedError);
      end.close();
    },
  },
  {
    name: "process/a signal that is aborted already keeps it from starting, with its reason",
    async run({ mp }) {
      const reason = new Error("enough");
      const one = new mp.Process({ signal: AbortSignal.abort(reason) });
      assertStrictEquals(await assertRejects(() => one.start()), reason);
      assertStrictEquals(await assertRejects(() => one.join()), reason);
      assertEquals([one.isAlive(), one.pid], [false, null]);
    },
  },
  {
    name:
      "process/wait() takes one whose start failed for ready, as join() does, and one that was not started for a mistake",
    async run({ mp }) {
      const reason = new Error("enough");
      const aborted = new mp.Process({ signal: AbortSignal.abort(reason) });
      await assertRejects(() => aborted.start());
      const unsendable = new mp.Process({ target: waitForWord, args: [(() => {}) as never] });
      await assertRejects(() => unsendable.start(), SerializationError);
      assertEquals(await mp.wait([aborted, unsendable]), [aborted, unsendable]);
      await assertRejects(() => mp.wait([new mp.Process()]), MisuseError, "it was not started");
    },
  },
  {
    name: "process/without a target it runs nothing and ends with 0; start twice is refused, also after the end",
    async run({ mp }) {
      const one = new mp.Process();
      await one.start();
      await assertRejects(() => one.start(), MisuseError, "it was started already");
      assertEquals(await one.join(), 0);
      await assertRejects(() => one.start(), MisuseError, "it was started already");
      one.close();
    },
  },
  {
    name: "process/names are numbered, whoever is named in between; an empty name counts as none",
    run({ mp }) {
      const numberOf = (name: string) => Number(/^Process-(\d+)$/.exec(name)?.[1]);
      const first = numberOf(new mp.Process().name);
      assertEquals(new mp.Process({ name: "named" }).name, "named");
      assertEquals(new mp.Process({ name: "" }).name, `Process-${first + 2}`);
      const one = new mp.Process();
      assertEquals(one.name, `Process-${first + 3}`);
      one.name = "other";
      assertEquals(one.name, "other");
      assertThrows(() => one.name = 3 as unknown as string, MisuseError, "it takes a string");
      return Promise.resolve();
    },
  },
  {
    name: "process/authkey, daemon and start method reach the child; it knows that it is none of the root",
    async run({ mp, method, runtime }) {
      const own = mp.currentProcess();
      assertEquals([own.authkey.length, own.daemon, own.ppid], [32, false, null]);
      const [end, there] = mp.Pipe<Record<string, unknown>>();
      for (const daemon of [false, true]) {
        const child = new mp.Process({ target: describe, args: [there], daemon });
        assertEquals([child.daemon, child.authkey], [daemon, own.authkey]);
        if (daemon) child.authkey = new Uint8Array([1, 2, 3]);
        await child.start();
        assertThrows(() => child.daemon = !daemon, MisuseError, "it was started already");
        assertEquals(await end.recv(), {
          name: child.name,
          daemon,
          authkey: daemon ? new Uint8Array([1, 2, 3]) : own.authkey,
          level: "off",
          runtime,
          isMain: false,
          method,
          parentLives: true,
          parentEnded: false,
          active: 0,
          child: daemon, // a new process is what its creator is
        });
        assertEquals(await child.join(), 0);
      }
      assertThrows(() => new mp.Process().authkey = "key" as unknown as Uint8Array, MisuseError, "Uint8Array");
      end.close();
      there.close();
    },
  },
  {
    name: "process/a subclass runs its run() in the child, with its own public fields",
    async run({ mp }) {
      const to = new mp.Queue<Record<string, unknown>>();
      const one = new Greeter(to, { name: "greeter", daemon: true });
      assertInstanceOf(one, Process);
      assertInstanceOf(one, mp.Process);
      one.greeting = { nested: ["changed before the start"] };
      await one.start();
      assertEquals(await to.get(), {
        greeting: { nested: ["changed before the start"] },
        secret: "TypeError", // #private fields can't travel
        started: "MisuseError", // it is the process that it would start
        name: "greeter",
        daemon: true,
        alive: true,
        samePid: true,
        exitcode: null,
      });
      assertEquals(await one.join(), 0);
      const two = new Greeter(to);
      two.greeting = "exit";
      await two.start();
      assertEquals([(await to.get())["greeting"], await two.join()], ["exit", 6]);
      const three = new Greeter(to);
      three.greeting = () => {};
      await assertRejects(() => three.start(), SerializationError, "fields.greeting is a function");
      to.close();
    },
  },
  {
    name: "process/run() called here calls the target here",
    async run({ mp }) {
      const [a, b] = mp.Pipe<unknown>();
      await b.send("go");
      const one = new mp.Process({ target: waitForWord, args: [a] });
      await one.run();
      assertEquals([await b.recv(), one.isAlive(), one.pid], ["runs", false, null]);
      assertMatch(String(one), /^<Process "Process-\d+" initial>$/);
      a.close();
      b.close();
    },
  },
];
