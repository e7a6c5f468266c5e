/** Each rule of the architecture finds what breaks it, and nothing else: seen in a repository made for that. */

import assert from "node:assert";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { root } from "./setup.mjs";

/** Makes a repository of these files with the rules of this one. @param {import("node:test").TestContext} t @param {Record<string, string>} files */
function repository(t, files) {
  const folder = mkdtempSync(join(tmpdir(), "mp-rules-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const configuration = JSON.stringify({ lint: { plugins: ["./scripts/lint_architecture.mjs"], rules: { tags: [] } } });
  for (const [path, text] of Object.entries({ "deno.json": configuration, ...files })) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  for (const file of ["architecture.mjs", "lint_architecture.mjs"]) {
    cpSync(join(root, "scripts", file), join(folder, "scripts", file));
  }
  return folder;
}

/** @param {import("node:test").TestContext} t @param {Record<string, string>} files @returns {string[]} `file: rule: message` */
function lint(t, files) {
  const folder = repository(t, files);
  const deno = join(root, "node_modules", "deno", "deno");
  const { stdout, stderr } = spawnSync(deno, ["lint", "--json"], { cwd: folder, encoding: "utf8" });
  /** @type {{ diagnostics: { filename: string, code: string, message: string }[], errors: unknown[] }} */
  const { diagnostics, errors } = JSON.parse(stdout || stderr);
  assert.deepStrictEqual(errors, []);
  return diagnostics.map(({ filename, code, message }) =>
    `${relative(folder, decodeURI(filename.replace("file://", "")))}: ${code.replace("architecture/", "")}: ${message}`
  );
}

test("what keeps to the rules is fine", (t) => {
  const found = lint(t, {
    "mod.ts": 'export { Lock } from "./src/sync/lock.ts"; export * from "./src/managers/manager.ts";',
    "src/errors.ts": "export {};",
    "src/errors_test.ts": 'import { Empty } from "./errors.ts";',
    "src/child_rest.ts": 'import "../mod.ts";',
    "src/child.ts": 'import("./child_rest.ts");',
    "src/sync/lock.ts": 'import { a } from "../memory/arena.ts"; export * from "./event.ts"; import "msgpackr";',
    "src/pool/pool.ts": 'import type { A } from "../errors.ts"; const b = await import("../process/process.ts");',
    "src/memory/arena_test.ts": 'import { spawn } from "node:child_process"; Deno.pid;',
    "src/sync/lock_test.ts": 'import { assert } from "../../conformance/assert.ts";',
    "src/wire/a.ts":
      'import "node:async_hooks"; import "node:buffer"; import type { D } from "node:diagnostics_channel";',
    "src/runtime/deno.ts": 'import "node:fs"; import "koffi"; export const pid = Deno.pid ?? globalThis.process.pid;',
    "src/pool/names.ts": "const a = { Deno: 1, Bun() {} }; a.Deno; a?.Bun; type A = { Deno: 1 }; class B { Bun = 1 }",
    "src/pool/told.ts": 'import { JSON } from "../base/originals.ts"; JSON.stringify({ JSON: 1 }); new Date();',
    "src/base/originals.ts": "export const { JSON } = globalThis;",
    "src/pool/words.ts": '// Deno.pid\nconst a = /Deno/, b = "../x/y.ts", c = `import "../managers/a.ts"`, using = 1;',
    "conformance/cases/tutorial/a.ts": 'import "../../assert.ts"; import "../../../mod.ts";',
    "conformance/leaks.ts": 'import fs from "node:fs";',
  });
  assert.deepStrictEqual(found, []);
});

/** A file's path, what it says, and what is found there. */
const broken = /** @type {const} */ ([
  ["src/pool/json.ts", "export const a = JSON.stringify({});", /^replaced-globals: .*JSON/],
  ["src/pool/clock.ts", "export const a = Date.now(); export const b = new Date();", /^replaced-globals: .*Date/],
  ["src/pool/timer.ts", "setTimeout(() => {}, 1);", /^replaced-globals: .*setTimeout/],
  ["src/memory/a.ts", 'import { a } from "../sync/lock.ts";', /^layers: .*sync is above memory/],
  ["src/memory/b.ts", 'import type { A } from "../wire/ring.ts";', /^layers: .*wire is above memory/],
  ["src/memory/c.ts", 'type A = import("../wire/ring.ts").A;', /^layers: .*wire is above memory/],
  ["src/memory/d.ts", 'export type { A } from "../wire/ring.ts";', /^layers: .*wire is above memory/],
  ["src/memory/a_test.ts", 'import { Lock } from "../sync/lock.ts";', /^layers: .*sync is above memory/],
  ["src/errors.ts", 'export * from "./runtime/current.ts";', /^layers: .*runtime is above errors/],
  ["src/wire/a.ts", 'import "../sync/lock.ts";', /^layers: .*sync is above wire/],
  ["src/wire/b.ts", 'const a = await import("../pool/pool.ts");', /^layers: .*pool is above wire/],
  ["src/sync/a.ts", 'const u = new URL("../process/a.ts", import.meta.url);', /^layers: .*process is above sync/],
  ["src/sync/b.ts", 'const u = import.meta.resolve("../process/a.ts");', /^layers: .*process is above sync/],
  ["src/pool/a.ts", 'import {\n  a,\n  b,\n} from "../../mod.ts";', /^layers: .*mod is above pool/],
  ["mod.ts", 'import "./src/child.ts";', /^layers: .*child is above mod/],
  ["src/sync/c.ts", 'import { assert } from "../../conformance/assert.ts";', /^layers: .*in no layer/],
  ["src/helpers.ts", "export {};", /^layers: The file belongs to no layer/],
  ["src/channels/a.ts", 'import { readFileSync } from "node:fs";', /^system-modules: .*only src\/runtime/],
  ["src/channels/b.ts", 'import type { Worker } from "node:worker_threads";', /^system-modules: .*only src\/runtime/],
  ["src/channels/c.ts", 'const k = await import("koffi");', /^system-modules: .*only src\/runtime/],
  ["src/channels/d.ts", 'import { mmap } from "bun:ffi";', /^system-modules: .*only src\/runtime/],
  ["src/sync/d.ts", "const a = Deno.pid;", /^system-globals: .*global Deno/],
  ["src/sync/e.ts", 'if (typeof Bun !== "undefined") a();', /^system-globals: .*global Bun/],
  ["src/sync/f.ts", "const a = globalThis.Deno;", /^system-globals: .*global Deno/],
  ["src/sync/g.ts", 'const a = globalThis["process"];', /^system-globals: .*global process/],
  ["src/sync/h.ts", "const a = { Deno };", /^system-globals: .*global Deno/],
  ["src/sync/i.ts", "type A = Deno.Conn;", /^system-globals: .*global Deno/],
  ["src/sync/j.ts", "const { pid } = Deno, a = `${pid}`;", /^system-globals: .*global Deno/],
  ["conformance/cases/a.ts", 'import { a } from "../../src/sync/lock.ts";', /^user-imports: .*only mod.ts/],
  ["conformance/cases/deep/b.ts", 'import fs from "node:fs";', /^user-imports: .*only mod.ts/],
  ["conformance/targets/c.ts", 'import a from "msgpackr";', /^user-imports: .*only mod.ts/],
  ["src/pool/b.ts", "using held = await lock.hold();", /^no-using: /],
  ["conformance/cases/c.ts", "await using pool = new mp.Pool();", /^no-using: /],
]);

test("what breaks a rule is found", (t) => {
  const found = lint(t, Object.fromEntries(broken));
  for (const [path, source, pattern] of broken) {
    const here = found.filter((line) => line.startsWith(`${path}: `)).map((line) => line.slice(path.length + 2));
    assert.strictEqual(here.length, 1, `${path} ${source}: ${JSON.stringify(here)}`);
    assert.match(here[0] ?? "", pattern);
  }
});

/** A package in which nothing is wrong. */
const sound = {
  "scripts/child_modules.txt": "src/child.ts\nsrc/errors.ts\n",
  "mod.ts": 'import "./src/pool/member.ts";',
  "src/child.ts": 'import "./errors.ts";\nimport type { A } from "./base/a.ts";\nimport("../mod.ts");\n',
  "src/errors.ts": "export {};\n",
  "src/base/a.ts": "export type A = 1;",
  "src/pool/member.ts": 'import type { Task } from "./task.ts"; export class Member { task?: Task }',
  "src/pool/task.ts": 'import type { Member } from "./member.ts"; export class Task { member?: Member }',
};

/** @param {import("node:test").TestContext} t @param {Record<string, string>} files */
function checkModules(t, files) {
  const folder = repository(t, { ...sound, ...files });
  const script = join(root, "scripts", "check_modules.mjs");
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: "utf8" });
  return `${status} ${stderr}`;
}

test("the modules together are checked", (t) => {
  assert.strictEqual(checkModules(t, {}), "0 ");
  const circle = { "src/base/a.ts": 'export * from "./b.ts"; export type A = 1;', "src/base/b.ts": 'import "./a.ts";' };
  assert.match(
    checkModules(t, circle),
    /^1 values are imported in a circle: src\/base\/a.ts → src\/base\/b.ts → src\/b/,
  );
  const types = {
    "src/base/a.ts": 'import type { B } from "./b.ts"; export type A = B;',
    "src/base/b.ts": 'import { type A } from "./a.ts"; export type B = A;',
  };
  assert.match(checkModules(t, types), /^1 types are imported in a circle: src\/base\/a.ts → src\/base\/b.ts → src\/b/);
  assert.match(checkModules(t, { "src/pool/task.ts": "export type Task = 1;" }), /^1 .* are no circle any more/);
  assert.match(checkModules(t, { "src/base/c.ts": "" }), /^1 src\/base\/c.ts is imported by no module/);
  const more = { "src/errors.ts": 'import "./base/c.ts";', "src/base/c.ts": "" };
  assert.match(checkModules(t, more), /^1 a child loads src\/base\/c.ts too, imported by src\/errors.ts; .*--accept/);
  assert.match(
    checkModules(t, { "src/child.ts": 'import "../mod.ts"; import type {} from "./base/a.ts";' }),
    /no more/,
  );
  assert.match(checkModules(t, { "src/errors.ts": "void 0;\n".repeat(5000) }), /^1 a child loads more than 3190 lines/);
});
