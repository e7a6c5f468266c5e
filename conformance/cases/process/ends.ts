/** Exit codes: every way a child can end, and the number that its parent sees. */

import { assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import { process, runProgram } from "../../host.ts";
import { odd } from "../../targets/pool/odd.ts";
import { compute, end, type Ending, ignore, stay, withHooks } from "../../targets/lives.ts";

const neverSettles = new URL("../../targets/programs/never_settles.ts", import.meta.url);

/** Keeps the tracebacks of children out of the report, where that is possible. */
function quiet({ method }: Env): { stderr?: "ignore" } {
  return method === "process" ? { stderr: "ignore" } : {};
}

async function codeOf(env: Env, how: Ending): Promise<number | null> {
  const one = new env.mp.Process({ target: end, args: [how], ...quiet(env) });
  await one.start();
  const code = await one.join();
  assertEquals([one.exitcode, await one.sentinel, await one.join(), one.isAlive()], [code, code, code, false]);
  one.close();
  return code;
}

export const endCases: readonly Case[] = [
  {
    name: "process/exit code: return, exit(n), process.exit(n), Deno.exit(n)",
    async run(env) {
      assertEquals(await codeOf(env, ["return"]), 0);
      assertEquals(await codeOf(env, ["exit", 0]), 0);
      assertEquals(await codeOf(env, ["exit", 7]), 7);
      assertEquals(await codeOf(env, ["exit", 256 + 3]), 3);
      assertEquals(await codeOf(env, ["exit", -1]), 255);
      assertEquals(await codeOf(env, ["exit later", 9]), 9);
      assertEquals(await codeOf(env, ["process.exit", 5]), 5);
      if (env.runtime === "deno") assertEquals(await codeOf(env, ["Deno.exit", 6]), 6);
    },
  },
  {
    name: "process/exit code: what process.exitCode was set to by a target that returns; this process's own stays",
    async run(env) {
      assertEquals(await codeOf(env, ["exitCode", 14]), 14);
      if (env.runtime === "deno") assertEquals(await codeOf(env, ["Deno.exitCode", 15]), 15);
      assertEquals(process.exitCode ?? 0, 0);
    },
  },
  {
    name: "process/exit code: 13 of a target that never settles, while nothing could make it; stderr says so",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, neverSettles, { args: ["target"], limit: 8000 });
      assertEquals([stdout.trim(), code], ["13 hook", 0], stderr);
      assertStringIncludes(stderr, "Process the patient one: its target never settled");
    },
  },
  {
    name: "process/a target whose module never comes to the end of its load is refused",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, neverSettles, { args: ["module"], limit: 8000 });
      // Deno ends such a process itself, before anything of it could tell its parent why.
      const isDeno = env.runtime === "deno";
      assertEquals([stdout.trim(), code], [isDeno ? "SpawnError" : "TargetError", 0], stderr);
      assertStringIncludes(
        stderr,
        isDeno ? "Top-level await promise never resolved" : "a top-level await in it never settles",
      );
    },
  },
  {
    name: "process/exit code: 1 after an error that nobody caught, wherever it was thrown",
    async run(env) {
      assertEquals(await codeOf(env, ["throw"]), 1);
      assertEquals(await codeOf(env, ["throw later"]), 1);
      assertEquals(await codeOf(env, ["reject later"]), 1);
    },
  },
  {
    name: "process/exit code: 1 after something was thrown that throws when it is looked at",
    async run(env) {
      for (const what of ["a revoked Proxy", "a Proxy that hides all"]) {
        for (const how of ["throw", "reject"] as const) {
          const one = new env.mp.Process({ target: odd, args: [[what, how]], ...quiet(env) });
          await one.start();
          assertEquals(await one.join(), 1, `${what}, ${how}`);
        }
      }
    },
  },
  {
    name: "process/exit code: -15 after terminate() or an abort, -9 after kill()",
    async run({ mp }) {
      const there = new mp.Queue<string>();
      const controller = new AbortController();
      const how = [
        ["terminate", -15],
        ["kill", -9],
        ["abort", -15],
      ] as const;
      for (const [doing, code] of how) {
        const one = new mp.Process({ target: stay, args: [there], signal: controller.signal });
        await one.start();
        assertEquals(await there.get(), one.ident);
        assertEquals([one.exitcode, one.isAlive(), await one.join({ timeout: 0 })], [null, true, null]);
        if (doing === "abort") controller.abort();
        else one[doing]();
        assertEquals(await one.join(), code, doing);
        one.terminate(); // after its end: nothing
        assertEquals([one.exitcode, one.isAlive()], [code, false]);
      }
      there.close();
    },
  },
  {
    name: "process/exit code: terminate() and kill() stop a child that never yields",
    needs: ["stops-busy"],
    async run({ mp }) {
      const there = new mp.Queue<string>();
      for (const [doing, code] of [["terminate", -15], ["kill", -9]] as const) {
        const one = new mp.Process({ target: compute, args: [there] });
        await one.start();
        await there.get();
        one[doing]();
        assertEquals(await one.join(), code, doing);
      }
      there.close();
    },
  },
  {
    name: "process/each signal reaches a child that ignores those before it, and kill() ends it",
    needs: ["process", "linux"],
    async run({ mp }) {
      const there = new mp.Queue<string>();
      const one = new mp.Process({ target: ignore, args: [there] });
      await one.start();
      assertEquals(await there.get(), "runs");
      for (
        const [doing, signal] of [["terminate", "SIGTERM"], ["interrupt", "SIGINT"], ["terminate", "SIGTERM"]] as const
      ) {
        one[doing]();
        assertEquals(await there.get({ timeout: 5000 }), signal);
      }
      one.kill();
      assertEquals([await one.join({ timeout: 5000 }), one.exitcode], [-9, -9]);
      there.close();
    },
  },
  {
    name: "process/exit hooks run last to first, awaited, however the child ends by itself",
    async run(env) {
      const said = new env.mp.Queue<string>();
      for (const how of [["return"], ["exit", 3], ["throw"]] as const) {
        const one = new env.mp.Process({ target: withHooks, args: [said, how], ...quiet(env) });
        await one.start();
        assertEquals(await one.join(), { return: 0, exit: 3, throw: 1 }[how[0]]);
        assertEquals([said.getNowait(), said.getNowait(), said.qsize()], ["second", "first", 0], how[0]);
      }
      said.close();
    },
  },
  {
    name: "process/a child that throws says so on stderr, with its name and where",
    async run(env) {
      const program = new URL("../../targets/programs/throws.ts", import.meta.url);
      const { code, stdout, stderr } = await runProgram(env, program);
      assertEquals([stdout.trim(), code], ["1", 0]);
      assertStringIncludes(stderr, "Process the unlucky one:");
      assertStringIncludes(stderr, "RangeError: thrown by the target");
      assertMatch(stderr, /throws\.ts:\d+/);
      assertStringIncludes(stderr, "Caused by: TypeError: the cause");
    },
  },
  {
    name: 'process/stderr: "pipe" gives the traceback of a child that throws',
    needs: ["process"],
    async run({ mp }) {
      const one = new mp.Process({ target: end, args: [["throw"]], stderr: "pipe", name: "the unlucky one" });
      await one.start();
      const [text, code] = await Promise.all([new Response(one.stderr).text(), one.join()]);
      assertEquals(code, 1);
      assertStringIncludes(text, "Process the unlucky one:");
      assertStringIncludes(text, "RangeError: thrown by the target");
      assertMatch(text, /lives\.ts:\d+/);
    },
  },
];
