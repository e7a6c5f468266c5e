/** The adapter for Node. */

import { realpathSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { MisuseError, SpawnError } from "../errors.ts";
import { childCommand, childWords, inheritedFlags, MEMORY_FD } from "./child_command.ts";
import { withinQuota } from "./cpu_quota.ts";
import { emitExit, exitCodeOf, ExitHandlers, flushOutput, onProcessUncaught } from "./exit_hooks.ts";
import { type LinuxSystem, linuxSystem, requireLinux } from "./libc.ts";
import { loadNodeNative } from "./node_native.ts";
import { spawnWithNode } from "./node_process.ts";
import type { Boot, Runtime, WorkerHandle, WorkerSpawn } from "./runtime.ts";
import { socketBellReader } from "./socket_bell.ts";

interface WorkerWords {
  readonly multiprocessing: { readonly args: readonly string[]; readonly memory: SharedArrayBuffer };
}

/** The program's main module: none with --eval, --print, a program on standard input, or in a REPL. */
function findMainModule(): string | undefined {
  const path = process.argv[1];
  if (
    path === undefined || path === "-" || process.execArgv.some((flag) => /^(-e|-p|-pe|--eval|--print)\b/.test(flag))
  ) {
    return undefined;
  }
  try {
    return pathToFileURL(createRequire(`${process.cwd()}/`).resolve(path)).href;
  } catch {
    try {
      return pathToFileURL(realpathSync(path)).href;
    } catch {
      return undefined;
    }
  }
}

function spawnWorker(options: WorkerSpawn): WorkerHandle {
  const words: WorkerWords = { multiprocessing: { args: options.args, memory: options.memory } };
  let worker: Worker;
  try {
    worker = new Worker(options.entry, {
      name: options.name,
      workerData: words,
      ...(options.maxMemory === undefined
        ? {}
        : { resourceLimits: { maxOldGenerationSizeMb: Math.max(1, Math.ceil(options.maxMemory / 2 ** 20)) } }),
    });
  } catch (cause) {
    throw new SpawnError(`Cannot start worker ${JSON.stringify(options.name)}: ${(cause as Error).message}`, { cause });
  }
  let terminated = false;
  return {
    exited: new Promise((resolve) => worker.once("exit", (code) => resolve(terminated ? null : code))),
    failed: new Promise((resolve) => {
      worker.on("error", (error: unknown) => resolve(error instanceof Error ? error : new Error(String(error))));
    }),
    terminate() {
      terminated = true;
      void worker.terminate();
    },
    stopsBusy: true,
    ref: () => worker.ref(),
    unref: () => worker.unref(),
  };
}

export function createNodeRuntime(): Runtime {
  const realExit = process.exit;
  const exitHandlers = new ExitHandlers();
  let mainModule: string | undefined | null = null;
  let system: LinuxSystem | undefined;

  const runtime: Runtime = {
    name: "node",
    defaultMethod: process.platform === "win32" ? "worker" : "process",
    pid: process.pid,
    isThread: !isMainThread,
    get mainModule() {
      if (mainModule === null) mainModule = findMainModule();
      return mainModule;
    },
    parentPid: () => process.ppid,
    cpuCount: () => withinQuota(availableParallelism()),
    system() {
      return system ??= openSystem();
    },
    spawnProcess(options) {
      requireLinux(process.platform);
      const command = childCommand(options, {
        name: "node",
        executable: process.execPath,
        execArgv: inheritedFlags(process.execArgv),
      });
      return spawnWithNode(command, options, { ...process.env, ...options.env });
    },
    spawnWorker,
    receiveBoot(): Promise<Boot> {
      if (!isMainThread) {
        const words = (workerData as Partial<WorkerWords> | null)?.multiprocessing;
        if (words !== undefined) return Promise.resolve({ method: "worker", ...words });
      }
      const args = childWords(process.argv);
      if (args === undefined) {
        return Promise.reject(new MisuseError("This module is the entry of a child, not a program"));
      }
      (system ??= openSystem()).closeOnExec(MEMORY_FD);
      return Promise.resolve({ method: "process", args, memoryFd: MEMORY_FD });
    },
    async exit(code) {
      await flushOutput();
      exitHandlers.run();
      emitExit(code);
      return realExit(code);
    },
    interceptExit(handler) {
      process.exit = (code) => {
        handler(exitCodeOf(code));
        return realExit.call(process, code);
      };
    },
    onIdle(handler) {
      process.on("beforeExit", () => handler());
    },
    onExit(handler) {
      exitHandlers.add(handler);
      process.once("exit", () => exitHandlers.run());
    },
    onUncaught: onProcessUncaught,
    writeError(text) {
      writeFully(text);
    },
  };

  function openSystem(): LinuxSystem {
    requireLinux(process.platform);
    const native = loadNodeNative(runtime.mainModule);
    return linuxSystem({
      ...native,
      bellReader: (fd) => socketBellReader(fd, (end) => void native.libc.close(end)),
    });
  }
  return runtime;
}

function writeFully(text: string): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(2, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return; // nobody to tell
    }
  }
}
