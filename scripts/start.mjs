/**
 * Shows the package at work: the examples of the tutorial, then a real job, on Deno, Bun and Node.
 *
 * `npm start [-- DIRECTORY]`; the job hashes every file below DIRECTORY (default: this repository with its node_modules).
 */

import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import process from "node:process";
import { howItEnded, run } from "./run.mjs";
import { environment, root, setUp } from "./setup.mjs";

const examples = ["01_process", "02_queue", "03_pipe", "04_lock", "05_value_array", "06_manager", "07_pool"];

/** Milliseconds that one program may take. */
const LIMIT = 120_000;

const tools = setUp().filter(({ id }) => ["deno", "bun", "node24"].includes(id));
const directory = resolve(process.argv[2] ?? root);
const programs = [...examples.map((name) => ({ name, args: /** @type {string[]} */ ([]) })), {
  name: "hash_tree",
  args: [directory],
}];

/** @type {string[]} */
const failures = [];
for (const { name, args } of programs) {
  const file = join("examples", `${name}.ts`);
  for (const { runtime, version, path } of tools) {
    const title = `${file} ${args.join(" ")}`.trim();
    console.log(`\n── ${title}, ${runtime} ${version} ${"─".repeat(Math.max(0, 80 - title.length))}`);
    if (!existsSync(join(root, file))) {
      console.log(`${file} is not there`);
      failures.push(`${title}, ${runtime}`);
      continue;
    }
    const command = runtime === "deno" ? ["run", "-A", file] : [file];
    const ended = await run(path, [...command, ...args], { cwd: root, env: environment(), limit: LIMIT, show: true });
    const seconds = `${(ended.milliseconds / 1000).toFixed(1)} s`;
    if (ended.code === 0) console.log(`(${seconds})`);
    else {
      console.log(`✗ It ${howItEnded(ended, LIMIT)} (${seconds})`);
      failures.push(`${title}, ${runtime}`);
    }
  }
}

const count = programs.length * tools.length;
console.log(`\n${count - failures.length} of ${count} programs went well`);
for (const failure of failures) console.log(`✗ ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
