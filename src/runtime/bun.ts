/** The adapter for Bun. */

import { setTimeout } from "../base/originals.ts";
import { MisuseError, SpawnError } from "../errors/base.ts";
import type { BunApi } from "./bun_api.ts";
import { childWords, MEMORY_FD } from "./boot.ts";
import { emitExit, ExitHandlers, flushed, mayLag, processEnds, writesAtExit } from "./exit_hooks.ts";
import { bindLazily, LIBC_FUNCTIONS, LIBC_NAMES } from "./libc.ts";
import { handlesNodeInterrupt, onNodeInterrupt } from "./interrupts.ts";
import { LinuxSystem, requireLinux } from "./linux_system.ts";
import { builtin, isFileless, nodeProcess, readSystemFile, urlInStack, urlOfFile } from "./node_builtins.ts";
import { pullBellReader, type PullSource } from "./pull_bell.ts";
import type { Boot, Runtime } from "./runtime.ts";
import { firstMessage } from "./boot.ts";
import { threadId, threadRuns } from "./threads.ts";

interface BunFunction {
  readonly args: readonly string[];
  readonly returns: string;
}

interface BunFfi {
  dlopen(name: string, functions: Record<string, BunFunction>): { readonly symbols: Readonly<Record<string, unknown>> };
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}

const TYPES = { i32: "i32", u32: "u32", i64: "i64", u64: "u64", buffer: "ptr" } as const;

/** The C library's name here, once one of its functions was found. */
let library: string | undefined;

function bind(name: string, type: BunFunction): unknown {
  const { dlopen } = builtin("bun:ffi" as "node:fs") as unknown as BunFfi;
  for (const file of library === undefined ? LIBC_NAMES : [library]) {
    try {
      const bound = dlopen(file, { [name]: type }).symbols[name];
      library = file;
      return bound;
    } catch {
      // not its name, or too old
    }
  }
  throw new SpawnError('Cannot use start method "process": the C library can\'t be loaded; use "worker"');
}

function openSystem(bun: BunApi): LinuxSystem {
  requireLinux(nodeProcess().platform);
  const libc = bindLazily((name) => {
    const { parameters, result } = LIBC_FUNCTIONS[name];
    return bind(name, { args: parameters.map((type) => TYPES[type]), returns: result });
  });
  void libc.fcntl; // throws when there is no such library
  const { toArrayBuffer } = builtin("bun:ffi" as "node:fs") as unknown as BunFfi;
  return new LinuxSystem({
    libc,
    view: (address, length) => toArrayBuffer(Number(address), 0, length),
    bellReader: (readEnd) => pullBellReader(streamSource(bun, readEnd, () => void libc.close(readEnd))),
  });
}

/** The number of this thread, for less than loading node:fs takes. */
function ownThreadId(): number {
  try {
    return (bind("gettid", { args: [], returns: "i32" }) as () => number)();
  } catch {
    return threadId(); // a C library of before 2019
  }
}

/** How long after a pipe couldn't be read it is tried again, in milliseconds. */
const AGAIN_MS = 20;

/** A pipe read as a stream. `cancel` leaves the descriptor open. */
function streamSource(bun: BunApi, fd: number, close: () => void): PullSource {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let giveUp: (() => void) | undefined;
  /** A stream wants a descriptor of its own, and none is left: whoever waits looks by itself, until there is one. */
  const pause = () =>
    new Promise<boolean>((resolve) => {
      giveUp = () => resolve(false);
      setTimeout(resolve, AGAIN_MS, true);
    });
  return {
    async next() {
      giveUp = undefined;
      try {
        reader ??= bun.file(fd).stream().getReader();
      } catch {
        return await pause();
      }
      try {
        if (!(await reader.read()).done) return true;
      } catch {
        // as if cancelled
      }
      reader = undefined;
      return false;
    },
    cancel() {
      if (reader === undefined) giveUp?.();
      else reader.cancel().catch(() => {});
    },
    lossy: true,
    close,
  };
}

interface BunRequire {
  (path: string): unknown;
  /** What was loaded, by path. */
  readonly cache: Readonly<Record<string, unknown>>;
}

const { require, dir } = import.meta as ImportMeta & { readonly require: BunRequire; readonly dir: string };

/** Whether modules of others ran before this child's entry, which may have written something. */
function wasPreloaded(): boolean {
  const ours = dir.slice(0, dir.lastIndexOf("/") + 1);
  return Object.keys(require.cache).some((path) => !path.startsWith(ours));
}

/** Tells from now on whether a sink was made: all that can write, but for the console, makes one (`process.stdout` too). */
function watchSinks(bun: BunApi): () => boolean {
  const files = Object.getPrototypeOf(bun.file(1)) as { writer: (...args: unknown[]) => unknown };
  const { writer } = files;
  let made = false;
  files.writer = function (...args) {
    made = true;
    files.writer = writer;
    return writer.apply(this, args);
  };
  return () => made;
}

/** Whether writes to a descriptor may still wait in this process. */
function lags(fd: number, linux: LinuxSystem | undefined): boolean {
  if (linux === undefined) return mayLag(fd);
  const link = linux.readLink(`/proc/self/fd/${fd}`) ?? "";
  return link.startsWith("pipe:") || link.startsWith("socket:");
}

/**
 * Flushes standard output and standard error. In Bun the console writes at once, `process.stdout` does not on a pipe,
 * and only `end` tells when it is through. The streams cost 8 ms to make, so not without need.
 */
async function flushOutput(linux: LinuxSystem | undefined): Promise<void> {
  const process = nodeProcess();
  if (lags(1, linux)) await flushed(process.stdout, (stream, done) => stream.end(done));
  if (lags(2, linux)) await flushed(process.stderr, (stream, done) => stream.end(done));
}

/** In a worker: what it reads is none of its process's input, but the end. */
function emptyStdin(bun: BunApi): void {
  Object.defineProperty(bun, "stdin", { value: new Blob() });
  Object.defineProperty(console, Symbol.asyncIterator, { value: async function* () {} });
  const process = nodeProcess(), set = (stream: unknown) => Object.defineProperty(process, "stdin", { value: stream });
  const get = () => {
    const stream = builtin("node:stream").Readable.from([]);
    set(stream);
    return stream;
  };
  // Bun makes the stream, which takes 8 ms, when its property is defined anew or deleted, but not when it is assigned to.
  (process as { stdin: unknown }).stdin = undefined;
  Object.defineProperty(process, "stdin", { configurable: true, get });
}

const IS_ASYNC = /^require\(\) async module /;

/**
 * As `import()`, which reads a module in another thread: a child would have to start that first, and then to wait. `require`
 * reads it here, and `import()` finds it.
 */
function importModule(bun: BunApi, url: string): Promise<Readonly<Record<string, unknown>>> {
  if (url.startsWith("file:") && !url.includes("?") && !url.includes("#")) {
    try {
      require(bun.fileURLToPath(url));
    } catch (error) {
      // A top-level await, or a plugin that takes its time: neither has run twice then.
      if (!(error instanceof TypeError && IS_ASYNC.test(error.message))) return Promise.reject(error);
    }
  }
  return import(url);
}

export function createBunRuntime(): Runtime {
  const bun = (globalThis as unknown as { Bun: BunApi }).Bun;
  const process = nodeProcess();
  const realExit = process.exit;
  const isThread = !bun.isMainThread;
  const exitHandlers = new ExitHandlers();
  let system: LinuxSystem | undefined;
  let mayHaveWritten = () => true;
  /** In a child process: to take the engine down takes time. */
  let endsAtOnce: LinuxSystem | undefined;

  /** Where there is one: node:fs, which could tell the same, takes a child 2 ms to load. */
  function linux(): LinuxSystem | undefined {
    try {
      return system ??= openSystem(bun);
    } catch {
      return undefined;
    }
  }

  function end(code: number): Promise<never> {
    emitExit(code); // the program's own first: what it holds is others' once ours have run
    exitHandlers.run();
    endsAtOnce?.exitNow(code);
    realExit.call(process, code);
    return new Promise<never>(() => {});
  }

  return {
    name: "bun",
    stopsThreads: true,
    preferredMethod: "process",
    requireMethod(method) {
      if (method === "process") (system ??= openSystem(bun)).requireReach();
    },
    pid: process.pid,
    isThread,
    isChild: !isThread && childWords(process.argv) !== undefined,
    get mainModule() {
      return isFileless(bun.main) ? undefined : urlOfFile(bun.main);
    },
    urlOfFile,
    urlInStack,
    parentPid: () => process.ppid,
    get processors() {
      return navigator.hardwareConcurrency;
    },
    readSystemFile,
    residentBytes: () => process.memoryUsage.rss(),
    onInterrupt: (handler) => isThread ? () => {} : onNodeInterrupt(handler),
    handlesInterrupt: handlesNodeInterrupt,
    endByInterrupt: () => void process.kill(process.pid, "SIGINT"),
    system() {
      return system ??= openSystem(bun);
    },
    receiveBoot(): Promise<Boot> {
      if (!bun.isMainThread) {
        emptyStdin(bun);
        mayHaveWritten = watchSinks(bun); // preloaded modules are not for workers
        return firstMessage();
      }
      const args = childWords(process.argv);
      if (args === undefined) {
        return Promise.reject(new MisuseError("This module is the entry of a child, not a program"));
      }
      (system ??= openSystem(bun)).closeOnExec(MEMORY_FD);
      if (!wasPreloaded()) mayHaveWritten = watchSinks(bun);
      if (!writesAtExit(process.execArgv)) endsAtOnce = system;
      return Promise.resolve({ method: "process", args, memoryFd: MEMORY_FD });
    },
    importModule: (url) => importModule(bun, url),
    exit(code) {
      return mayHaveWritten() ? flushOutput(linux()).then(() => end(code)) : end(code);
    },
    ...processEnds(exitHandlers),
    threadId: ownThreadId,
    threadRuns,
    changeProcessor() {
      try {
        return (system ??= openSystem(bun)).changeProcessor();
      } catch {
        return false;
      }
    },
  };
}
