/**
 * Uses the installed npm package with bundlers, compilers and test runners (docs/where_it_runs.md): what works there, and what
 * refuses with an error that says what to write. Part of check_package.mjs.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

/** Functions in a module of their own, as a test's are. */
const WORK = `
export const square = (n) => n * n;
export async function produce(queue, count) {
  for (let i = 0; i < count; i++) await queue.put({ i });
}
`;

const RUN = `
async function main() {
  setStartMethod(process.argv[2]);
  const queue = new Queue();
  const child = new Process({ target: produce, args: [queue, 100] });
  await child.start();
  let sum = 0;
  for (let i = 0; i < 100; i++) sum += (await queue.get()).i;
  const code = await child.join();
  const pool = new Pool(2);
  const squares = await pool.map(square, [1, 2, 3]);
  pool.close();
  await pool.join();
  console.log(JSON.stringify([sum, code, squares]));
}
`;
const EXPECTED = JSON.stringify([4950, 0, [1, 4, 9]]);

/** A program whose functions a bundle can give: its own export, and a task of a module that is taken in. */
const MAIN = `
import { isMain, Pool, Process, Queue, setStartMethod, task } from "@manyproc/multiprocessing";
import { square } from "./task.mjs";

export async function produce(queue, count) {
  for (let i = 0; i < count; i++) await queue.put({ i });
}
${RUN}
if (isMain(import.meta)) void main();
`;
const TASK = `
import { task } from "@manyproc/multiprocessing";
export const square = task(import.meta, (n) => n * n);
`;

/** One for CommonJS, which has no import.meta: the entry exports what children run. */
const PLAIN = `
import { isMainProcess, Pool, Process, Queue, setStartMethod } from "@manyproc/multiprocessing";
import { produce, square } from "./work.mjs";
export { produce, square };
${RUN}
if (isMainProcess()) void main();
`;

/** As a compiler that makes CommonJS of everything, this package too, has it. */
const COMMON = MAIN.replaceAll("import.meta", "module").replace("./task.mjs", "./task.ts");

/**
 * A file of tests. A function of its own can't be run by children of runners that load such a file in a way of their own:
 * the start fails, and says what to do.
 * @param {string} test where test() is from @param {boolean} isModule whether the file is one that children can load
 */
const tests = (test, isModule) => `
${test}
import { getContext, task } from "@manyproc/multiprocessing";
import { produce, square } from "./work.mjs";

const cube = task(import.meta, (n) => n ** 3);
export function own(n) {
  return n * 2;
}

async function apply(pool, fn, expected) {
  try {
    if (await pool.apply(fn, [2]) !== expected || !${isModule}) throw new Error("It ran");
  } catch (error) {
    if (${isModule} || error.name !== "TargetError" || !/move the function to one and import it/.test(error.message)) throw error;
  }
}

for (const method of ["process", "worker"]) {
  test(method, async () => {
    const { Pool, Process, Queue } = getContext(method);
    const queue = new Queue();
    const child = new Process({ target: produce, args: [queue, 10] });
    await child.start();
    for (let i = 0; i < 10; i++) if ((await queue.get()).i !== i) throw new Error("It is another");
    if (await child.join() !== 0) throw new Error("It failed");
    const pool = new Pool(2);
    if (String(await pool.map(square, [1, 2, 3])) !== "1,4,9") throw new Error("They are others");
    await apply(pool, cube, 8);
    await apply(pool, own, 4);
    pool.close();
    await pool.join();
  }, 60_000);
}
`;

const JEST_TRANSFORM = `
const { transformSync } = require(${JSON.stringify(join(root, "node_modules", "esbuild"))});
module.exports = { process: (code) => transformSync(code, { format: "esm", loader: "ts", target: "node20" }) };
`;
const JEST_CONFIG = {
  testMatch: ["**/tests.jest.ts"],
  extensionsToTreatAsEsm: [".ts"],
  transform: { "\\.ts$": "./transform.cjs" },
};

const EXTERNAL =
  /SpawnError\]?: Cannot start a child: a bundler has taken this package in.* as external to the bundler/;
const META = /MisuseError\]?: Cannot tell which module is meant: .*use if \(isMainProcess\(\)\) \{ … \} for/;

/**
 * @typedef {(name: string, file: string, args: string[], expected?: string | RegExp) => Promise<boolean>} Check
 *   with a pattern, the program is to fail, and say so
 * @param {string} folder where the package is installed
 * @param {import("./setup.mjs").Tool[]} tools
 * @param {Check} check
 */
export async function checkTools(folder, tools, check) {
  /** @param {string} name */
  const bin = (name) => join(root, "node_modules", name);
  /** @param {string} id */
  const pathOf = (id) => tools.find((tool) => tool.id === id)?.path ?? id;
  const node = pathOf("node24"), bun = pathOf("bun"), deno = pathOf("deno");
  /** @param {string} name @param {string} text */
  const write = (name, text) => writeFileSync(join(folder, name), text);
  /** @param {string} name @param {string} command @param {string[]} args @param {string} [expected] */
  const works = async (name, command, args, expected = EXPECTED) => {
    for (const method of ["process", "worker"]) await check(`${name}, ${method}`, command, [...args, method], expected);
  };

  write("main.mjs", MAIN);
  write("task.mjs", TASK);
  write("plain.mjs", PLAIN);
  write("work.mjs", WORK);
  if (await check("bundles are made", node, [join(root, "scripts", "make_bundles.mjs"), folder])) {
    for (const name of ["main.esbuild", "main.esbuild.minified", "main.rollup", "main.vite", "main.webpack"]) {
      await works(name, node, [`bundles/${name}.mjs`]);
    }
    await works("plain.esbuild", node, ["bundles/plain.esbuild.cjs"]);
    await works("main.esbuild, deno", deno, ["run", "-A", "bundles/main.esbuild.mjs"]);
    for (
      const file of [
        "main.esbuild.in.mjs",
        "plain.esbuild.in.cjs",
        "main.rollup.in.mjs",
        "main.vite.in.mjs",
        "main.webpack.in.mjs",
      ]
    ) {
      await check(`${file} refuses`, node, [`bundles/${file}`, "process"], EXTERNAL);
    }
    for (const file of ["main.esbuild.empty.cjs", "main.webpack.changed.mjs", "main.webpack.evaluated.mjs"]) {
      await check(`${file} refuses`, node, [`bundles/${file}`, "process"], META);
    }
  }
  const build = ["build", "main.mjs", "--target=bun", "--minify"];
  await check("bun build", bun, [...build, "--packages=external", "--outfile=bundles/main.bun.mjs"]);
  await works("main.bun", bun, ["bundles/main.bun.mjs"]);
  await check("bun build, the package too", bun, [...build, "--outfile=bundles/main.bun.in.mjs"]);
  await check("main.bun.in.mjs refuses", bun, ["bundles/main.bun.in.mjs", "worker"], EXTERNAL);

  mkdirSync(join(folder, "common"));
  write("common/package.json", "{}");
  for (const at of ["", "common/"]) {
    write(`${at}main.ts`, at === "" ? MAIN.replace("task.mjs", "task.ts") : COMMON);
    write(`${at}task.ts`, at === "" ? TASK : TASK.replaceAll("import.meta", "module"));
    await works(`tsx ${at}main.ts`, node, [bin("tsx/dist/cli.mjs"), `${at}main.ts`]);
  }

  write("tests.vitest.mjs", tests('import { test } from "vitest";', false));
  write("vitest.config.mjs", 'export default { test: { include: ["tests.vitest.mjs"] } };');
  write("tests.jest.ts", tests("", false));
  write("transform.cjs", JEST_TRANSFORM);
  write("jest.json", JSON.stringify(JEST_CONFIG));
  write(
    "tests.node.mjs",
    tests('import { test as define } from "node:test"; const test = (name, fn) => define(name, fn);', true),
  );
  write("tests.bun.test.mjs", tests('import { test } from "bun:test";', false));
  write("tests.deno.mjs", tests("const test = (name, fn) => Deno.test(name, fn);", true));
  for (const pool of ["forks", "threads"]) {
    await check(`vitest, ${pool}`, node, [bin("vitest/vitest.mjs"), "run", "--pool", pool]);
  }
  await check("jest", node, ["--experimental-vm-modules", bin("jest/bin/jest.js"), "--config", "jest.json"]);
  for (const id of ["node22", "node24", "node26"]) {
    await check(`${id} --test`, pathOf(id), ["--test", "tests.node.mjs"]);
  }
  await check("bun test", bun, ["test", "./tests.bun.test.mjs"]);
  await check("deno test", deno, ["test", "-A", "--no-check", "tests.deno.mjs"]);
}
