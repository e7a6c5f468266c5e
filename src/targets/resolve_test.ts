/** Finding a target by the modules that it may be in. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { runtime } from "../runtime/current.ts";
import { digest } from "./plain_function.ts";
import { resolveReference } from "./resolve.ts";
import { textOf } from "../base/words.ts";

const nowhere = new URL("./nowhere.js", import.meta.url).href, here = new URL("../base/words.ts", import.meta.url).href;
const reference = (...modules: string[]) => ({ kind: "export", modules, name: "textOf" }) as const;

test("of several modules one that isn't there doesn't keep the others from being tried", async () => {
  assert.equal(await resolveReference(reference(nowhere, here)), textOf);
  assert.equal(await resolveReference(reference(here, nowhere)), textOf);
});

test("when none is there the error says so of each", async () => {
  const message = /Cannot find the target textOf: .*nowhere\.js can't be loaded \(.*; .*elsewhere\.js can't be loaded/;
  await assert.rejects(resolveReference(reference(nowhere, nowhere.replace("nowhere", "elsewhere"))), { message });
  await assert.rejects(resolveReference(reference(nowhere)), /Cannot load .*nowhere\.js, the module of the target/);
});

test("a guess is compared: another function, or several of one text, are refused, and one under another name is found", async () => {
  const folder = mkdtempSync(join(tmpdir(), "multiprocessing-test-")), file = join(folder, "closures.mjs");
  try {
    const lines = [
      "const times = (n) => function by(x) { return n * x; };",
      "export const one = times(1);",
      "export function two() {}",
      "function three() {}",
      "export { three as drei };",
    ];
    writeFileSync(file, `${lines.join("\n")}\nexport const other = times(2);\n`);
    const url = pathToFileURL(file).href, module = await import(url);
    const guessed = (fn: { name: string }) =>
      resolveReference({ kind: "export", modules: [url], name: fn.name, text: digest(fn), runtime: runtime.name });
    assert.equal(await guessed(module.two), module.two);
    assert.equal(await guessed(module.drei), module.drei);
    await assert.rejects(guessed(module.one), /exports several functions of that name and text/);
    await assert.rejects(
      guessed(function two() {
        return 2;
      }),
      /exports another function of that name/,
    );
    assert.equal(await resolveReference({ kind: "export", modules: [url], name: "other" }), module.other);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a module that is there, but not what it imports, is no wrong guess: that is said", async () => {
  const folder = mkdtempSync(join(tmpdir(), "multiprocessing-test-")), file = join(folder, "imports.ts");
  try {
    writeFileSync(file, 'import "../process/is_not_there.ts";\nexport function textOf() {}\n');
    const message = /Cannot load .*imports\.ts, the module of the target: .*is_not_there/;
    await assert.rejects(resolveReference(reference(pathToFileURL(file).href, here)), { message });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
