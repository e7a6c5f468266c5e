/** Tests of what an adapter says when something is missing: a permission, a flag, a package. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { runtime } from "./current.ts";

const here = (name: string) => new URL(name, import.meta.url).href;

function output(executable: string, flags: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(executable, [...flags], (_error, stdout, stderr) => resolve(`${stdout}${stderr}`));
  });
}

/** A program that asks for the two things that may be refused; `folder` is the URL of the adapters. */
const attempts = (folder: string) => `
  import { runtime } from ${JSON.stringify(`${folder}current.ts`)};
  import { spawner } from ${JSON.stringify(`${folder}spawner.ts`)};
  const spawn = () => spawner.spawnProcess({
    entry: new URL("file:///none.mjs"), args: [], memoryFd: 3, stdout: "ignore", stderr: "ignore",
  });
  for (const attempt of [() => runtime.system(), spawn]) {
    try { attempt(); console.log("fine"); } catch (error) { console.log(error.name + ": " + error.message); }
  }`;

/** Runs a program under this runtime, with the flags given. */
async function evaluate(source: string, flags: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "refusal-"));
  try {
    const file = join(folder, "main.mjs");
    writeFileSync(file, source);
    return await output(process.execPath, [...flags, file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const onDeno = { skip: runtime.name !== "deno" };
const onNode = { skip: runtime.name !== "node" };

test("Deno without permissions names the flags", onDeno, async () => {
  const source = attempts(here("./"));
  const none = await evaluate(source, ["run", "--no-prompt", "--allow-sys"]); // without any, Deno's spawn adds -A
  assert.match(none, /^SpawnError: .*--allow-read --allow-env --allow-run --allow-ffi/);
  assert.match(none, /\nSpawnError: .*--allow-run/);
  const some = await evaluate(source, ["run", "--no-prompt", "--allow-ffi", "--allow-read"]);
  assert.match(some, /^fine\nSpawnError: .*--allow-env --allow-run /);
});

const worker = (permissions: string) => `
  import { spawner } from ${JSON.stringify(here("./spawner.ts"))};
  const memory = new SharedArrayBuffer(1024, { maxByteLength: 65536 });
  const worker = spawner.spawnWorker({
    entry: new URL(${
  JSON.stringify(here("./child_testing.ts"))
}), args: ["processExit"], memory, name: "w", permissions: ${permissions},
  });
  const words = new Int32Array(memory);
  while (Atomics.load(words, 5) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  console.log("done", words[5]);
  worker.terminate();`;

test("a worker on Deno needs --allow-read only", onDeno, async () => {
  assert.equal(
    await evaluate(worker("undefined"), ["run", "--no-prompt", "--allow-read"]),
    "done 1006\n".replace("\\\n", "\n"),
  );
});

test("a worker's own permissions on Deno need a flag", onDeno, async () => {
  assert.match(await evaluate(worker(`"none"`), ["run", "-A"]), /SpawnError: .*--unstable-worker-options/);
  assert.equal(
    await evaluate(worker("{ read: true }"), ["run", "-A", "--unstable-worker-options"]),
    "done 1006\n",
  );
});

test("Node without koffi says so, or uses its own FFI", onNode, async () => {
  const folder = mkdtempSync(join(tmpdir(), "refusal-"));
  try {
    mkdirSync(join(folder, "runtime"));
    cpSync(fileURLToPath(here(".")), join(folder, "runtime"), { recursive: true });
    for (const below of ["base", "errors"]) {
      cpSync(fileURLToPath(here(`../${below}/`)), join(folder, below), { recursive: true });
    }
    const said = await evaluate(attempts(pathToFileURL(join(folder, "runtime/")).href), []);
    if (process.getBuiltinModule("node:ffi" as "node:fs") === undefined) {
      assert.match(said, /SpawnError: .*npm install koffi/);
    } else {
      assert.match(said, /^fine\nfine/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
