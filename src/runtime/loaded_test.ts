/** What a runtime tells of the modules that are loaded: to ask must not load one. */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { runtime } from "./current.ts";
import { isFileless } from "./node_builtins.ts";
import { loaded } from "./loaded.ts";

const loads = globalThis as { loadsOfTest?: number };

test("a module that is loaded shows what it exports, one that isn't stays so and can be loaded later", async () => {
  const folder = mkdtempSync(join(tmpdir(), "multiprocessing-test-"));
  try {
    for (const name of ["module.mjs", "common.cjs"]) {
      const path = join(folder, name), url = pathToFileURL(path).href;
      const count = "globalThis.loadsOfTest = (globalThis.loadsOfTest ?? 0) + 1;\n";
      const exporting = name.endsWith(".mjs") ? "export function f() {}" : "exports.f = function () {};";
      writeFileSync(path, `${count}${exporting}\n`);
      loads.loadsOfTest = 0;
      if (loaded.looksOnly) {
        const shown = loaded.exportsOf(url);
        assert(shown === "not loaded" || shown === undefined);
        assert.equal(loads.loadsOfTest, 0);
      }
      const { f, default: all } = await import(url);
      const own = f ?? all.f;
      const { exports } = loaded.exportsOf(url) as { exports: { f: unknown } };
      assert.equal(exports.f, own);
      assert.equal(loads.loadsOfTest, 1);
      const script = loaded.scriptOf(own);
      assert.equal(script, runtime.name === "node" ? url : undefined);
      assert.match(loaded.sourceOf(url) ?? "", /loadsOfTest/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a module that is running yet shows nothing, or what it exports already", () => {
  const shown = loaded.exportsOf(import.meta.url);
  assert(shown === undefined || typeof shown === "object");
  assert.equal(loaded.exportsOf(new URL("./nowhere.ts", import.meta.url).href), undefined);
});

test("a file that isn't there is told from one that is, and from what is no file", () => {
  assert.equal(loaded.lacks(import.meta.url), false);
  assert.equal(loaded.lacks(new URL("./nowhere.ts", import.meta.url).href), true);
  assert.equal(loaded.lacks("https://example.invalid/child.ts"), false);
});

test("a program without a file is known by its name", () => {
  for (const name of ["[eval]", "[eval1]", "[stdin]", "%5Bstdin%5D", "$deno$eval.mts", "$deno$stdin.mts"]) {
    assert(isFileless(`file:///folder/${name}`), name);
  }
  for (const name of ["eval", "[slug].ts", "main.ts"]) assert(!isFileless(`file:///folder/${name}`), name);
});
