/** The first program that somebody writes: it imports a function, and hands it over. No guard, no export of its own, no URL. */

import { assertEquals, assertMatch, assertStringIncludes } from "../../assert.ts";
import type { Case, Env } from "../../case.ts";
import type { Ended, ProgramOptions } from "../../host.ts";
import { removeFolder, runProgram, writeModule } from "../../host.ts";

const PACKAGE = new URL("../../../mod.ts", import.meta.url).href;
const CONFIG = new URL("deno.json", PACKAGE);

/** What a program says first, and each time that it is run: no child is to run it. */
const HEAD = `import { getContext, isMain, isMainProcess, task } from ${JSON.stringify(PACKAGE)};
const mp = getContext(process.env.MP_METHOD);
console.log("main");
`;

/** Maps with a pool of one worker, then starts a Process. */
const use = (fn: string) =>
  `${HEAD}
const pool = new mp.Pool(1);
console.log(...await pool.map(${fn}, [1, 2, 3]));
pool.close();
await pool.join();
const child = new mp.Process({ target: ${fn}, args: [4] });
await child.start();
console.log(await child.join());
`;

type Files = Readonly<Record<string, string>>;

const TASKS = "export function square(x: number): number { return x * x; }\n";

/** Programs that find what they hand over in another module, by how they come by it. */
const layouts: Readonly<Record<string, Files>> = {
  "a named import": { "main.ts": `import { square } from "./tasks.ts";\n${use("square")}`, "tasks.ts": TASKS },
  "a renamed import": { "main.ts": `import { square as sq } from "./tasks.ts";\n${use("sq")}`, "tasks.ts": TASKS },
  "a namespace": { "main.ts": `import * as tasks from "./tasks.ts";\n${use("tasks.square")}`, "tasks.ts": TASKS },
  "an export under another name": {
    "main.ts": `import { b } from "./tasks.ts";\n${use("b")}`,
    "tasks.ts": "function a(x: number) { return x * x; }\nexport { a as b };\n",
  },
  "a default export": {
    "main.ts": `import sq from "./tasks.ts";\n${use("sq")}`,
    "tasks.ts": "export default function square(x: number) { return x * x; }\n",
  },
  "a default export without a name": {
    "main.ts": `import sq from "./tasks.ts";\n${use("sq")}`,
    "tasks.ts": "export default (x: number) => x * x;\n",
  },
  "a default export that is an object": {
    "main.ts": `import tasks from "./tasks.ts";\n${use("tasks.square")}`,
    "tasks.ts": "export default { square: (x: number) => x * x };\n",
  },
  "a barrel": {
    "main.ts": `import { square } from "./all.ts";\n${use("square")}`,
    "all.ts": 'export * from "./tasks.ts";\n',
    "tasks.ts": TASKS,
  },
  "closures of one text": {
    "main.ts": `import { squares } from "./tasks.ts";\n${use("squares")}`,
    "tasks.ts": `import { times } from "./times.ts";
export const naughts = times(() => 0), squares = times((x: number) => x);\n`,
    "times.ts": "export const times = (n: (x: number) => number) => function by(x: number) { return n(x) * x; };\n",
  },
  "a function that has bound arguments": {
    "main.ts": `import { square } from "./tasks.ts";\n${use("square")}`,
    "tasks.ts":
      `function to(power: number, x: number) { return x ** power; }\nexport const square = to.bind(null, 2);\n`,
  },
  "CommonJS": {
    "main.ts": `import tasks from "./tasks.cjs";\n${use("tasks.square")}`,
    "tasks.cjs": "exports.square = function (x) { return x * x; };\n",
  },
  "CommonJS that is a function": {
    "main.ts": `import sq from "./tasks.cjs";\n${use("sq")}`,
    "tasks.cjs": "module.exports = (x) => x * x;\n",
  },
  "a module that awaits something": {
    "main.ts": `import { square } from "./tasks.ts";\n${use("square")}`,
    "tasks.ts": `await Promise.resolve();\n${TASKS}`,
  },
  "types beside it, from a module that isn't loaded": {
    "main.ts": `import { square } from "./tasks.ts";
import type { Shape } from "./types.ts";
const shapes: Shape[] = [];
${use("square")}console.log(shapes.length === 0 ? "" : "?");`,
    "tasks.ts": TASKS,
    "types.ts": 'console.log("types are loaded");\nexport interface Shape { square: number }\n',
  },
};

/** Writes a program's files, in a folder whose name needs care in a URL; runs it; removes them. */
async function runFiles(env: Env, files: Files, options: ProgramOptions = {}, main = "main.ts"): Promise<Ended> {
  // Node itself doesn't find such a program by its URL, nor Bun one with a question mark.
  const name = options.asUrl ? "plain" : env.runtime === "bun" ? "a b#c%20d" : "a b#c%20d?e";
  const folder = `${env.tempDir}/${name}`;
  for (const [name, text] of Object.entries(files)) writeModule(`${folder}/${name}`, text);
  const here = new URL(".", writeModule(`${folder}/empty.ts`, "")).href;
  const text = (files[main] as string).replaceAll("FOLDER/", here);
  const flags = env.runtime === "deno" ? ["--config", CONFIG.pathname, ...options.flags ?? []] : options.flags ?? [];
  try {
    return await runProgram(env, writeModule(`${folder}/${main}`, text), { ...options, flags });
  } finally {
    removeFolder(folder);
  }
}

const lines = (text: string) => text.trim().split("\n").map((line) => line.trim()).filter((line) => line !== "");

export const firstProgramCases: readonly Case[] = [
  ...Object.entries(layouts).map(([layout, files]): Case => ({
    name: `first program: without a guard, the function by ${layout}`,
    async run(env) {
      const { code, stdout, stderr } = await runFiles(env, files);
      assertEquals([lines(stdout), code], [["main", "1 4 9", "0"], 0], stderr);
    },
  })),
  {
    name: "first program: without a guard, in CommonJS",
    async run(env) {
      const files = {
        "main.cjs": `const { getContext } = require(${JSON.stringify(decodeURIComponent(new URL(PACKAGE).pathname))});
const square = require("./tasks.cjs").square;
console.log("main");
const pool = new (getContext(process.env.MP_METHOD)).Pool(1);
pool.map(square, [1, 2, 3]).then((squares) => {
  console.log(...squares);
  pool.close();
  return pool.join();
});\n`,
        "tasks.cjs": "exports.square = function (x) { return x * x; };\n",
      };
      const { code, stdout, stderr } = await runFiles(env, files, {}, "main.cjs");
      assertEquals([lines(stdout), code], [["main", "1 4 9"], 0], stderr);
    },
  },
  {
    name: "first program: a function that goes through another module before it is handed over",
    async run(env) {
      const { code, stdout, stderr } = await runFiles(env, {
        "main.ts": `import { square } from "./tasks.ts";\nimport { squares } from "./squares.ts";\n${HEAD}
console.log(...await squares(mp, { apply: square }));\n`,
        "squares.ts": `export async function squares(mp: any, { apply }: any) {
  await null;
  const pool = new mp.Pool(1);
  const all = await pool.map(apply, [1, 2, 3]);
  pool.close();
  await pool.join();
  return all;
}\n`,
        "tasks.ts": TASKS,
      });
      assertEquals([lines(stdout), code], [["main", "1 4 9"], 0], stderr);
    },
  },
  {
    name: "first program: a function that nothing exports is refused, and no module is run for it in silence",
    async run(env) {
      const { code, stdout } = await runFiles(env, {
        "main.ts": `import { squares } from "./tasks.ts";\n${HEAD}
await new mp.Process({ target: squares[1], args: [3] }).start().catch((error: Error) => console.log(error.message));\n`,
        "tasks.ts": `function hidden(x: number) { return x * x; }\nexport const squares = [() => 1, hidden];\n`,
      });
      const said = lines(stdout);
      assertMatch(said.at(-1) ?? "", /^Cannot (find|load)/);
      assertStringIncludes(stdout, "hidden");
      assertEquals(code, 0);
    },
  },
  {
    name: "first program: what a source map calls a module isn't looked for, nor run in its place",
    async run(env) {
      const map = {
        version: 3,
        sources: ["source.ts"],
        names: [],
        mappings: "AAAA;AAAA;AAAA;AAAA;AAAA;AAAA;AAAA;AAAA;AAAA;AAAA",
      };
      const mapped = `//# sourceMappingURL=data:application/json;base64,${btoa(JSON.stringify(map))}\n`;
      const { code, stdout, stderr } = await runFiles(
        env,
        {
          "main.mjs": `${HEAD}export function square(x) { return x * x; }
export function twice(x) { return 2 * x; }
if (isMain(import.meta)) {
  const pool = new mp.Pool(1);
  console.log(...await pool.map(square, [1, 2, 3]));
  console.log(await pool.apply(twice, [3]));
  pool.close();
  await pool.join();
}
${mapped}`,
          "source.ts":
            "export function square(x) { return 'the source'; }\nexport function twice(x) { return 2 * x; }\nconsole.log('source');\n",
        },
        { flags: env.runtime === "node" ? ["--enable-source-maps"] : [] },
        "main.mjs",
      );
      assertEquals([lines(stdout).filter((line) => line !== "main"), code], [["1 4 9", "6"], 0], stderr);
    },
  },
  ...[
    ["it is the program, and what can't be found there is refused", 'new URL("FOLDER/tasks.ts#square")'],
    ["it finds what it imports", "square"],
  ].map(([what, fn]): Case => ({
    name: `first program: on standard input, ${what}`,
    async run(env) {
      const files = {
        "main.mjs": `import { square } from "FOLDER/tasks.ts";
${HEAD}if (isMain(import.meta)) {
  const pool = new mp.Pool(1);
  console.log(...await pool.map(${fn}, [1, 2, 3]));
  await pool.apply(function here() { square(); }).catch((error) => console.log(error.message));
  pool.close();
  await pool.join();
}\n`,
        "tasks.ts": TASKS,
      };
      const flags = env.runtime === "node" ? ["--input-type=module"] : [];
      const { code, stdout, stderr } = await runFiles(env, files, { fromStdin: true, flags }, "main.mjs");
      const [main, squares, error, ...more] = lines(stdout);
      assertEquals([main, squares, more, code], ["main", "1 4 9", [], 0], stderr);
      assertStringIncludes(error ?? "", "Cannot find the target here: it is not known which module it is in");
    },
  })),
  {
    name: "first program: in a folder whose name means something in a URL, by all that names a module",
    async run(env) {
      const files = {
        "main.ts": `import { square } from "./tasks.ts";
${HEAD}export function own(x: number) { return x + 1; }
const byPath = task(import.meta.filename!, (x: number) => x + 2);
if (isMain({ filename: import.meta.filename! })) {
  const pool = new mp.Pool(1);
  for (const fn of [square, own, byPath]) console.log(await pool.apply(fn, [3]));
  pool.close();
  await pool.join();
}\n`,
        "tasks.ts": TASKS,
      };
      const { code, stdout, stderr } = await runFiles(env, files);
      assertEquals([lines(stdout).filter((line) => line !== "main"), code], [["9", "4", "5"], 0], stderr);
    },
  },
  {
    name:
      "first program: what a test runner has loaded and changed is found by its file and its name, if that is clear",
    needs: ["node"],
    async run(env) {
      const files = {
        "main.mjs": `import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
${HEAD}
function load(name) {
  const url = new URL(name, import.meta.url), text = readFileSync(url, "utf8");
  const changed = text.replaceAll("export ", "").replaceAll("{ return", "{ globalThis.covered = true; return");
  return runInThisContext("(() => {" + changed + "; return tasks; })()", { filename: url.href });
}
const pool = new mp.Pool(1);
console.log(...await pool.map(load("clear.mjs").square, [1, 2, 3]));
await pool.apply(load("unclear.mjs").square, [2]).catch((error) => console.log(error.message));
pool.close();
await pool.join();\n`,
        "clear.mjs": "export function square(x) { return x * x; }\nconst tasks = { square };\n",
        "unclear.mjs": "export function square(x) { return x * x; }\nconst tasks = { square(x) { return x; } };\n",
      };
      const { code, stdout, stderr } = await runFiles(env, files, {}, "main.mjs");
      const [main, squares, error, ...more] = lines(stdout);
      assertEquals([main, squares, more, code], ["main", "1 4 9", [], 0], stderr);
      assertMatch(error ?? "", /Cannot find the target square: .*unclear\.mjs exports another function of that name/);
    },
  },
  {
    name: "first program: under Bun's debugger, for which it compiles functions in another way",
    needs: ["bun"],
    async run(env) {
      const files = {
        "main.ts":
          `${HEAD}export function own(x: number) { const one = 1; if (x === 0) { return one; } return x + one; }
if (isMain(import.meta)) {
  const pool = new mp.Pool(1);
  console.log(await pool.apply(own, [3]));
  pool.close();
  await pool.join();
}\n`,
      };
      const { code, stdout, stderr } = await runFiles(env, files, { flags: ["--inspect=127.0.0.1:0"] });
      assertEquals([lines(stdout).filter((line) => line !== "main"), code], [["4"], 0], stderr);
    },
  },
  {
    name: "first program: named by a URL on the command line of Node, it is the program",
    needs: ["node"],
    async run(env) {
      const files = { "main.mjs": `${HEAD}console.log(isMain(import.meta));\n` };
      const { code, stdout, stderr } = await runFiles(env, files, { flags: ["--entry-url"], asUrl: true }, "main.mjs");
      assertEquals([lines(stdout), code], [["main", "true"], 0], stderr);
    },
  },
  {
    name: "first program: what it has put in the place of Error is not taken for who calls",
    async run(env) {
      const library =
        `${HEAD}export const half = task(import.meta, (n) => n / 2);\nexport const isIt = isMain(import.meta);\n`;
      const main = [
        "const Native = Error;",
        "globalThis.Error = function Error(...args) { return new Native(...args); };",
        "Object.assign(Error, { prototype: Native.prototype, captureStackTrace: Native.captureStackTrace });",
        'const { half, isIt } = await import("./library.mjs");',
        "globalThis.Error = Native;", // bun:ffi can't do with another
        "const pool = new mp.Pool(1);",
        "console.log(isMain(import.meta), isIt, await pool.apply(half, [3]));",
        "pool.close();",
        "await pool.join();",
      ];
      const files = { "library.mjs": library, "main.mjs": `${HEAD}${main.join("\n")}\n` };
      const { code, stdout, stderr } = await runFiles(env, files, {}, "main.mjs");
      assertEquals([lines(stdout).filter((line) => line !== "main"), code], [["true false 1.5"], 0], stderr);
    },
  },
  {
    name: "first program: import.meta that a bundler has emptied or changed is told, not taken for another module's",
    async run(env) {
      const source = '{ url: "file:///source/main.ts" }';
      // As a bundler calls the module that it evaluates, late: what has evaluated it is on the stack no more.
      const evaluated = (statement: string) =>
        `await 0; eval(${JSON.stringify(`${statement}\n//# sourceURL=webpack:///./main.js`)});`;
      const programs = [
        "if (isMain({})) console.log(1);",
        `if (isMain(${source})) console.log(1);`,
        `task(${source}, () => 1);`,
        evaluated(`if (isMain(${source})) console.log(1);`),
        evaluated(`task(${source}, () => 1);`),
      ];
      for (const program of programs) {
        const files = { "main.mjs": `${HEAD}${program}\nconsole.log("silent");\n` };
        const { code, stdout, stderr } = await runFiles(env, files, {}, "main.mjs");
        assertEquals([lines(stdout), code], [["main"], 1], program);
        assertStringIncludes(stderr, "Cannot tell which module is meant");
        assertStringIncludes(stderr, "use if (isMainProcess()) { … }");
      }
    },
  },
];
