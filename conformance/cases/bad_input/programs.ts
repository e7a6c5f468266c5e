/** Mistakes that only a whole program can make: a forgotten guard, a missing permission, a global without a name. */

import { assert, assertEquals, assertLess, assertMatch, assertNotMatch, assertStringIncludes } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import { runProgram } from "../../host.ts";

const program = (name: string) => new URL(`../../targets/programs/${name}.ts`, import.meta.url);

/** Runs the program that needs permissions; what it says. */
async function withPermissions(env: Env, permissions: readonly string[]): Promise<string> {
  const { stdout, stderr } = await runProgram(env, program("permissions"), { args: [env.method], permissions });
  return stdout.trim() + stderr;
}

export const programCases: readonly Case[] = [
  ...["awaited", "not awaited", "pool"].map((how): Case => ({
    name: `bad input/program: a forgotten guard is told, and no more processes than meant are started (${how})`,
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("no_guard"), { env: { MP_HOW: how } });
      assertEquals(code, 1, stderr);
      assertStringIncludes(stderr, "while a child loads its modules");
      assertStringIncludes(stderr, "put it behind if (isMain(import.meta))");
      const loaded = stdout.split("\n").filter((line) => line === "loaded").length;
      assertLess(loaded, 4, stdout); // the root, and one or two children of its own
      assertNotMatch(stdout, /never/);
    },
  })),
  {
    name: "bad input/program: a global without a name is warned of, with its file and line",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("unnamed"));
      assertEquals([stdout.trim(), code], ["0", 0], stderr);
      assertMatch(stderr, /Warning: a queue without a name is created while a child loads its modules/);
      assertMatch(stderr, /unnamed_global\.ts:5\b/);
      assertStringIncludes(stderr, "give it a name, or pass it");
      assertEquals(stderr.trim().split("\n").length, 1, stderr);
    },
  },
  {
    name: "bad input/program: one that has frozen Error starts children all the same",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("frozen_error"));
      assertEquals([stdout.trim(), code], ["0", 0], stderr);
    },
  },
  {
    name: "bad input/program: one whose clocks, timers, JSON and crypto are a test runner's is waited in all the same",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("replaced_globals"));
      assertEquals([stdout.trim(), code], ["[true,false,[],2000,[1,4,9],true,null,-15,false,1]", 0], stderr);
    },
  },
  {
    name: "bad input/program: `process` on Deno without permissions names the flags that are missing",
    needs: ["process"],
    async run(env) {
      if (env.runtime !== "deno") return; // the others have no permissions
      for (
        const [flags, missing] of [
          [["--allow-read"], "--allow-env --allow-run --allow-ffi"],
          [["--allow-read", "--allow-env", "--allow-run"], "--allow-ffi"],
          [["--allow-read", "--allow-env", "--allow-ffi"], "--allow-run"],
        ] as const
      ) {
        const said = await withPermissions(env, flags);
        assertStringIncludes(said, 'SpawnError ERR_MP_SPAWN Cannot use start method "process"');
        assert(said.includes(`run Deno with ${missing} (or -A), or use "worker"`), said);
      }
      assertEquals(
        await withPermissions(env, ["--allow-read", "--allow-env", "--allow-run", "--allow-ffi"]),
        "0",
      );
    },
  },
  {
    name: "bad input/program: `worker` on Deno needs no permission but --allow-read",
    needs: ["worker"],
    async run(env) {
      if (env.runtime !== "deno") return;
      assertEquals(await withPermissions(env, ["--allow-read"]), "0");
    },
  },
];
