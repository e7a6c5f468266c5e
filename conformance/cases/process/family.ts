/** Who is who: names, ids, nested processes, daemons, and what a child has around it. */

import {
  assert,
  assertEquals,
  assertGreater,
  assertInstanceOf,
  assertMatch,
  assertNotEquals,
  assertStringIncludes,
} from "../../assert.ts";
import type { Case } from "../../case.ts";
import { isRunning, process, removeFolder, runProgram, until, writeModule } from "../../host.ts";
import { descend, look, readStdin, type Self, stay } from "../../targets/lives.ts";
import { inherit } from "../../targets/process/objects.ts";

const mod = new URL("../../../mod.ts", import.meta.url);

/** A program whose child sets a value, as a module and in CommonJS. */
const setsValue = `
  const mp = getContext(process.env.MP_METHOD);
  async function main() {
    const value = new mp.Value("i", 0), child = new mp.Process({ target: set, args: [value] });
    await child.start();
    console.log(await child.join(), value.value);
  }
`;
const asModule = `
  import { getContext, isMain } from ${JSON.stringify(mod.href)};
  import process from "node:process";
  export function set(value) {
    value.value = 42;
  }
  ${setsValue}
  if (isMain(import.meta)) await main();
`;
const asCommonJs = `
  const { getContext, isMain } = require(${JSON.stringify(decodeURIComponent(mod.pathname))});
  exports.set = function set(value) {
    value.value = 42;
  };
  const { set } = exports;
  ${setsValue}
  if (isMain(module)) main();
`;

const program = (name: string) => new URL(`../../targets/programs/${name}.ts`, import.meta.url);

export const familyCases: readonly Case[] = [
  {
    name: "process/names are given, or numbered; children know theirs",
    async run({ mp }) {
      const one = new mp.Process({ target: descend, args: [new mp.Queue<Self>({ name: "names/told" }), 0] });
      assertMatch(one.name, /^Process-\d+$/);
      assertNotEquals(one.name, new mp.Process().name);
      assertEquals(new mp.Process({ name: "worker bee" }).name, "worker bee");
      one.name = "renamed ✓";
      await one.start();
      await one.join();
      const told = new mp.Queue<Self>({ name: "names/told" });
      assertEquals(told.getNowait().name, "renamed ✓");
      told.close();
      assertEquals([mp.currentProcess().name, mp.parentProcess(), mp.isMainProcess()], ["MainProcess", null, true]);
    },
  },
  {
    name: "process/the module of a target may await while it is loaded; it is loaded once",
    async run({ mp }) {
      const loads = new mp.Value("i", 0, { name: "awaits at load" });
      const target = new URL("../../targets/process/awaits_at_load.ts#f", import.meta.url);
      const one = new mp.Process({ target, args: [10] });
      await one.start();
      assertEquals([await one.join(), loads.value], [0, 11]);
      loads.close();
    },
  },
  ...["a (copy) & b #1", "a@b+c&d=e,f;g$h~[id]", "100% ü"].map((folder): Case => ({
    name: `process/targets are found, and isMain() is true, in a program in ${JSON.stringify(folder)}`,
    async run(env) {
      // Outside of this folder Deno doesn't know where packages are.
      const flags = env.runtime === "deno" ? ["--config", decodeURIComponent(new URL("deno.json", mod).pathname)] : [];
      for (const [name, text] of [["main.mjs", asModule], ["main.cjs", asCommonJs]] as const) {
        const module = writeModule(`${env.tempDir}/${folder}/${name}`, text);
        const { code, stdout, stderr } = await runProgram(env, module, { flags });
        removeFolder(`${env.tempDir}/${folder}`);
        assertEquals([stdout.trim(), code], ["0 42", 0], `${name}: ${stderr}`);
      }
    },
  })),
  {
    name:
      "process/a child on Deno has its program's deno.json, with the least permissions and wherever the package lies",
    needs: ["deno"],
    async run(env) {
      const folder = `${env.tempDir}/project`, lib = "./lib/";
      // The package lies in a folder with a deno.json of its own, whose import map knows nothing of the program's.
      const msgpackr = new URL("node_modules/msgpackr/dist/index-no-eval.cjs", mod).href;
      const imports = { multiprocessing: mod.href, "msgpackr/index-no-eval": msgpackr, "lib/": lib };
      const permissions = env.method === "worker" ? ["read"] : ["read", "env", "run", "ffi"];
      const text = `
        import { getContext, isMain } from "multiprocessing";
        import { answer } from "lib/answer.ts";
        export const say = () => console.log("child", answer);
        if (isMain(import.meta)) {
          const child = new (getContext("${env.method}").Process)({ target: say });
          await child.start();
          console.log(await child.join());
        }`;
      for (const name of ["deno.json", "other.json"]) {
        writeModule(`${folder}/${name}`, JSON.stringify({ imports, nodeModulesDir: "manual" }));
        writeModule(`${folder}/lib/answer.ts`, "export const answer = 42;");
        const { code, stdout, stderr } = await runProgram(env, writeModule(`${folder}/app/main.ts`, text), {
          permissions: permissions.map((name) => `--allow-${name}`),
          flags: name === "deno.json" ? [] : ["--config", `${folder}/${name}`],
        });
        removeFolder(folder);
        assertEquals([stdout, code], ["child 42\n0\n", 0], `${name}: ${stderr}`);
      }
    },
  },
  {
    name: "process/a child starts a child that starts a child",
    async run({ mp, method }) {
      const told = new mp.Queue<Self>();
      const one = new mp.Process({ target: descend, args: [told, 2] });
      await one.start();
      assertEquals(await one.join(), 2);
      const selves = [told.getNowait(), told.getNowait(), told.getNowait()];
      assertEquals(selves.map(({ name }) => name), [one.name, `${one.name}:1`, `${one.name}:1:1`]);
      const own = mp.currentProcess();
      let above: Pick<Self, "name" | "pid" | "ident"> = own;
      for (const self of selves) {
        const { name, pid, ident } = above;
        assertEquals(self.parent, { name, pid, ident, alive: true });
        assertEquals([self.ppid, self.isMainProcess, self.daemon, self.method], [pid, false, false, method]);
        above = self;
      }
      assertEquals(selves[0]?.ident, one.ident);
      assertEquals(new Set([own, ...selves].map(({ ident }) => ident)).size, 4);
      assertEquals(new Set([own, ...selves].map(({ pid }) => pid)).size, method === "process" ? 4 : 1);
      told.close();
    },
  },
  {
    name: "process/daemons end with the root, others are waited for",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("daemons"));
      assertEquals([code, stderr], [0, ""]);
      const lines = stdout.trim().split("\n");
      assertEquals(lines.slice(1), ["the program is through", "the other child is through"]);
      const [word, pid] = (lines[0] ?? "").split(" ");
      assertEquals(word, "daemon");
      await until(() => !isRunning(Number(pid)), 5000, "the daemon's end");
    },
  },
  {
    name: "process/a daemon whose output nobody reads doesn't keep the root from ending",
    needs: ["process"],
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("daemon_with_pipes"));
      assertEquals([stdout.trim(), code], ["the program is through", 0], stderr);
    },
  },
  {
    name: "process/a wait for a daemon that was given up doesn't keep the root from ending",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("wait_for_daemon"));
      assertEquals([stdout.trim().split("\n"), code], [["0 null", "enough"], 0], stderr);
    },
  },
  {
    name: "process/a process object says what it is, and closes",
    async run({ mp }) {
      const there = new mp.Queue<string>();
      const one = new mp.Process({ target: stay, args: [there], daemon: true });
      assertEquals([one.pid, one.ident, one.exitcode, one.isAlive(), one.daemon], [null, null, null, false, true]);
      assertStringIncludes(String(one), "initial");
      await one.start();
      await there.get();
      assertGreater(one.pid ?? 0, 0);
      assert(mp.activeChildren().includes(one));
      assertStringIncludes(String(one), `started ${one.ident} daemon`);
      await one[Symbol.asyncDispose]();
      assertStringIncludes(String(one), "closed");
      assert(!mp.activeChildren().includes(one));
      there.close();
    },
  },
  {
    name: "process/a child whose preloaded module imports the package recovers what its own child held",
    needs: ["process"],
    async run({ mp, runtime }) {
      const flag = runtime === "node" ? "--import" : "--preload";
      const preload = new URL("../../targets/process/preload.ts", import.meta.url);
      const lock = new mp.Lock(), told = new mp.Queue<string>();
      const child = new mp.Process({
        target: inherit,
        args: [lock, told],
        execArgv: [flag, runtime === "bun" ? preload.pathname : preload.href],
      });
      await child.start();
      assertEquals([await child.join({ timeout: 15_000 }), told.getNowait()], [0, "inherited"]);
      lock.close();
      told.close();
    },
  },
  {
    name: "process/stdin of a child is empty, and takes nothing from its parent's",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("reads_stdin"), { stdin: "of the root" });
      assertEquals([stdout, code], ['child 0 ""\nroot of the root\n', 0], stderr);
    },
  },
  {
    name: "process/env, cwd, stdout and stderr are as asked for; stdin is empty",
    needs: ["process"],
    async run({ mp, tempDir }) {
      process.env["MP_KEPT"] = "kept";
      process.env["MP_REMOVED"] = "not removed";
      const seen = new mp.Queue<unknown>();
      try {
        const one = new mp.Process({
          target: look,
          args: [seen],
          env: { MP_GIVEN: "given ✓", MP_REMOVED: undefined },
          cwd: tempDir,
          stdout: "pipe",
          stderr: "pipe",
        });
        await one.start();
        assertInstanceOf(one.stdout, ReadableStream);
        const texts = await Promise.all([new Response(one.stdout).text(), new Response(one.stderr).text()]);
        assertEquals(await one.join(), 0);
        assertEquals(texts, ["to stdout ✓\n", "to stderr ✓\n"]);
        assertEquals(await seen.get(), { cwd: tempDir, given: "given ✓", kept: "kept", removed: undefined });
      } finally {
        delete process.env["MP_KEPT"];
        delete process.env["MP_REMOVED"];
        seen.close();
      }
      const [here, there] = mp.Pipe<number>();
      const reader = new mp.Process({ target: readStdin, args: [there] });
      await reader.start();
      assertEquals([await here.recv(), await reader.join()], [0, 0]);
      here.close();
      there.close();
    },
  },
];
