/** What the children of runtime_test.ts do: one function for each mode. */

import { runtime } from "./current.ts";
import { spawner } from "./spawner.ts";
import { childWords } from "./boot.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";
import type { Boot, SystemCalls } from "./runtime.ts";

/** Words of the page that parent and child share. */
export const W = { state: 0, counter: 1, bellFd: 2, pid: 3, answer: 4, code: 5, rings: 6, inode: 8 };

type ProcessBoot = Extract<Boot, { method: "process" }>;
type Words = Int32Array<ArrayBufferLike>;

interface Child {
  readonly boot: ProcessBoot;
  readonly system: SystemCalls;
  readonly words: Words;
}

/** Makes a bell and shows it to the parent. */
function showBell({ system, words }: Child) {
  const bell = system.createBell();
  Atomics.store(words, W.bellFd, bell.fd);
  new BigInt64Array(words.buffer, W.inode * 4, 1)[0] = bell.inode;
  Atomics.store(words, W.pid, runtime.pid);
  return bell;
}

function parentBell({ boot, system }: Child): number {
  return system.openBell(Number(boot.args[1]), Number(boot.args[2]), BigInt(boot.args[3]!))!;
}

/** Says a state to the parent. */
function say({ system, words }: Child, bell: number, state: number) {
  Atomics.store(words, W.state, state);
  system.ring(bell);
}

function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const processModes: Record<string, (child: Child) => unknown> = {
  /** Adds to the counter, answers, waits to be rung. */
  async echo(child) {
    const { words } = child;
    const bell = showBell(child);
    const parent = parentBell(child);
    for (let i = 0; i < 1000; i++) Atomics.add(words, W.counter, 1);
    const rung = new Promise<void>((resolve) => bell.listen(() => Atomics.load(words, W.answer) === 7 && resolve()));
    say(child, parent, 1);
    await rung;
    bell.close();
    return Atomics.load(words, W.answer);
  },
  /** Answers every ring with a ring. */
  pingPong(child) {
    const parent = parentBell(child);
    showBell(child).listen(() => child.system.ring(parent));
    say(child, parent, 1);
    return new Promise(() => {});
  },
  /** Has a bell, and leaves it alone. */
  async deaf(child) {
    showBell(child);
    say(child, parentBell(child), 1);
    await later(60_000);
  },
  /** Is kept alive by nothing. */
  async rest(child) {
    const bell = showBell(child);
    bell.listen(() => {});
    bell.rest();
    say(child, parentBell(child), 1);
    await new Promise(() => {});
  },
  /** Rests, and must have heard of the parent's ring when it has listened again. */
  async restAndListen(child) {
    const { words } = child;
    const bell = showBell(child);
    const parent = parentBell(child);
    let heard = 0;
    for (let round = 1; round <= 60; round++) {
      bell.listen(() => {});
      bell.rest();
      if (round % 3 === 0) await later(12); // so that the read is taken back
      const before = heard;
      say(child, parent, round);
      if (round % 2 === 0) { while (Atomics.load(words, W.answer) !== round); }
      if (round % 4 === 0) await later(2);
      await new Promise<void>((resolve) =>
        bell.listen(() => {
          heard++;
          if (Atomics.load(words, W.answer) === round) resolve();
        })
      );
      if (heard === before) return 9;
    }
    bell.rest();
    return 3;
  },
  /** Flags of the inherited memory descriptor. */
  flags({ words }) {
    const text = builtin("node:fs").readFileSync("/proc/self/fdinfo/3", "utf8");
    Atomics.store(words, W.answer, parseInt(/flags:\s*([0-7]+)/.exec(text)![1]!, 8));
  },
  /** Starts a child of its own with the same memory and waits for its end. */
  async spawnEcho(child) {
    const grandchild = spawner.spawnProcess({
      entry: new URL(import.meta.url),
      args: ["echo", ...child.boot.args.slice(1)],
      memoryFd: child.boot.memoryFd,
      stdout: "inherit",
      stderr: "inherit",
    });
    return (await grandchild.exited).code;
  },
  /** Starts a child that computes for ever. */
  async spawnBusy(child) {
    const grandchild = spawner.spawnProcess({
      entry: new URL(import.meta.url),
      args: ["busy", ...child.boot.args.slice(1)],
      memoryFd: child.boot.memoryFd,
      stdout: "inherit",
      stderr: "inherit",
    });
    await grandchild.exited;
  },
  busy(child) {
    child.system.dieWithParent();
    showBell(child);
    say(child, parentBell(child), 1);
    for (;;);
  },
  output() {
    const line = "o".repeat(999);
    for (let i = 0; i < 500; i++) console.log(line);
    for (let i = 0; i < 500; i++) nodeProcess().stdout.write(line + "\n");
    for (let i = 0; i < 500; i++) console.error(line);
    runtime.writeError("e".repeat(1000));
    return 4;
  },
  stream() {
    for (let i = 0; i < 500; i++) nodeProcess().stdout.write("s".repeat(999) + "\n");
  },
  facts() {
    console.log(JSON.stringify({
      name: runtime.name,
      mainModule: runtime.mainModule,
      isThread: runtime.isThread,
      pid: runtime.pid,
      parentPid: runtime.parentPid(),
      cwd: nodeProcess().cwd(),
      env: nodeProcess().env.RUNTIME_TEST,
    }));
  },
  ...exits(),
  uncaught(child) {
    runtime.onUncaught((error) => {
      Atomics.store(child.words, W.answer, (error as Error).message === "boo" ? 1 : 2);
      void runtime.exit(1);
    });
    setTimeout(() => {
      throw new Error("boo");
    });
    return later(60_000);
  },
  unhandled(child) {
    runtime.onUncaught((error) => {
      Atomics.store(child.words, W.answer, (error as Error).message === "boo" ? 1 : 2);
      void runtime.exit(1);
    });
    void Promise.reject(new Error("boo"));
    return later(60_000);
  },
  async idle({ words }) {
    runtime.onIdle(() => Atomics.add(words, W.answer, 1) === 0 && setTimeout(() => {}, 5) !== undefined);
    runtime.onExit(() => Atomics.add(words, W.answer, 100));
    await new Promise(() => {});
  },
};

function exits(): Record<string, (child: { readonly words: Words }) => unknown> {
  const watch = ({ words }: { readonly words: Words }) => {
    runtime.interceptExit((code) => Atomics.store(words, W.code, 1000 + code));
    runtime.onExit(() => Atomics.add(words, W.answer, 1));
  };
  return {
    returnCode: () => 5,
    processExit(child) {
      watch(child);
      nodeProcess().exit(6);
    },
    processExitLater(child) {
      watch(child);
      setTimeout(() => nodeProcess().exit(6), 5);
      return new Promise(() => {});
    },
    denoExit(child) {
      watch(child);
      (globalThis as unknown as { Deno: { exit(code: number): never } }).Deno.exit(7);
    },
    selfClose(child) {
      watch(child);
      (globalThis as unknown as { close(): void }).close();
      return new Promise(() => {});
    },
    stubborn(child) {
      watch(child);
      nodeProcess().on("exit", () => {
        throw new Error("no");
      });
      return 8;
    },
    fails() {
      throw new Error("expected by the test");
    },
  };
}

export const workerModes: Record<string, (words: Words, memory: SharedArrayBuffer) => unknown> = {
  async grow(words, memory) {
    Atomics.store(words, W.counter, memory.byteLength);
    Atomics.store(words, W.state, 1);
    Atomics.notify(words, W.state);
    while (memory.byteLength < 4096) await later(1);
    new Int32Array(memory)[1023] = 77;
    return 3;
  },
  busy(words) {
    Atomics.store(words, W.state, 1);
    for (;;) Atomics.add(words, W.counter, 1);
  },
  output() {
    const line = "w".repeat(999);
    for (let i = 0; i < 300; i++) console.log(line);
    for (let i = 0; i < 300; i++) nodeProcess().stdout.write(line + "\n");
    return 0;
  },
  isThread: () => runtime.isThread ? 2 : 1,
  ...Object.fromEntries(
    Object.entries(exits()).map(([name, mode]) => [name, (words: Words) => mode({ words })]),
  ),
};

async function main() {
  const boot = await runtime.receiveBoot();
  const mode = boot.args[0]!;
  let code: unknown;
  if (boot.method === "process") {
    const system = runtime.system();
    const words = new Int32Array(system.map(boot.memoryFd, 65536, 65536));
    code = await processModes[mode]!({ boot, system, words });
  } else {
    code = await workerModes[mode]!(new Int32Array(boot.memory), boot.memory);
  }
  await runtime.exit(typeof code === "number" ? code : 0);
}

// The test itself imports this module too.
if (runtime.isThread || childWords(nodeProcess().argv) !== undefined) void main();
