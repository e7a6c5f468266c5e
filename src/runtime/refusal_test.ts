/** Tests of what an adapter says when something is missing: a permission, a flag, a package. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MARKER } from "./boot.ts";
import { runtime } from "./current.ts";
import { LEAST_DENO, requireVersion } from "./versions.ts";

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
  const methods = () => ["process", "worker"].filter((method) => {
    try { return runtime.requireMethod(method) === undefined; } catch { return false; }
  });
  console.log("methods: " + methods());
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
  assert.match(none, /^methods: worker\nSpawnError: .*--allow-read --allow-env --allow-run --allow-ffi/);
  assert.match(none, /\nSpawnError: .*--allow-run/);
  const some = await evaluate(source, ["run", "--no-prompt", "--allow-ffi", "--allow-read"]);
  assert.match(some, /^methods: worker\nfine\nSpawnError: .*--allow-env --allow-run /);
  const all = ["read", "env", "run", "ffi"].map((name) => `--allow-${name}`);
  assert.match(await evaluate(source, ["run", "--no-prompt", ...all]), /^methods: process,worker\nfine\n/);
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
      assert.match(said, /^methods: worker\nSpawnError: .*npm install koffi/);
    } else {
      assert.match(said, /^methods: process,worker\nfine\nfine/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("Node names the flags that its permission model wants, and --no-addons", onNode, async () => {
  const source = attempts(here("./")), read = ["--no-warnings", "--permission", "--allow-fs-read=*"];
  assert.match(
    await evaluate(source, read),
    /^methods: \nSpawnError: Cannot use start method "process" .*--allow-addons --allow-child-process too/,
  );
  assert.match(
    await evaluate(source, [...read, "--allow-worker", "--allow-addons"]),
    /^methods: worker\nfine\nSpawnError: .*--allow-child-process/,
  );
  assert.match(
    await evaluate(source, [...read, "--allow-addons", "--allow-child-process"]),
    /^methods: process\nfine\n/,
  );
  const none = await evaluate(source, ["--no-addons"]);
  if (process.getBuiltinModule("node:ffi" as "node:fs") !== undefined) {
    assert.match(none, /^methods: process,worker\nfine\n/);
  } else assert.match(none, /^methods: worker\nSpawnError: .*without --no-addons/);
});

test("a version that is too old is named, with the least that will do", () => {
  for (const good of ["2.9.0", "2.10.1", "3.0.0-rc.1"]) requireVersion("Deno", good, LEAST_DENO);
  for (const old of ["2.8.9", "1.46.3"]) {
    assert.throws(() => requireVersion("Deno", old, LEAST_DENO), {
      name: "SpawnError",
      message: /takes Deno 2\.9 or later/,
    });
  }
});

test("an older Deno refuses to start children", onDeno, async () => {
  const source = `
    Object.defineProperty(globalThis, "Deno", { value: Object.create(Deno, { version: { value: { deno: "2.5.6" } } }) });
    const { spawner } = await import(${JSON.stringify(here("./spawner.ts"))});
    const entry = new URL("file:///none.mjs"), memory = new SharedArrayBuffer(8);
    for (const attempt of [
      () => spawner.spawnProcess({ entry, args: [], memoryFd: 3, stdout: "ignore", stderr: "ignore" }),
      () => spawner.spawnWorker({ entry, args: [], memory, name: "w" }),
    ]) try { attempt(); console.log("fine"); } catch (error) { console.log(error.name + ": " + error.message); }`;
  const said = await evaluate(source, ["run", "-A"]);
  assert.match(said, /^(SpawnError: Cannot start a child on Deno 2\.5\.6: it takes Deno 2\.9 or later\n){2}$/);
});

/** A program that starts a child whatever it is; `before` runs first. */
const unguarded = (before = "") => `
  ${before}
  const { getContext, isMainProcess } = await import(${JSON.stringify(fileURLToPath(here("../../mod.ts")))});
  console.log(isMainProcess());
  for (const method of ["process", "worker"]) {
    try {
      const child = new (getContext(method).Process)({ target: new URL("file:///none.mjs#f") });
      await child.start();
    } catch (error) { console.log(error.name + ": " + error.message); }
  }`;

test("a program that is run in place of a child's entry is no root, and starts nothing", async () => {
  const folder = mkdtempSync(join(tmpdir(), "refusal-")), file = join(folder, "main.mjs");
  try {
    writeFileSync(file, unguarded());
    const deno = ["run", "-A", "--no-check", `--config=${fileURLToPath(here("../../deno.json"))}`];
    const said = await output(process.execPath, [...runtime.name === "deno" ? deno : [], file, MARKER, "258"]);
    assert.match(said, /^false\n(MisuseError: .*started as a child, but runs another program.*\n){2}$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a program that Bun has compiled starts no child, and says so", { skip: runtime.name !== "bun" }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "refusal-")), file = join(folder, "main.mjs"), app = join(folder, "app");
  try {
    writeFileSync(file, unguarded());
    await output(process.execPath, ["build", "--compile", file, "--outfile", app]);
    assert.match(await output(app, []), /^true\n(SpawnError: .*made by bun build --compile: .*\n){2}$/);
    assert.match(await output(app, [MARKER, "258"]), /^false\n(MisuseError: .*\n){2}$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a single executable application of Node starts no process of itself, and says so", onNode, async () => {
  const said = await evaluate(unguarded('process.getBuiltinModule("node:sea").isSea = () => true;'), []);
  assert.match(said, /^true\nSpawnError: .*made by node --build-sea/m);
});
