/** Targets that another process can't find, and what is said about them. */

import {
  assertEquals,
  assertIsError,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../../assert.ts";
import { MisuseError, SpawnError, TargetError, targets, task } from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { runProgram } from "../../host.ts";

const module = new URL("../../targets/bad_input.ts", import.meta.url);
const program = (name: string) => new URL(`../../targets/programs/${name}.ts`, import.meta.url);

/** A target that is refused by the child: start() and join() reject with the same error, which is returned. */
async function refused({ mp, method }: Env, target: URL | (() => unknown)): Promise<TargetError> {
  const one = new mp.Process({ target, ...(method === "process" && { stderr: "ignore" }) });
  const error = await assertRejects(() => one.start(), TargetError);
  assertStrictEquals(await assertRejects(() => one.join()), error);
  assertEquals(error.code, "ERR_MP_TARGET");
  assertEquals([one.isAlive(), one.exitcode], [false, 1]);
  return error;
}

export const badInputTargets: readonly Case[] = [
  {
    name: "bad input/target: what can't be found by any process is refused by the constructor",
    run({ mp }) {
      const create = (target: unknown) => () => new mp.Process({ target: target as () => void });
      const anonymous = [() => {}][0];
      assertStringIncludes(assertThrows(create(anonymous), TargetError).message, "wrap it: task(import.meta, ");
      const bound = function named() {}.bind(null);
      assertThrows(create(bound), TargetError, "no name");
      assertThrows(create(function* generator() {}), TargetError, "generator is a generator");
      assertThrows(create(async function* generator() {}), TargetError, "generator is a generator");
      assertThrows(create(class Some {}), TargetError, "Some is a class");
      assertThrows(create("square"), MisuseError, 'the target is "square"');
      assertThrows(create(null), MisuseError, "the target is null");
      assertThrows(() => new mp.Process({ target: module, args: 3 as never }), MisuseError, "args is not an array");
      return Promise.resolve();
    },
  },
  {
    name: "bad input/target: an export that isn't there",
    async run(env) {
      for (const target of [new URL("#nope", module), targets<{ nope(): void }>(module).nope]) {
        const { message } = await refused(env, target);
        assertStringIncludes(message, "Cannot find the target nope");
        assertStringIncludes(message, "bad_input.ts doesn't export it");
        assertStringIncludes(message, "const nope = task(import.meta, nope)");
        assertStringIncludes(message, 'new URL("./module.ts#nope", import.meta.url)');
      }
    },
  },
  {
    name: "bad input/target: an export that isn't a function",
    async run(env) {
      const { message } = await refused(env, new URL("#notAFunction", module));
      assertStringIncludes(message, "exports a number of that name");
    },
  },
  {
    name: "bad input/target: a module that isn't there",
    async run(env) {
      const { message } = await refused(env, new URL("./nowhere.ts#f", module));
      assertStringIncludes(message, "Cannot load");
      assertStringIncludes(message, "nowhere.ts");
    },
  },
  {
    name: "bad input/target: a module that throws while it is loaded",
    async run(env) {
      const { message, cause } = await refused(env, new URL("./throws_at_load.ts#f", module));
      assertStringIncludes(message, "RangeError: boom while loading");
      assertIsError(cause, RangeError, "boom while loading");
    },
  },
  {
    name: "bad input/target: a module that throws after an await, or in CommonJS: it is loaded once",
    async run(env) {
      const loads = new env.mp.Value("i", 0, { name: "throws after await" });
      for (const name of ["throws_after_await.ts", "throws_at_load.cjs"]) {
        const { message, cause } = await refused(env, new URL(`./process/${name}#f`, module));
        assertStringIncludes(message, "RangeError: load 1");
        assertIsError(cause, RangeError, "load 1");
      }
      assertEquals(loads.value, 1);
      loads.close();
    },
  },
  {
    name: "bad input/target: a module that throws what its parent has no codec for",
    async run(env) {
      const { message, cause } = await refused(env, new URL("./process/throws_unknown_class.ts#f", module));
      assertStringIncludes(message, "throws_unknown_class.ts, the module of the target: [object Object]");
      assertStringIncludes(message, "can't be rebuilt here");
      assertStringIncludes((cause as Error).message, "conformance/Unheard");
      assertEquals(env.mp.activeChildren(), []);
    },
  },
  {
    name: "bad input/target: a task that its module doesn't register",
    async run(env) {
      const { message } = await refused(env, task(module, function late() {}));
      assertStringIncludes(message, 'Cannot find the task "late"');
      assertStringIncludes(message, "call task() at its top level");
      const { message: ofNameless } = await refused(env, task(module, () => {}));
      assertStringIncludes(ofNameless, "Cannot find the task of call ");
      assertStringIncludes(ofNameless, 'name it: task(import.meta, fn, "name")');
    },
  },
  {
    name: "bad input/target: a module that ends its child while it is loaded",
    async run({ mp, method }) {
      const target = new URL("./process/exits_at_load.ts#f", module);
      const one = new mp.Process({ target, ...(method === "process" && { stderr: "ignore" }) });
      const { message } = await assertRejects(() => one.start(), SpawnError);
      assertStringIncludes(message, "a module that the child loads for it ended the child with exit code 3");
      assertEquals(one.exitcode, 3);
    },
  },
  {
    name: "bad input/target: a child that its runtime doesn't start says where the reason is",
    needs: ["process"],
    async run({ mp, runtime }) {
      const execArgv = [runtime === "bun" ? "--preload=./no_such_module.ts" : "--no-such-flag"];
      const one = new mp.Process({ target: new URL("#nope", module), execArgv, stderr: "ignore" });
      const { message } = await assertRejects(() => one.start(), SpawnError);
      assertMatch(message, /the child ended with exit code \d+ before it had loaded it; .*standard error/);
    },
  },
  {
    name: "bad input/target: a function that isn't exported, or isn't the one that is",
    async run(env) {
      const { code, stdout } = await runProgram(env, program("unexported_targets"));
      const [hidden, other, end] = stdout.trim().split("\n");
      assertStringIncludes(hidden ?? "", "TargetError: Cannot find the target hidden");
      assertStringIncludes(hidden ?? "", "Export the function from the file that calls");
      assertStringIncludes(other ?? "", "TargetError: Cannot find the target twice");
      assertStringIncludes(other ?? "", "exports another function of that name");
      assertEquals([end, code], ["end", 0]);
    },
  },
  {
    name: "bad input/target: a start() that fails and that nobody awaits doesn't end the program",
    async run(env) {
      const { code, stdout, stderr } = await runProgram(env, program("unawaited_start"));
      assertEquals([stdout.trim(), code], ["TargetError null 1 end", 0], stderr);
      assertStringIncludes(stderr, "Cannot find the target nope"); // the child says so itself
    },
  },
];
