/** Cases about the harness: what a case is given is what it says. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "../assert.ts";
import type { Case } from "../case.ts";
import { runProgram } from "../host.ts";

export const harnessCases: readonly Case[] = [
  {
    name: "harness/the context is bound to the start method under test",
    run({ mp, method }) {
      assertEquals(mp.startMethod, method);
      return Promise.resolve();
    },
  },
  {
    name: "harness/a program runs on the runtime under test",
    async run(env) {
      const program = new URL("../targets/say_runtime.ts", import.meta.url);
      const { code, stdout, stderr } = await runProgram(env, program, { args: ["a b"] });
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertStringIncludes(stdout, `${env.runtime} ${env.method} a b`);
      assertMatch(env.runtimeVersion, /^\d+\.\d+\.\d+/);
      assert(env.tempDir !== "");
    },
  },
];
