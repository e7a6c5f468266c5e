/** Contexts and start methods, logging, and what the system grants. */

import { assert, assertEquals, assertInstanceOf, assertMatch, assertStrictEquals, assertThrows } from "../../assert.ts";
import * as everything from "../../../mod.ts";
import { type Context, getContext, getLogger, MisuseError, type StartMethod } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { fileURLToPath, process, relative, removeFolder, runProgram, writeModule } from "../../host.ts";
import { describe } from "../../targets/process/objects.ts";

const mod = new URL("../../../mod.ts", import.meta.url);
const program = (name: string) => new URL(`../../targets/programs/${name}.ts`, import.meta.url);

export const contextCases: readonly Case[] = [
  {
    name: "context/getContext gives the same one each time, and refuses a method that isn't one",
    run({ mp, method }) {
      assertStrictEquals(getContext(method), mp);
      assertEquals(mp.startMethod, method);
      assertEquals(everything.getAllStartMethods().toSorted(), ["process", "worker"]);
      assertEquals(getContext().startMethod, everything.getStartMethod());
      for (const wrong of ["fork", "spawn", "", null, 1]) {
        assertThrows(() => getContext(wrong as StartMethod), MisuseError, "Cannot use the start method");
      }
      return Promise.resolve();
    },
  },
  {
    name: "context/what it makes is an instance of its class and of the package's",
    run({ mp }) {
      const made = {
        Process: new mp.Process(),
        Queue: new mp.Queue(),
        JoinableQueue: new mp.JoinableQueue(),
        SimpleQueue: new mp.SimpleQueue(),
        Lock: new mp.Lock(),
        RLock: new mp.RLock(),
        Semaphore: new mp.Semaphore(),
        BoundedSemaphore: new mp.BoundedSemaphore(),
        Condition: new mp.Condition(),
        Event: new mp.Event(),
        Barrier: new mp.Barrier(1),
      };
      for (const [name, one] of Object.entries(made) as [keyof typeof made, { close(): void }][]) {
        assertInstanceOf(one, mp[name]);
        assertInstanceOf(one, everything[name] as typeof everything.Queue);
        assertInstanceOf(one, getContext(mp.startMethod === "process" ? "worker" : "process")[name]);
        assertEquals(mp[name].name, name);
        one.close();
      }
      const value = new mp.Value("i", 3), array = mp.Array("i", [1, 2]);
      assertEquals([value.value, array.length], [3, 2]);
      assertInstanceOf(array, Int32Array);
      value.close();
      return Promise.resolve();
    },
  },
  {
    name: "context/it has every class and factory, and its functions are the package's",
    run({ mp }) {
      const classes =
        "Process Queue JoinableQueue SimpleQueue Lock RLock Semaphore BoundedSemaphore Condition Event Barrier Value " +
        "RawValue Array SharedArray RawArray SharedMemory ShareableList Manager SyncManager BaseManager Pool Pipe";
      const functions = "currentProcess parentProcess isMainProcess exit activeChildren cpuCount wait getLogger";
      for (const name of `${classes} ${functions}`.split(" ") as (keyof Context)[]) {
        assertEquals(typeof mp[name], "function", name);
      }
      for (const name of functions.split(" ") as (keyof Context & keyof typeof everything)[]) {
        assertStrictEquals(mp[name], everything[name]);
      }
      assert(Object.isFrozen(mp));
      return Promise.resolve();
    },
  },
  {
    name: "context/setStartMethod chooses once; force chooses again; children have it as theirs",
    timeLimit: 60_000,
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("start_methods"));
      assertEquals([code, stderr], [0, ""]);
      const [cpus, first, wrong, ...rest] = stdout.trim().split("\n");
      assertMatch(cpus ?? "", /^cpus [1-9]\d*$/);
      assertEquals(first, "true");
      assertEquals(wrong, 'MisuseError: Cannot use the start method "fork": it is "process" or "worker"');
      assertEquals([rest[0], rest[2], rest[3], rest[5]], ["done", "true 0", "done", "true 0"]);
      for (const line of [rest[1], rest[4]]) {
        assertMatch(line ?? "", /^MisuseError: Cannot set the start method to "\w+": it is "\w+" already/);
      }
    },
  },
  {
    name: "context/setStartMethod is refused once an object was made without a context; with force both methods go on",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("late_start_method"));
      assertEquals([code, stderr], [0, ""]);
      const [other, same, ...rest] = stdout.trim().split("\n");
      const refusal =
        /^MisuseError: Cannot set the start method to "\w+": it is "\w+" already, since objects of it were made/;
      assertMatch(other ?? "", refusal);
      assertMatch(same ?? "", refusal);
      assertEquals(rest, ["0 true", "0 true", "MisuseError"]);
    },
  },
  {
    name: "context/the default is a method that works here, and getAllStartMethods names no other",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("other_system"));
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout.trim().split("\n"), [
        "worker worker",
        "hello 0",
        'SpawnError: Cannot use start method "process": only Linux has it so far (this is darwin); use "worker"',
      ]);
      const { runtime } = env;
      const usual = runtime === "deno" ? ["worker", "process"] : ["process", "worker"];
      assertEquals(everything.getAllStartMethods(), usual);
    },
  },
  {
    name: "context/cpuCount counts what this process may use: its affinity is respected",
    needs: ["linux"],
    async run(env) {
      const count = env.mp.cpuCount();
      assert(Number.isInteger(count) && count >= 1);
      const { code, stdout } = await runProgram(env, program("start_methods"), { under: ["taskset", "-c", "0"] });
      assertEquals([code, stdout.split("\n")[0]], [0, "cpus 1"]);
    },
  },
  {
    name: "process/execArgv are the child's interpreter's flags, in place of the parent's",
    needs: ["process", "linux"],
    async run({ mp, runtime }) {
      const flags = {
        node: ["--max-old-space-size=123"],
        bun: ["--smol"],
        deno: ["-A", "--v8-flags=--stack-size=999"],
      };
      const [end, there] = mp.Pipe<unknown>();
      const child = new mp.Process({ target: describe, args: [there], execArgv: flags[runtime] });
      await child.start();
      assertEquals((await end.recv() as { isMain: boolean }).isMain, false);
      assertEquals(await child.join(), 0);
      end.close();
      there.close();
    },
  },
  {
    name: "process/a program's own flags and variables don't keep its children from starting, and reach them",
    needs: ["linux"],
    async run(env) {
      const folder = `${env.tempDir}/project`, port = 20_000 + process.pid % 20_000;
      const text = `
        import { getContext, isMain } from ${JSON.stringify(mod.href)};
        export const say = () => console.log("child", globalThis.preloaded, process.execArgv?.includes("--conditions"));
        if (isMain(import.meta)) {
          const child = new (getContext("${env.method}").Process)({ target: say });
          await child.start();
          console.log(await child.join());
        }`;
      const main = writeModule(`${folder}/app/main.mjs`, text);
      writeModule(`${folder}/app/pre.mjs`, "globalThis.preloaded = true;");
      const app = relative(process.cwd(), `${folder}/app`);
      const flags = {
        bun: [`--cwd=${app}`, "--preload", "./pre.mjs", "--conditions", "x"],
        node: ["--max-old-space-size=300", "--import", `./${app}/pre.mjs`, "--conditions", "x", "--title", "y"],
        deno: [
          "--preload",
          `${app}/pre.mjs`,
          "--config",
          relative(process.cwd(), fileURLToPath(new URL("deno.json", mod))),
        ],
      }[env.runtime];
      const inspect = `127.0.0.1:${port}`;
      const variables = { BUN_INSPECT: `ws://${inspect}/x`, NODE_OPTIONS: `--inspect=${inspect}` };
      for (const given of [{ flags: [...flags, `--inspect=${inspect}`] }, { flags, env: variables }]) {
        const { code, stdout, stderr } = await runProgram(env, main, given);
        assertEquals([code, /in use/.test(stderr)], [0, false], stderr);
        // Workers of Bun and Deno load no module before their own.
        const isPreloaded = env.method === "process" || env.runtime === "node";
        assertEquals(stdout, `child ${isPreloaded || undefined} ${env.runtime !== "deno"}\n0\n`, stderr);
      }
      removeFolder(folder);
    },
  },
  {
    name: "process/a target in a file of tests for Node: its tests run once, not in each child",
    needs: ["node"],
    async run(env) {
      for (const flags of [["--test-reporter=tap"], ["--test", "--test-reporter=tap"]]) {
        const { code, stdout, stderr } = await runProgram(env, program("node_tests"), { flags, limit: 10_000 });
        assertEquals([code, stdout.match(/^ *(not )?ok .*/gm)], [0, ["ok 1 - a child sets a value"]], stdout + stderr);
      }
    },
  },
  {
    name: "logging/getLogger gives one logger, silent at first; a level that isn't one is refused",
    run({ mp }) {
      const logger = mp.getLogger();
      assertStrictEquals(logger, getLogger());
      assertEquals(logger.level, "off");
      logger.error("not to be seen");
      assertThrows(() => logger.level = "loud", MisuseError, 'Cannot log from level "loud" on');
      assertEquals(logger.level, "off");
      return Promise.resolve();
    },
  },
  {
    name: "logging/logToStderr twice prints each line once; children inherit the level",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("logs"));
      assertEquals([code, stdout.trim()], [0, "true warning"]);
      assertEquals(stderr.trim().split("\n"), [
        '[WARNING/MainProcess] once {"a":1}',
        "[WARNING/the child] warning in the child [1]",
        "[ERROR/the child] error in the child [1]",
      ]);
    },
  },
];
