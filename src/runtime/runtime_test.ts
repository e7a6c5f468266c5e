/** Tests of the adapter of the runtime that runs them, with children of every runtime. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { SpawnError } from "../errors.ts";
import { W } from "./child_testing.ts";
import { inheritedEnv, inheritedFlags, withoutFlags } from "./child_command.ts";
import { configFlags } from "./deno_config.ts";
import { readDenoLine } from "./deno_flags.ts";
import { runtime } from "./current.ts";
import { cpuCount } from "./proc_files.ts";
import { spawner } from "./spawner.ts";
import type { ExitStatus, ProcessHandle, ProcessSpawn } from "./runtime.ts";

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const entry = new URL("./child_testing.ts", import.meta.url);
const system = runtime.system();
const memoryFd = system.createMemory();
system.resizeMemory(memoryFd, 131_072);
const words = new Int32Array(system.map(memoryFd, 65_536, 65_536));

const executables: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({
    deno: "deno/deno",
    bun: "bun/bin/bun.exe",
    "node 22": "node-22/bin/node",
    "node 24": "node/bin/node",
    "node 26": "node-26/bin/node",
  }).map(([name, path]) => [name, fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url))])
    .filter((entry) => existsSync(entry[1]!)),
);

interface Started {
  readonly child: ProcessHandle;
  /** Resolves when the child has said this state (or a later one). */
  said(state: number): Promise<void>;
  /** Opens the child's bell. */
  open(): number | null | undefined;
  end(): void;
}

function start(mode: string, options: Partial<ProcessSpawn> = {}): Started {
  words.fill(0);
  const bell = system.createBell();
  const child = spawner.spawnProcess({
    entry,
    args: [mode, String(runtime.pid), String(bell.fd), String(bell.inode)],
    memoryFd,
    stdout: "inherit",
    stderr: "inherit",
    ...options,
  });
  return {
    child,
    said: (state) =>
      new Promise<void>((resolve, reject) => {
        const look = () => Atomics.load(words, W.state) >= state && resolve();
        bell.listen(look);
        look();
        void child.exited.then((status) => reject(new Error(`child ended with ${JSON.stringify(status)}`)));
      }).finally(() => bell.rest()),
    open: () => system.openBell(Atomics.load(words, W.pid), Atomics.load(words, W.bellFd), inode()),
    end: () => bell.close(),
  };
}

function inode(): bigint {
  return new BigInt64Array(words.buffer, W.inode * 4, 1)[0]!;
}

/** Starts a child and waits for its end. */
async function run(mode: string, options?: Partial<ProcessSpawn>): Promise<ExitStatus> {
  const { child, end } = start(mode, options);
  const status = await child.exited;
  end();
  return status;
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Waits for something that nobody announces. */
async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + 10_000; !condition();) {
    assert.ok(performance.now() < end, "waited in vain");
    await later(2);
  }
}

for (const [name, executable] of Object.entries(executables)) {
  test(`a child on ${name} shares memory, and each wakes the other`, async () => {
    const { child, said, open, end } = start("echo", { executable });
    await said(1);
    assert.equal(Atomics.load(words, W.counter), 1000);
    assert.equal(Atomics.load(words, W.pid), child.pid);
    Atomics.store(words, W.answer, 7);
    const bell = open()!;
    assert.equal(system.ring(bell), true);
    assert.deepEqual(await child.exited, { code: 7, signal: null });
    assert.equal(system.ring(bell), false);
    assert.equal(open(), null);
    system.close(bell);
    end();
  });
}

test("a child on another runtime gives its facts", async () => {
  for (const [name, executable] of Object.entries(executables)) {
    const { child, end } = start("facts", {
      executable,
      stdout: "pipe",
      cwd: "/tmp",
      env: { RUNTIME_TEST: "x y" },
    });
    const facts = JSON.parse(await new Response(child.stdout).text());
    await child.exited;
    end();
    assert.deepEqual(facts, {
      name: name.split(" ")[0],
      mainModule: entry.href,
      isThread: false,
      pid: child.pid,
      parentPid: runtime.pid,
      cwd: "/tmp",
      env: "x y",
    });
  }
});

test("the inherited descriptor is closed on exec, and yet goes on to a grandchild", async () => {
  await run("flags");
  assert.ok(Atomics.load(words, W.answer) & 0o2000000, Atomics.load(words, W.answer).toString(8));
  const { child, said, open, end } = start("spawnEcho");
  await said(1);
  Atomics.store(words, W.answer, 7);
  const bell = open()!;
  system.ring(bell);
  assert.deepEqual(await child.exited, { code: 7, signal: null });
  system.close(bell);
  end();
});

test("memory far into the file", () => {
  const fd = system.createMemory();
  const far = 16 * 2 ** 30;
  system.resizeMemory(fd, far + 65_536);
  const [one, two] = [system.map(fd, far, 65_536), system.map(fd, far, 65_536)];
  new Int32Array(one)[16_383] = 5;
  assert.equal(new Int32Array(two)[16_383], 5);
  const view = new Int32Array(one);
  system.unmap(one);
  assert.equal(view.length, 0);
  assert.equal(new Int32Array(two)[16_383], 5);
  system.unmap(two);
  system.close(fd);
  assert.throws(() => system.resizeMemory(fd, 1), RangeError);
  assert.throws(() => system.map(memoryFd, 1, 65_536), RangeError);
});

test("a ring into a full bell says alive, into a dead one says dead", async () => {
  const { child, said, open, end } = start("deaf");
  await said(1);
  const bell = open()!;
  for (let i = 0; i < 70_000; i++) assert.equal(system.ring(bell), true);
  assert.equal(system.openBell(child.pid, Atomics.load(words, W.bellFd), inode() + 1n), null);
  assert.equal(system.openBell(child.pid, 999, inode()), null);
  assert.equal(system.kill(child.pid, 0), true);
  child.kill(9);
  assert.deepEqual(await child.exited, { code: null, signal: 9 });
  assert.equal(system.ring(bell), false);
  assert.equal(open(), null);
  assert.equal(system.kill(child.pid, 0), false);
  child.kill(9);
  system.close(bell);
  end();
});

test("rings wake in time", async () => {
  for (const [name, executable] of Object.entries(executables)) {
    const own = system.createBell();
    const { child, said, open, end } = start("pingPong", {
      executable,
      args: ["pingPong", String(runtime.pid), String(own.fd), String(own.inode)],
    });
    let rung = () => {};
    const first = new Promise<void>((resolve) => rung = resolve);
    own.listen(() => rung());
    await first;
    void said;
    const bell = open()!;
    const times: number[] = [];
    for (let i = 0; i < 300; i++) {
      const begin = performance.now();
      const answered = new Promise<void>((resolve) => rung = resolve);
      system.ring(bell);
      await answered;
      times.push(performance.now() - begin);
    }
    times.sort((a, b) => a - b);
    console.log(`${runtime.name} - ${name}: round trip ${(times[150]! * 1000).toFixed(0)} µs`);
    assert.ok(times[150]! < 5);
    child.kill(9);
    await child.exited;
    system.close(bell);
    own.close();
    end();
  }
});

test("a bell at rest doesn't keep a process alive", async () => {
  for (const executable of Object.values(executables)) {
    const status = await run("rest", { executable });
    // Node tells of the unsettled await of main() by its code only for top-level await.
    assert.deepEqual(status, { code: 0, signal: null });
  }
});

test("a ring that comes at rest is heard afterwards", async () => {
  for (const executable of Object.values(executables)) {
    const { child, said, open, end } = start("restAndListen", { executable });
    await said(1);
    const bell = open()!;
    for (let round = 1; round <= 60; round++) {
      await said(round);
      Atomics.store(words, W.answer, round);
      system.ring(bell);
    }
    assert.deepEqual(await child.exited, { code: 3, signal: null });
    system.close(bell);
    end();
  }
});

test("a busy child dies with its parent", async () => {
  for (const executable of Object.values(executables)) {
    const { child, said, open, end } = start("spawnBusy", { executable });
    await said(1);
    assert.notEqual(Atomics.load(words, W.pid), child.pid);
    const bell = open()!;
    assert.equal(system.ring(bell), true);
    child.kill(9);
    assert.deepEqual(await child.exited, { code: null, signal: 9 });
    await until(() => !system.ring(bell));
    system.close(bell);
    end();
  }
});

test("exit codes of processes", async () => {
  assert.deepEqual(await run("returnCode"), { code: 5, signal: null });
  for (const mode of ["processExit", "processExitLater"]) {
    assert.deepEqual(await run(mode), { code: 6, signal: null });
    assert.equal(Atomics.load(words, W.code), 1006);
    assert.equal(Atomics.load(words, W.answer), 1);
  }
  assert.deepEqual(await run("stubborn"), { code: 8, signal: null });
  assert.equal(Atomics.load(words, W.code), 0);
  assert.equal(Atomics.load(words, W.answer), 1);
  if (runtime.name === "deno") {
    assert.deepEqual(await run("denoExit"), { code: 7, signal: null });
    assert.equal(Atomics.load(words, W.code), 1007);
    assert.deepEqual(await run("selfClose"), { code: 0, signal: null });
    assert.equal(Atomics.load(words, W.code), 1000);
  }
  assert.deepEqual(await run("fails", { stderr: "ignore" }), { code: 1, signal: null });
  const { child, said, end } = start("deaf");
  await said(1);
  child.kill(15);
  assert.deepEqual(await child.exited, { code: null, signal: 15 });
  end();
});

test("uncaught errors and rejections reach the handler", async () => {
  for (const mode of ["uncaught", "unhandled"]) {
    assert.deepEqual(await run(mode), { code: 1, signal: null });
    assert.equal(Atomics.load(words, W.answer), 1);
  }
});

test("idle comes again after more work, and then the end", async () => {
  assert.deepEqual(await run("idle"), { code: 0, signal: null });
  assert.equal(Atomics.load(words, W.answer), 102);
});

test("output is whole, in streams", async () => {
  for (const executable of Object.values(executables)) {
    const { child, end } = start("output", { executable, stdout: "pipe", stderr: "pipe" });
    await later(150); // a slow reader
    const [out, error] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
    assert.deepEqual(await child.exited, { code: 4, signal: null });
    assert.equal(out.length, 1_000_000);
    assert.equal(error.length, 501_000);
    end();
  }
});

for (const isPreloaded of [false, true]) {
  test(`output is whole through a stream that ${isPreloaded ? "a preloaded module" : "a child"} on Bun made`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "runtime-"));
    try {
      const preloaded = join(folder, "stream.mjs");
      writeFileSync(preloaded, "void process.stdout;");
      const program = `
        import { runtime } from ${JSON.stringify(here("./current.ts"))};
        import { spawner } from ${JSON.stringify(here("./spawner.ts"))};
        const system = runtime.system(), memoryFd = system.createMemory();
        system.resizeMemory(memoryFd, 131_072);
        const options = { args: ["stream"], memoryFd, stdout: "inherit", stderr: "inherit" };
        await spawner.spawnProcess({ entry: new URL(${JSON.stringify(entry.href)}), ...options }).exited;`;
      const flags = isPreloaded ? ["--preload", preloaded] : [];
      // What a pipe can't hold waits in the child until the reader comes.
      const words = ["-c", '"$@" | (sleep 0.3; wc -c)', "sh", executables["bun"]!, ...flags, "-e", program];
      const counted = await new Promise((resolve) => {
        execFile("sh", words, (_error, stdout) => resolve(stdout.trim()));
      });
      assert.equal(counted, "500000");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test("what can't be started is a SpawnError", () => {
  const options: ProcessSpawn = { entry, args: [], memoryFd, stdout: "inherit", stderr: "inherit" };
  assert.throws(() => spawner.spawnProcess({ ...options, executable: "/nowhere/node" }), SpawnError);
  assert.throws(() => spawner.spawnProcess({ ...options, executable: "/etc/passwd" }), SpawnError);
  assert.throws(() => spawner.spawnProcess({ ...options, cwd: "/nowhere" }), SpawnError);
});

test("flags that a child doesn't get", () => {
  const given = [
    "--no-warnings",
    "--test",
    "--test-reporter",
    "dot",
    "--inspect=0",
    "-e",
    "1",
    "--cwd=app",
    "--cwd",
    "app",
  ];
  assert.deepEqual(inheritedFlags([...given, "--import", "tsx", "-r", "/y.cjs"], "/start"), [
    "--no-warnings",
    "--import",
    "tsx",
    "-r",
    "/y.cjs",
  ]);
});

test("relative paths in flags are those of the folder that the parent was started in", () => {
  const given = [
    "--import",
    "./x.js",
    "-r=../y.cjs",
    "--env-file=.env",
    "--config",
    "a/b.toml",
    "--conditions",
    "./c",
    "--import=z",
  ];
  assert.deepEqual(inheritedFlags(given, "/start"), [
    "--import",
    "/start/./x.js",
    "-r=/start/../y.cjs",
    "--env-file=/start/.env",
    "--config",
    "/start/a/b.toml",
    "--conditions",
    "./c",
    "--import=z",
  ]);
});

test("flags that a thread refuses go, with their values, and no others", () => {
  const flags = ["--title", "x", "--import", "./a", "--max-old-space-size=99", "-C", "dev"];
  assert.deepEqual(withoutFlags(flags, ["--title", "--max-old-space-size=99"]), ["--import", "./a", "-C", "dev"]);
  assert.deepEqual(withoutFlags(flags, []), flags);
});

test("what of the environment a child doesn't get: the debugger's port, and what is of its parent alone", () => {
  const parent = { A: "1", NODE_TEST_CONTEXT: "child-v8", BUN_INSPECT: "ws://x", NODE_CHANNEL_FD: "3" };
  assert.deepEqual(inheritedEnv(parent), { A: "1" });
  assert.deepEqual(inheritedEnv(parent, { BUN_INSPECT: "ws://y", A: undefined }), {
    A: undefined,
    BUN_INSPECT: "ws://y",
  });
  for (
    const [given, kept] of [
      ["--inspect=127.0.0.1:9229", ""],
      ["--no-warnings --inspect-brk --import x", "--no-warnings --import x"],
      ["--inspect-port 9230 --inspect --inspector-like", "--inspector-like"],
      ["--require=/a/--inspect", "--require=/a/--inspect"],
    ]
  ) assert.equal(inheritedEnv({ NODE_OPTIONS: given })["NODE_OPTIONS"], kept);
});

test("flags that a child on Deno gets", () => {
  const flags = (...words: string[]) => readDenoLine(words, "/start").flags;
  assert.deepEqual(
    flags(
      "run",
      "-A",
      "--config",
      "x.json",
      "--unstable-kv",
      "--v8-flags=--a",
      "--inspect",
      "main.ts",
      "--config",
      "y",
    ),
    ["--config", "/start/x.json", "--unstable-kv", "--v8-flags=--a"],
  );
  assert.deepEqual(flags("--cached-only", "-R", "main.ts"), ["--cached-only"]);
  assert.deepEqual(flags("main.ts", "--no-lock"), []);
  const paths = [
    "--import-map=a/b.json",
    "--lock=/l",
    "--preload=./p.ts",
    "--cert=c",
    "--import-map=https://x/y",
    "--env-file",
  ];
  assert.deepEqual(
    flags("test", ...paths, "."),
    ["--import-map=/start/a/b.json", "--lock=/l", "--preload=/start/./p.ts", "--cert=/start/c", paths[4], paths[5]],
  );
  assert.deepEqual(readDenoLine(["run", "-R", "--allow-import=x.org", "jsr:a/b", "-I"], "/"), {
    flags: [],
    imports: ["--allow-import=x.org"],
    script: "jsr:a/b",
  });
});

test("the configuration that a child on Deno gets is its parent's", () => {
  const files = ["/app/deno.json", "/app/sub/deno.jsonc", "/home/deno.json"];
  const flagsOf = (main: string | undefined, entry: string, ...words: string[]) =>
    configFlags(readDenoLine(words, "/app"), main, new URL(entry), "/app", (path) => files.includes(path));
  const cached = "file:///home/.cache/deno/npm/x/child.js", near = "file:///app/node_modules/x/child.js";
  assert.deepEqual(flagsOf("file:///app/a%20b/main.ts", cached), ["--config=/app/deno.json"]);
  assert.deepEqual(flagsOf("file:///app/sub/main.ts", near), ["--config=/app/sub/deno.jsonc"]);
  assert.deepEqual(flagsOf("file:///app/main.ts", near), []);
  assert.deepEqual(flagsOf("file:///app/main.ts", "https://jsr.io/x/child.ts"), ["--config=/app/deno.json"]);
  assert.deepEqual(flagsOf("https://x.org/main.ts", cached), ["--no-config"]);
  assert.deepEqual(flagsOf("file:///home/.cache/y/main.js", cached, "run", "npm:y"), ["--config=/app/deno.json"]);
  assert.deepEqual(flagsOf("file:///elsewhere/main.ts", cached), []);
  for (const flag of ["--no-config", "--config=x", "-c"]) {
    assert.deepEqual(flagsOf("file:///app/main.ts", cached, "run", flag, "x", "main.ts"), []);
  }
});

test("a thread changes its processor, and may still run wherever it might", () => {
  const allowed = () => /^Cpus_allowed:\s*(.*)$/m.exec(readFileSync("/proc/thread-self/status", "utf8"))?.[1] ?? "";
  const processor = () => readFileSync("/proc/thread-self/stat", "utf8").split(") ")[1]?.split(" ")[36];
  const before = allowed();
  let changes = 0;
  for (let i = 0; i < 20; i++) {
    const here = processor();
    const can = runtime.changeProcessor();
    assert.equal(can, /[1-9a-f].*[1-9a-f]|[35679abcdef]/.test(before), before);
    if (can && processor() !== here) changes++; // it may have been moved back
    assert.equal(allowed(), before);
  }
  assert.ok(changes > 0 || !runtime.changeProcessor());
});

test("facts", () => {
  assert.ok(cpuCount() >= 1);
  assert.equal(runtime.pid, process.pid);
  assert.equal(runtime.parentPid(), process.ppid);
  assert.equal(runtime.isThread, false);
});
