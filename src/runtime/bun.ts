/** The adapter for Bun. */

import { MisuseError, SpawnError } from "../errors.ts";
import { childCommand, childWords, inheritedFlags, MEMORY_FD } from "./child_command.ts";
import { withinQuota } from "./cpu_quota.ts";
import { emitExit, ExitHandlers, flushed, mayLag, processEnds, writesAtExit } from "./exit_hooks.ts";
import {
  bindLazily,
  type Libc,
  LIBC_FUNCTIONS,
  LIBC_NAMES,
  type LinuxSystem,
  linuxSystem,
  requireLinux,
} from "./libc.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";
import { cannotStart, signalNumber } from "./node_process.ts";
import { pullBellReader, type PullSource } from "./pull_bell.ts";
import { onNodeInterrupt, residentBytesOf } from "./self_care.ts";
import type {
  Boot,
  ExitStatus,
  ProcessHandle,
  ProcessSpawn,
  Runtime,
  Stdio,
  WorkerHandle,
  WorkerSpawn,
} from "./runtime.ts";
import { type BootMessage, firstMessage } from "./web_worker.ts";
import { threadId, threadRuns } from "./threads.ts";

interface BunSubprocess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  readonly stdout: ReadableStream<Uint8Array> | undefined;
  readonly stderr: ReadableStream<Uint8Array> | undefined;
  kill(signal: number): void;
  ref(): void;
  unref(): void;
}

interface BunApi {
  readonly main: string;
  readonly isMainThread: boolean;
  spawn(
    command: string[],
    options: { cwd?: string; env: Record<string, string | undefined>; stdio: [Stdio, Stdio, Stdio, number] },
  ): BunSubprocess;
  file(fd: number): { stream(): ReadableStream<Uint8Array> };
}

interface BunFunction {
  readonly args: readonly string[];
  readonly returns: string;
}

interface BunFfi {
  dlopen(name: string, functions: Record<string, BunFunction>): { readonly symbols: Readonly<Record<string, unknown>> };
  toArrayBuffer(address: number, offset: number, length: number): ArrayBuffer;
}

interface BunJsc {
  heapSize(): number;
  heapStats(): { readonly objectTypeCounts: Readonly<Record<string, number>> };
}

interface BunWorker extends EventTarget {
  postMessage(message: unknown): void;
  terminate(): void;
  ref(): void;
  unref(): void;
}

type BunWorkerClass = new (url: URL, options: { type: "module"; name: string }) => BunWorker;

const TYPES = { i32: "i32", u32: "u32", i64: "i64", u64: "u64", buffer: "ptr" } as const;

function openSystem(bun: BunApi): LinuxSystem {
  requireLinux(nodeProcess().platform);
  const ffi = builtin("bun:ffi" as "node:fs") as unknown as BunFfi;
  const functions = Object.fromEntries(
    Object.entries(LIBC_FUNCTIONS).map(([name, { parameters, result }]) => [
      name,
      { args: parameters.map((type) => TYPES[type]), returns: result },
    ]),
  );
  for (const name of LIBC_NAMES) {
    const bind = (one: keyof Libc) => ffi.dlopen(name, { [one]: functions[one] as BunFunction }).symbols[one];
    try {
      bind("close");
    } catch {
      continue;
    }
    const libc = bindLazily(bind);
    return linuxSystem({
      libc,
      view: (address, length) => ffi.toArrayBuffer(Number(address), 0, length),
      bellReader: (readEnd) => pullBellReader(streamSource(bun, readEnd, () => void libc.close(readEnd))),
    });
  }
  throw new SpawnError('Cannot use start method "process": the C library can\'t be loaded; use "worker"');
}

/** A pipe read as a stream. `cancel` leaves the descriptor open. */
function streamSource(bun: BunApi, fd: number, close: () => void): PullSource {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return {
    async next() {
      reader ??= bun.file(fd).stream().getReader();
      try {
        if (!(await reader.read()).done) return true;
      } catch {
        // as if cancelled
      }
      reader = undefined;
      return false;
    },
    cancel() {
      reader?.cancel().catch(() => {});
    },
    lossy: true,
    close,
  };
}

/** A heap of so many bytes is looked through faster than the streams are made. */
const SMALL_HEAP = 1 << 23;

/** Whether something was written by other ways than the console: the streams would have made a sink. */
function mayHaveSinks(): boolean {
  const { heapSize, heapStats } = builtin("bun:jsc" as "node:fs") as unknown as BunJsc;
  return heapSize() > SMALL_HEAP || (heapStats().objectTypeCounts["FileSink"] ?? 0) > 0;
}

/**
 * Flushes standard output and standard error. In Bun the console writes at once, `process.stdout` does not on a pipe,
 * and only `end` tells when it is through. The streams cost 8 ms to make, so not without need.
 */
async function flushOutput(linux: LinuxSystem | undefined): Promise<void> {
  const lags = linux === undefined
    ? mayLag
    : (fd: number) => /^(pipe|socket):/.test(linux.readLink(`/proc/self/fd/${fd}`) ?? "");
  if (!lags(1) && !lags(2) || !mayHaveSinks()) return;
  const process = nodeProcess();
  if (lags(1)) await flushed(process.stdout, (stream, done) => stream.end(done));
  if (lags(2)) await flushed(process.stderr, (stream, done) => stream.end(done));
}

function spawnProcess(bun: BunApi, options: ProcessSpawn): ProcessHandle {
  const process = nodeProcess();
  requireLinux(process.platform);
  const command = childCommand(options, {
    name: "bun",
    executable: process.execPath,
    execArgv: inheritedFlags(process.execArgv),
  });
  let child: BunSubprocess;
  try {
    child = bun.spawn([command.file, ...command.args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
      stdio: ["ignore", options.stdout, options.stderr, options.memoryFd],
    });
  } catch (error) {
    throw cannotStart(command.file, options.cwd, error);
  }
  return {
    pid: child.pid,
    exited: child.exited.then((): ExitStatus => {
      const { signalCode, exitCode } = child;
      return signalCode === null ? { code: exitCode, signal: null } : { code: null, signal: signalNumber(signalCode) };
    }),
    stdout: options.stdout === "pipe" ? child.stdout ?? null : null,
    stderr: options.stderr === "pipe" ? child.stderr ?? null : null,
    kill: (signal) => child.kill(signal),
    ref: () => child.ref(),
    unref: () => child.unref(),
  };
}

function spawnWorker(options: WorkerSpawn): WorkerHandle {
  const { Worker } = globalThis as unknown as { Worker: BunWorkerClass };
  let worker: BunWorker;
  try {
    worker = new Worker(options.entry, { type: "module", name: options.name });
  } catch (cause) {
    throw new SpawnError(`Cannot start worker ${JSON.stringify(options.name)}: ${(cause as Error).message}`, { cause });
  }
  let terminated = false;
  let erred = false; // Bun then still says code 0
  const exited = new Promise<number | null>((resolve) => {
    worker.addEventListener("close", (event) => {
      const { code } = event as unknown as { code: number };
      resolve(terminated ? null : erred ? code || 1 : code);
    });
  });
  const failed = new Promise<Error>((resolve) => {
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      erred = true;
      const { error, message } = event as ErrorEvent;
      resolve(error instanceof Error ? error : new Error(message));
    });
  });
  worker.postMessage({ multiprocessing: { args: options.args, memory: options.memory } } satisfies BootMessage);
  return {
    exited,
    failed,
    terminate() {
      terminated = true;
      worker.terminate();
    },
    stopsBusy: true,
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  };
}

export function createBunRuntime(): Runtime {
  const bun = (globalThis as unknown as { Bun: BunApi }).Bun;
  const process = nodeProcess();
  const realExit = process.exit;
  const isThread = !bun.isMainThread;
  const exitHandlers = new ExitHandlers();
  let system: LinuxSystem | undefined;
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

  return {
    name: "bun",
    stopsThreads: true,
    defaultMethod: process.platform === "win32" ? "worker" : "process",
    pid: process.pid,
    isThread,
    get mainModule() {
      return /[/\\]\[(eval|stdin)\]$/.test(bun.main) ? undefined : builtin("node:url").pathToFileURL(bun.main).href;
    },
    parentPid: () => process.ppid,
    cpuCount: () => withinQuota(navigator.hardwareConcurrency),
    residentBytes: () => process.memoryUsage.rss(),
    residentBytesOf,
    onInterrupt: (handler) => isThread ? () => {} : onNodeInterrupt(handler),
    endByInterrupt: () => void process.kill(process.pid, "SIGINT"),
    system() {
      return system ??= openSystem(bun);
    },
    spawnProcess: (options) => spawnProcess(bun, options),
    spawnWorker,
    async receiveBoot(): Promise<Boot> {
      if (!bun.isMainThread) return await firstMessage();
      const args = childWords(process.argv);
      if (args === undefined) throw new MisuseError("This module is the entry of a child, not a program");
      (system ??= openSystem(bun)).closeOnExec(MEMORY_FD);
      if (!writesAtExit(process.execArgv)) endsAtOnce = system;
      return { method: "process", args, memoryFd: MEMORY_FD };
    },
    async exit(code) {
      await flushOutput(linux());
      exitHandlers.run();
      emitExit(code);
      endsAtOnce?.exitNow(code);
      realExit.call(process, code);
      return await new Promise<never>(() => {});
    },
    ...processEnds(exitHandlers),
    threadId: () => threadId(linux()?.readLink),
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
