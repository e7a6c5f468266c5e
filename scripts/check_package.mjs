/**
 * Makes the npm package, has publint and attw look at it, installs it into an empty project, and uses it there: on every runtime
 * with both start methods, with its types, and with bundlers, compilers and test runners.
 */

import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { buildPackage, packageFolder } from "./build_npm.mjs";
import { checkTools } from "./check_tools.mjs";
import { howItEnded, run } from "./run.mjs";
import { environment, root, setUp } from "./setup.mjs";

const LIMIT = 120_000;

/** A program with a child, a queue, a pool and a manager; it is JavaScript, since Node 20 runs nothing else. */
const PROGRAM = `
import { isMain, Manager, Pool, Process, Queue, setStartMethod } from "@manyproc/multiprocessing";

export async function produce(queue, count) {
  for (let i = 0; i < count; i++) await queue.put({ i });
}
export const square = (n) => n * n;

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
  const manager = await Manager();
  const dict = await manager.dict();
  await dict.set("a", 1);
  const value = await dict.get("a");
  await manager.shutdown();
  console.log(JSON.stringify([sum, code, squares, value]));
}
if (isMain(import.meta)) await main();
`;
const EXPECTED = JSON.stringify([4950, 0, [1, 4, 9], 1]);

/** A program with two copies of the package, one of them in a child of the other. */
const TWO_COPIES = `
import * as ours from "@manyproc/multiprocessing";
import * as theirs from "./copy/mod.js";

export const square = (n) => n * n;

/** What an attempt says. */
async function said(attempt) {
  try {
    return await attempt();
  } catch (error) {
    return [error.name, error.message.replace(/: this program has two copies.*/, ": two copies")];
  }
}

async function usePool() {
  const pool = new theirs.Pool(1);
  const squares = await pool.map(square, [1, 2]);
  pool.close();
  await pool.join();
  return squares;
}

export async function inChild(told) {
  await told.put([
    theirs.isMainProcess(),
    theirs.isMain(import.meta),
    await usePool(),
    await said(() => new theirs.Queue({ name: "of the family" }).qsize()),
  ]);
}

async function main() {
  ours.setStartMethod(process.argv[2]);
  theirs.setStartMethod(process.argv[2]);
  const told = new ours.Queue(), jobs = new ours.Queue({ name: "jobs" }), lock = new ours.Lock();
  const child = new ours.Process({ target: inChild, args: [told] });
  await child.start();
  const results = [await told.get(), await child.join(), await usePool()];
  results.push(await said(() => new theirs.Queue({ name: "jobs" }).qsize()));
  jobs.close();
  results.push(await said(() => new theirs.Queue({ name: "jobs" }).qsize()));
  results.push(await said(() => new theirs.Queue().put({ lock })));
  console.log(JSON.stringify(results));
}
if (ours.isMain(import.meta)) await main();
`;
/** @param {string} name */
const anotherObject = (name) => [
  "MisuseError",
  `Cannot use the name "${name}", which means another object to another copy: two copies`,
];
const OF_TWO_COPIES = JSON.stringify([
  [false, false, [1, 4], anotherObject("of the family")],
  0,
  [1, 4],
  anotherObject("jobs"),
  0,
  [
    "SerializationError",
    'item.lock can\'t be encoded by its type "Lock": Cannot send a Lock by another copy: two copies',
  ],
]);

const TYPED = `
import { Lock, Pipe, Process, Queue, Value } from "@manyproc/multiprocessing";
import type { Connection, Context, StartMethod } from "@manyproc/multiprocessing";

const queue = new Queue<{ id: number }>(10);
const [here, there]: [Connection<string>, Connection<string>] = Pipe<string>();
const child = new Process({ target: (a: number, b: string) => \`\${a}\${b}\`, args: [1, "b"] });
export async function use(context: Context, method: StartMethod): Promise<number> {
  await here.send(await there.recv());
  await new Lock().with(() => child.start());
  // @ts-expect-error: the queue takes objects
  await queue.put(1);
  return (await queue.get()).id + Number(new Value("i", 1).value) + method.length + context.cpuCount();
}
`;

function version() {
  return JSON.parse(readFileSync(join(packageFolder, "package.json"), "utf8")).version;
}

/** @typedef {{ name: string, good: boolean, detail: string }} Check */

/** Checks the package. @returns {Promise<Check[]>} */
export async function checkPackage() {
  const tools = setUp();
  buildPackage();
  const folder = mkdtempSync(join(tmpdir(), "mp-package-"));
  /** @type {Check[]} */
  const checks = [];
  /** @type {import("./check_tools.mjs").Check} */
  const check = async (name, file, args, expected) => {
    const ended = await run(file, args, { cwd: folder, env: { ...environment(), NO_COLOR: "1" }, limit: LIMIT });
    const good = expected instanceof RegExp
      ? !ended.timedOut && ended.code !== 0 && expected.test(ended.output)
      : ended.code === 0 && (expected === undefined || ended.output.trim() === expected);
    checks.push({ name, good, detail: good ? "" : `It ${howItEnded(ended, LIMIT)}:\n${ended.output}` });
    return good;
  };
  try {
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", private: true, type: "module" }));
    writeFileSync(join(folder, "main.mjs"), PROGRAM);
    writeFileSync(join(folder, "typed.ts"), TYPED);
    writeFileSync(join(folder, "two_copies.mjs"), TWO_COPIES);
    const bin = (/** @type {string} */ name) => join(root, "node_modules", ".bin", name);
    await check("publint", bin("publint"), [packageFolder, "--strict"]);
    await check("attw", bin("attw"), ["--pack", packageFolder, "--profile", "esm-only"]);
    const quiet = ["--no-audit", "--no-fund", "--prefer-offline"];
    const isInstalled = await check("npm pack", "npm", ["pack", packageFolder, "--pack-destination", folder]) &&
      await check("npm install", "npm", ["install", ...quiet, `./manyproc-multiprocessing-${version()}.tgz`]);
    if (!isInstalled) return checks;
    cpSync(join(folder, "node_modules", "@manyproc", "multiprocessing"), join(folder, "copy"), { recursive: true });
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--types", ""];
    await check("types", process.execPath, [compiler, ...options, "typed.ts"]);
    const runtimes = [
      { id: `node ${process.versions.node}`, runtime: "node", path: process.execPath },
      ...tools.map(({ id, version, runtime, path }) => ({ id: `${id} ${version}`, runtime, path })),
    ];
    for (const { id, runtime, path } of runtimes) {
      const flags = runtime === "deno" ? ["run", "-A"] : [];
      for (const method of ["process", "worker"]) {
        await check(`${id}, ${method}`, path, [...flags, "main.mjs", method], EXPECTED);
        await check(`${id}, ${method}, two copies`, path, [...flags, "two_copies.mjs", method], OF_TWO_COPIES);
      }
    }
    await checkTools(folder, tools, check);
    return checks;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const checks = await checkPackage();
for (const { name, good, detail } of checks) console.log(`${good ? "✓" : "✗"} ${name}${detail && `\n${detail}`}`);
process.exitCode = checks.length > 4 && checks.every(({ good }) => good) ? 0 : 1;
