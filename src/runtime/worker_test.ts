/** Tests of worker threads on the runtime that runs them. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import process from "node:process";
import { W } from "./child_testing.ts";
import { runtime } from "./current.ts";
import { spawner } from "./spawner.ts";
import type { WorkerHandle } from "./runtime.ts";

const entry = new URL("./child_testing.ts", import.meta.url);

interface Started {
  readonly worker: WorkerHandle;
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array<SharedArrayBuffer>;
}

function start(mode: string, from = entry): Started {
  const memory = new SharedArrayBuffer(1024, { maxByteLength: 65_536 });
  const worker = spawner.spawnWorker({ entry: from, args: [mode, "a b"], memory, name: mode });
  return { worker, memory, words: new Int32Array(memory) };
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !condition();) {
    assert.ok(performance.now() < end, "waited in vain");
    await later(1);
  }
}

/** The worker's code where there is an event for it; else waits for what the worker leaves in its memory. */
async function end({ worker, words }: Started): Promise<number | null | undefined> {
  if (worker.exited !== undefined) return await worker.exited;
  await until(() => Atomics.load(words, W.code) !== 0);
  await later(20);
  worker.terminate();
  return undefined;
}

test("a worker shares memory that grows", async () => {
  const started = start("grow");
  const { worker, words, memory } = started;
  await until(() => Atomics.load(words, W.state) === 1);
  assert.equal(Atomics.load(words, W.counter), 1024);
  memory.grow(4096);
  await until(() => new Int32Array(memory)[1023] === 77);
  if (worker.exited !== undefined) assert.equal(await worker.exited, 3);
});

test("exit codes of workers", async () => {
  const codes: [string, number][] = [["processExit", 6], ["processExitLater", 6]];
  if (runtime.name === "deno") codes.push(["denoExit", 7], ["selfClose", 0]);
  for (const [mode, code] of codes) {
    const started = start(mode);
    const told = await end(started);
    if (told !== undefined) assert.equal(told, code);
    assert.equal(Atomics.load(started.words, W.code), 1000 + code, mode);
    assert.equal(Atomics.load(started.words, W.answer), 1, mode);
  }
  if (runtime.name === "deno") return;
  assert.equal(await start("returnCode").worker.exited, 5);
  assert.equal(await start("isThread").worker.exited, 2);
  assert.equal(await start("stubborn").worker.exited, 8);
});

test("errors that the runtime reports", async () => {
  for (const started of [start("fails"), start("x", new URL("./no_such_module.ts", import.meta.url))]) {
    assert.ok((await started.worker.failed) instanceof Error);
    if (started.worker.exited !== undefined) assert.equal(await started.worker.exited, 1);
  }
});

test("a busy worker is stopped", { skip: runtime.name === "deno" ? "not possible" : false }, async () => {
  const { worker, words } = start("busy");
  assert.equal(worker.stopsBusy, true);
  await until(() => Atomics.load(words, W.state) === 1);
  worker.terminate();
  assert.equal(await worker.exited, null);
  const before = Atomics.load(words, W.counter);
  await later(20);
  assert.equal(Atomics.load(words, W.counter), before);
});

test("a worker's output is whole", async () => {
  const program = new URL("./child_testing.ts", import.meta.url);
  const source = `
    import { runtime } from ${JSON.stringify(new URL("./current.ts", import.meta.url).href)};
    import { spawner } from ${JSON.stringify(new URL("./spawner.ts", import.meta.url).href)};
    const memory = new SharedArrayBuffer(1024, { maxByteLength: 65536 });
    const worker = spawner.spawnWorker({ entry: new URL(${
    JSON.stringify(program.href)
  }), args: ["output"], memory, name: "o" });
    await worker.exited;
    if (worker.exited === undefined) setTimeout(() => runtime.exit(0), 1000);`;
  const flags = runtime.name === "deno"
    ? ["eval", source]
    : runtime.name === "bun"
    ? ["-e", source]
    : ["--input-type=module", "--disable-warning=ExperimentalWarning", "-e", source];
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, flags, { maxBuffer: 1e8 }, (error, stdout) => error ? reject(error) : resolve(stdout));
  });
  assert.equal(output.length, 600_000);
});
