/**
 * Runs the examples in the documentation that are whole programs, each as a file of its own, on Deno. A doc test can't: there is
 * no file that a child could load.
 *
 * `node scripts/check_programs.mjs FILE…`
 */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { howItEnded, run } from "./run.mjs";
import { environment, root, setUp } from "./setup.mjs";

/** Milliseconds that one program may take. */
const LIMIT = 30_000;

/** The blocks of TypeScript in a file's comments, or in a Markdown file. @param {string} file */
function examplesIn(file) {
  const text = readFileSync(join(root, file), "utf8").replace(
    /^ *\* ?/gm,
    (margin) => file.endsWith(".md") ? margin : "",
  );
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, code = ""]) => code);
}

const programs = process.argv.slice(2).flatMap((file) =>
  examplesIn(file).filter((code) => code.includes("if (isMain(import.meta))")).map((code) => ({ file, code }))
);
const deno = setUp().find(({ id }) => id === "deno");
if (deno === undefined || programs.length === 0) throw new Error("There are no programs, or there is no Deno");

mkdirSync(join(root, ".scratch"), { recursive: true });
const folder = mkdtempSync(join(root, ".scratch", "programs-")); // in the project, whose name they import
let failed = 0;
for (const [index, { file, code }] of programs.entries()) {
  const program = join(folder, `program_${index}.ts`);
  writeFileSync(program, code);
  const ended = await run(deno.path, ["run", "--no-prompt", "--allow-read", program], {
    cwd: root,
    env: { ...environment(), NO_COLOR: "1" },
    limit: LIMIT,
  });
  console.log(`${file}, program ${index}: ${howItEnded(ended, LIMIT)}\n${ended.output}`);
  if (ended.code !== 0) failed++;
}
rmSync(folder, { recursive: true });
console.log(`${programs.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
