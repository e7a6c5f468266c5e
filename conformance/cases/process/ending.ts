/** How families end: exit hooks, exit() in the root, daemons, grandchildren, limits of memory, permissions. */

import { assert, assertEquals, assertMatch, assertRejects, assertStringIncludes } from "../../assert.ts";
import { MisuseError, SpawnError } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { runProgram } from "../../host.ts";
import {
  catchInterrupt,
  endSlowly,
  endWithHooks,
  nest,
  tellByHook,
  throwAtWord,
  useUpMemory,
} from "../../targets/process/objects.ts";

const program = (name: string) => new URL(`../../targets/programs/${name}.ts`, import.meta.url);

export const endingCases: readonly Case[] = [
  {
    name: "process/exit hooks: last registered first, withdrawn ones not, none when it is terminated",
    timeLimit: 60_000,
    async run({ mp, method }) {
      const told = new mp.Queue<string>();
      const quiet = method === "process" ? { stderr: "ignore" as const } : {};
      const ends: [how: string, code: number, said: string[]][] = [
        ["return", 0, ["second registered", "first registered"]],
        ["exit", 4, ["second registered", "first registered"]],
        ["caught exit", 5, ["caught", "second registered", "first registered"]],
        ["hooks throw", 0, ["first registered"]],
        ["context", 0, ["the registrar's context", "second registered", "first registered"]],
      ];
      for (const [how, code, said] of ends) {
        const child = new mp.Process({ target: endWithHooks, args: [told, how], ...quiet });
        await child.start();
        assertEquals(await child.join(), code, how);
        // To catch what exit() throws doesn't stop the end; what comes first then is a race.
        const got = said.map(() => told.getNowait());
        assertEquals(how === "caught exit" ? got.toSorted() : got, how === "caught exit" ? said.toSorted() : said, how);
        assertEquals(told.qsize(), 0);
      }
      const child = new mp.Process({ target: endWithHooks, args: [told, "wait"] });
      await child.start();
      assertEquals(await told.get(), "runs");
      child.terminate();
      assertEquals([await child.join(), told.qsize()], [-15, 0]);
      told.close();
    },
  },
  {
    name: "process/interrupt can be caught by a process, which goes on",
    needs: ["process"],
    async run({ mp }) {
      const [end, there] = mp.Pipe<string>();
      const child = new mp.Process({ target: catchInterrupt, args: [there] });
      await child.start();
      there.close();
      assertEquals(await end.recv(), "runs");
      child.interrupt();
      assertEquals(await end.recv(), "caught");
      assert(child.isAlive());
      await end.send("go");
      assertEquals(await child.join(), 0);
      end.close();
    },
  },
  {
    name: "process/a child that throws ends with 1 though nobody reads its stderr any more",
    needs: ["process"],
    async run({ mp }) {
      const [end, there] = mp.Pipe<string>();
      const child = new mp.Process({ target: throwAtWord, args: [there], stderr: "pipe" });
      await child.start();
      there.close();
      assertEquals(await end.recv(), "runs");
      await child.stderr?.cancel();
      await end.send("go");
      assertEquals(await child.join({ timeout: 10_000 }), 1);
      end.close();
    },
  },
  {
    name: "process/exit hooks that take longer than 5 s are given up",
    needs: ["process"],
    async run({ mp }) {
      const told = new mp.Queue<string>(), started = performance.now();
      const child = new mp.Process({ target: endWithHooks, args: [told, "hang"], stderr: "pipe", name: "slow end" });
      await child.start();
      const said = new Response(child.stderr).text();
      assertEquals(await child.join(), 0);
      assertStringIncludes(await said, "slow end: gave up the exit hooks, which took longer than 5000 ms");
      assert(performance.now() - started >= 4900);
      assertEquals(told.qsize(), 0); // the hook that hangs was the first to run
      told.close();
    },
  },
  {
    name: "process/the program's own exit listeners run before others have what a child held",
    async run({ mp, runtime }) {
      if (runtime === "deno") return; // its workers have no such event
      const lock = new mp.Lock(), done = new mp.Value("i", 0), [end, there] = mp.Pipe<string>();
      const child = new mp.Process({ target: endSlowly, args: [lock, done, there] });
      await child.start();
      there.close();
      assertEquals(await end.recv(), "runs");
      await end.send("go");
      await lock.acquire();
      assertEquals([done.value, await child.join()], [1, 0]);
      lock.release();
      for (const one of [lock, done, end]) one.close();
    },
  },
  {
    name: "process/exit hooks run before children are awaited: they can tell them to end",
    async run({ mp }) {
      const told = new mp.Queue<string>();
      const child = new mp.Process({ target: tellByHook, args: [told] });
      await child.start();
      assertEquals([await child.join(), await told.get()], [0, "go"]);
      told.close();
    },
  },
  {
    name:
      "process/a child waits for its own children, but for daemons, which it terminates; it isn't daemonic by default",
    async run({ mp }) {
      const told = new mp.Queue<string>();
      for (const daemon of [false, true]) {
        const child = new mp.Process({ target: nest, args: [told, daemon], name: "middle" });
        await child.start();
        assertEquals(await child.join(), 0);
        const said = [told.getNowait()];
        if (!daemon) said.push(told.getNowait());
        // Numbered after its parent's number, whatever that one's name is.
        assertMatch(said[0] ?? "", /^Process-\d+:1$/);
        assertEquals([said.slice(1), told.qsize()], [daemon ? [] : ["grandchild is through"], 0]);
      }
      told.close();
    },
  },
  {
    name: "process/exit in the root: its code, finally blocks, hooks, then children",
    timeLimit: 60_000,
    async run(env) {
      const ends: [how: string, code: number, out: string[], err: RegExp][] = [
        ["exit", 7, ["unwinds", "last hook", "first hook", "child ends"], /^MainProcess: an exit hook failed/],
        ["timer", 7, ["unwinds", "last hook", "first hook", "child ends"], /^MainProcess: an exit hook failed/],
        ["throw", 1, ["last hook", "first hook", "child ends"], /^RangeError: nobody catches this/],
        ["return", 0, ["unwinds", "last hook", "first hook"], /^MainProcess: an exit hook failed/],
        // The runtime's own way out: hooks are called, but nothing can be awaited any more.
        ["process.exit", 9, ["first hook"], /^MainProcess: an exit hook failed/],
      ];
      for (const [how, code, out, err] of ends) {
        const ended = await runProgram(env, program("root_exit"), { args: [how] });
        assertEquals([ended.code, ended.signal], [code, null], `${how}: ${ended.stderr}`);
        const said = ended.stdout.trim().split("\n");
        // A child that was told to end and the hook after may come in either order.
        assertEquals(said.toSorted(), out.toSorted(), how);
        assertEquals(said.indexOf("last hook"), out.indexOf("last hook"), how);
        assertMatch(ended.stderr, err, how);
        assertStringIncludes(ended.stderr, "a hook's own error");
      }
    },
  },
  {
    name: "process/exit in the root ends a daemon that computes, and waits for the other children",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("exit_beside_daemon"));
      assertEquals([stdout.trim(), code], ["the other child is through", 3], stderr);
    },
  },
  {
    name: "process/a worker that runs out of memory ends with 1, and its process lives on",
    needs: ["worker", "node"],
    async run({ mp }) {
      const child = new mp.Process({ target: useUpMemory, resourceLimits: { maxMemory: 32 * 2 ** 20 } });
      await child.start();
      assertEquals([await child.join(), child.exitcode], [1, 1]);
      const after = new mp.Process();
      await after.start();
      assertEquals(await after.join(), 0);
    },
  },
  {
    name: "process/permissions: refused where they can't be had, which says why",
    async run({ mp, method, runtime }) {
      const make = () => new mp.Process({ permissions: "none" });
      if (method !== "worker" || runtime !== "deno") {
        await assertRejects(() => Promise.resolve().then(make), MisuseError, "only workers of Deno");
        new mp.Process({ permissions: "inherit" }).close();
        return;
      }
      const one = make();
      await assertRejects(() => one.start(), SpawnError, "--unstable-worker-options");
      assertEquals([one.isAlive(), mp.activeChildren()], [false, []]);
    },
  },
  {
    name: "process/permissions: a worker has those that it was given, and no others",
    needs: ["worker", "deno"],
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("permissions_of_workers"), {
        flags: ["--unstable-worker-options"],
      });
      assertEquals(stdout.trim().split("\n"), [
        "inherit: granted granted granted granted",
        "read only: granted prompt prompt prompt",
        "none: TargetError,TargetError 1",
      ]);
      assertEquals(code, 0);
      assertStringIncludes(stderr, "Requires read access to");
    },
  },
];
