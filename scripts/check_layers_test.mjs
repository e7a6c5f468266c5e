/** The layer check finds what it is for, and nothing else. */

import assert from "node:assert";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { checkFile, checkLayers, scan } from "./check_layers.mjs";

/** @param {string} path @param {string} source */
const textsOf = (path, source) => checkFile(path, source).map(({ text }) => text);
/** @param {string} path @param {string} source */
const isFine = (path, source) => assert.deepStrictEqual(textsOf(path, source), []);
/** @param {string} path @param {string} source @param {RegExp} pattern */
const isWrong = (path, source, pattern) => {
  const texts = textsOf(path, source);
  assert.strictEqual(texts.length, 1, `${path} ${source}: ${JSON.stringify(texts)}`);
  assert.match(texts[0] ?? "", pattern);
};

test("a layer imports from itself and from those below", () => {
  isFine("src/sync/lock.ts", 'import { a } from "../memory/arena.ts"; export * from "./event.ts";');
  isFine(
    "src/pool/pool.ts",
    'import type { A } from "../errors.ts";\nconst b = await import("../process/process.ts");',
  );
  isFine("mod.ts", 'export { Lock } from "./src/sync/lock.ts"; export * from "./src/managers/manager.ts";');
});

test("an import from above is found, whichever form it has", () => {
  isWrong("src/memory/arena.ts", 'import { a } from "../sync/lock.ts";', /sync is above memory/);
  isWrong("src/memory/arena.ts", 'import type { A } from "../wire/codec.ts";', /wire is above memory/);
  isWrong("src/errors.ts", 'export * from "./runtime/current.ts";', /runtime is above errors/);
  isWrong("src/wire/codec.ts", 'import "../sync/lock.ts";', /sync is above wire/);
  isWrong("src/wire/codec.ts", 'const a = await import("../pool/pool.ts");', /pool is above wire/);
  isWrong("src/sync/a.ts", 'const u = new URL("../process/child.ts", import.meta.url);', /process is above sync/);
  isWrong("src/pool/a.ts", 'import {\n  a,\n  b,\n} from "../../mod.ts";', /mod.ts is above pool/);
});

test("a test file keeps to its layer, but may use the system", () => {
  isFine("src/memory/arena_test.ts", 'import { spawn } from "node:child_process"; Deno.pid; process.pid;');
  isFine("src/memory/testing.ts", 'import { spawn } from "node:child_process";');
  isWrong("src/memory/arena_test.ts", 'import { Lock } from "../sync/lock.ts";', /sync is above memory/);
  isFine("src/sync/lock_test.ts", 'import { assert } from "../../conformance/assert.ts";');
  isWrong("src/sync/lock.ts", 'import { assert } from "../../conformance/assert.ts";', /in no layer/);
  isFine("src/errors_test.ts", 'import { Empty } from "./errors.ts";');
});

test("a file of no layer is found", () => {
  isWrong("src/helpers.ts", "export {};", /no layer/);
  isWrong("src/sync/lock.ts", 'import "../helpers/a.ts";', /in no layer/);
  isWrong("src/sync/lock.ts", 'import "../../scripts/a.ts";', /in no layer/);
});

test("only src/runtime imports modules of the system", () => {
  for (const name of ["child_process", "fs", "fs/promises", "os", "net", "tty", "process", "worker_threads"]) {
    isWrong("src/channels/a.ts", `import * as a from "node:${name}";`, /only src\/runtime may/);
    isFine("src/runtime/node.ts", `import * as a from "node:${name}";`);
  }
  isWrong("src/memory/a.ts", 'const k = await import("koffi");', /only src\/runtime may/);
  isWrong("src/memory/a.ts", 'import { mmap } from "bun:ffi";', /only src\/runtime may/);
  for (const name of ["node:async_hooks", "node:buffer", "node:diagnostics_channel", "msgpackr/index-no-eval"]) {
    isFine("src/wire/a.ts", `import * as a from "${name}";`);
  }
});

test("only src/runtime uses the runtimes' globals", () => {
  isWrong("src/sync/a.ts", "const a = Deno.pid;", /global Deno/);
  isWrong("src/sync/a.ts", "if (typeof Bun !== 'undefined') a();", /global Bun/);
  isWrong("src/sync/a.ts", "const a = globalThis.Deno;", /global Deno/);
  isWrong("src/sync/a.ts", "const a = `pid ${process.pid}`;", /global process/);
  isWrong("src/sync/a.ts", 'const a = process["env"];', /global process/);
  isWrong("src/sync/a.ts", "const a = globalThis.process;", /global process/);
  isFine("src/runtime/deno.ts", "export const pid = Deno.pid ?? process.pid;");
});

test("words in comments, strings and regular expressions are not uses", () => {
  isFine("src/sync/a.ts", "// Deno.pid\n/* Bun.main; process.pid */ const a = 'Deno.pid' + \"Bun\" + `process.pid`;");
  isFine("src/sync/a.ts", "const a = /Deno\\/[/]process.x/.test(b) ? 4 / 2 : c / d;");
  isFine("src/sync/a.ts", '/** import { a } from "../pool/pool.ts"; */ const a = `import "../pool/pool.ts"`;');
  isFine("src/sync/a.ts", 'const message = "see from"; const other = "../pool/pool.ts";');
});

test("a variable or property of that name is not the global", () => {
  isFine("src/pool/a.ts", "const process = new Process(); process.start();");
  isFine("src/pool/a.ts", "function f(process: Process) { return process.pid; }");
  isFine("src/pool/a.ts", "for (const { process } of workers) process.kill();");
  isFine("src/pool/a.ts", "const a = { process: 1, Deno: 2 }; this.process.kill(); a?.Deno; worker.#process.kill();");
  isFine("src/pool/a.ts", "const all = list.map((process) => process.pid), first = one(process => process.pid);");
});

test("cases and targets import only mod.ts and conformance/", () => {
  for (const folder of ["cases", "cases/tutorial", "targets"]) {
    const up = folder.split("/").map(() => "..").join("/");
    isFine(`conformance/${folder}/a.ts`, `import { assert } from "${up}/assert.ts"; import "${up}/../mod.ts";`);
    isWrong(`conformance/${folder}/a.ts`, `import { a } from "${up}/../src/sync/lock.ts";`, /only mod.ts/);
    isWrong(`conformance/${folder}/a.ts`, 'import fs from "node:fs";', /only mod.ts/);
    isWrong(`conformance/${folder}/a.ts`, 'import a from "msgpackr";', /only mod.ts/);
  }
  isFine("conformance/leaks.ts", 'import fs from "node:fs";');
});

test("what Node 22 can't parse is found", () => {
  isWrong("src/pool/a.ts", "using held = await lock.hold();", /Node 22/);
  isWrong("conformance/cases/a.ts", "await using pool = new mp.Pool();", /Node 22/);
  isFine(
    "src/pool/a.ts",
    "// using held = await lock.hold()\nconst using = 1; const a = { using: 2 }; a.using = using;",
  );
});

test("templates nest", () => {
  const { code } = scan("`a ${b({ c: `d ${e} f` })} g` + Deno");
  assert.ok(code.includes("b({ c: `") && code.includes("e") && code.includes("Deno"));
  assert.ok(!/[adfg] /.test(code.replaceAll("b({ c: ", "")));
});

test("a repository is walked, and lines are told", (t) => {
  const root = mkdtempSync(join(tmpdir(), "layers-"));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const write = (/** @type {string} */ path, /** @type {string} */ text) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write("mod.ts", 'export * from "./src/sync/lock.ts";\n');
  write("src/sync/lock.ts", '// line one\n\nimport "../pool/pool.ts";\n');
  write("src/pool/pool.ts", "const a = 1;\n\nDeno.exit(a);\n");
  write("conformance/cases/deep/case.ts", 'import "node:fs";\n');
  const { files, violations } = checkLayers(root);
  assert.strictEqual(files, 4);
  assert.deepStrictEqual(violations.map(({ file, line }) => `${file}:${line}`), [
    "conformance/cases/deep/case.ts:1",
    "src/pool/pool.ts:3",
    "src/sync/lock.ts:3",
  ]);
});
