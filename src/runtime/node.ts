/** The adapter for Node. */

import { MisuseError, SpawnError } from "../errors/base.ts";
import { childWords, MEMORY_FD } from "./boot.ts";
import { emitExit, ExitHandlers, flushed, mayLag, processEnds, writesAtExit } from "./exit_hooks.ts";
import { handlesNodeInterrupt, onNodeInterrupt } from "./interrupts.ts";
import { LinuxSystem, requireLinux } from "./linux_system.ts";
import { builtin, nodeProcess, readSystemFile, urlInStack, urlOfFile } from "./node_builtins.ts";
import { BINARY, loadNodeNative, requireGrants } from "./node_native.ts";
import type { Boot, Runtime } from "./runtime.ts";
import { socketBellReader } from "./socket_bell.ts";
import type { WorkerWords } from "./boot.ts";
import { threadId, threadRuns } from "./threads.ts";

/** The program's main module: none with --eval, --print, a program on standard input, or in a REPL. */
function findMainModule(): string | undefined {
  const process = nodeProcess();
  const path = process.argv[1];
  if (path !== undefined && process.execArgv.includes("--entry-url")) {
    return new URL(path, urlOfFile(`${process.cwd()}/`)).href;
  }
  if (
    path === undefined || path === "-" || process.execArgv.some((flag) => /^(-e|-p|-pe|--eval|--print)\b/.test(flag))
  ) {
    return undefined;
  }
  try {
    return urlOfFile(builtin("node:module").createRequire(`${process.cwd()}/`).resolve(path));
  } catch {
    try {
      return urlOfFile(builtin("node:fs").realpathSync(path));
    } catch {
      return undefined;
    }
  }
}

/**
 * From now on this process ends without taking its engine down: that takes time, and hangs for ever when a compiler thread
 * wants a collection at that moment (nodejs/node#54918).
 */
function endAtOnce(system: LinuxSystem): void {
  const process = nodeProcess() as NodeJS.Process & { reallyExit: (code?: number) => void };
  const { NODE_OPTIONS = "", NODE_V8_COVERAGE = "" } = process.env;
  if (NODE_V8_COVERAGE !== "" || writesAtExit([...process.execArgv, NODE_OPTIONS])) return;
  process.reallyExit = (code) => {
    const { getCompileCacheDir, flushCompileCache } = builtin("node:module") as Partial<typeof import("node:module")>;
    if (getCompileCacheDir?.() !== undefined) flushCompileCache?.(); // else it is written with the engine's end
    system.exitNow(code ?? 0);
  };
}

/** Flushes standard output and standard error; a thread's go through its parent. */
async function flushOutput(isThread: boolean): Promise<void> {
  const process = nodeProcess();
  if (isThread || mayLag(1)) await flushed(process.stdout, (stream, done) => stream.write("", done));
  if (isThread || mayLag(2)) await flushed(process.stderr, (stream, done) => stream.write("", done));
}

export function createNodeRuntime(): Runtime {
  const process = nodeProcess();
  if (process.getBuiltinModule === undefined) {
    throw new SpawnError(
      `Cannot use multiprocessing on Node ${process.version}: it takes Node 20.16, or 22.3 and later`,
    );
  }
  // The words of a child process are no thread's; not to ask the module for that saves the child 2 ms.
  const words = childWords(process.argv);
  const threads = words === undefined ? builtin("node:worker_threads") : undefined;
  const realExit = process.exit;
  const isThread = threads?.isMainThread === false;
  const exitHandlers = new ExitHandlers();
  let mainModule: string | undefined | null = null;
  let system: LinuxSystem | undefined;

  const runtime: Runtime = {
    name: "node",
    stopsThreads: true,
    preferredMethod: "process",
    requireMethod(method) {
      requireGrants(method);
      if (method === "process") (system ??= openSystem()).requireReach();
    },
    pid: process.pid,
    isThread,
    isChild: !isThread && words !== undefined,
    get mainModule() {
      if (mainModule === null) mainModule = findMainModule();
      return mainModule;
    },
    urlOfFile,
    urlInStack,
    parentPid: () => process.ppid,
    get processors() {
      return builtin("node:os").availableParallelism();
    },
    readSystemFile,
    residentBytes: () => process.memoryUsage.rss(),
    onInterrupt: (handler) => isThread ? () => {} : onNodeInterrupt(handler),
    handlesInterrupt: handlesNodeInterrupt,
    endByInterrupt: () => void process.kill(process.pid, "SIGINT"),
    system() {
      return system ??= openSystem();
    },
    receiveBoot(): Promise<Boot> {
      const data = (threads?.workerData as Partial<WorkerWords> | null | undefined)?.multiprocessing;
      if (isThread) delete process.env.NODE_TEST_CONTEXT; // its own copy: what it prints is no report to the test runner
      if (isThread && data !== undefined) return Promise.resolve({ method: "worker", ...data });
      const args = words?.filter((word) => !word.startsWith(BINARY));
      if (args === undefined) {
        return Promise.reject(new MisuseError("This module is the entry of a child, not a program"));
      }
      const binary = words?.find((word) => word.startsWith(BINARY))?.slice(BINARY.length);
      (system ??= openSystem(binary)).closeOnExec(MEMORY_FD);
      endAtOnce(system);
      return Promise.resolve({ method: "process", args, memoryFd: MEMORY_FD });
    },
    importModule: (url) => import(url),
    async exit(code) {
      await flushOutput(isThread);
      emitExit(code); // the program's own first: what it holds is others' once ours have run
      exitHandlers.run();
      return realExit.call(process, code);
    },
    ...processEnds(exitHandlers),
    threadId,
    threadRuns,
    changeProcessor() {
      if (isThread) return false; // each thread would have to load the addon
      try {
        return (system ??= openSystem()).changeProcessor();
      } catch {
        return false;
      }
    },
  };

  function openSystem(binary?: string): LinuxSystem {
    requireLinux(process.platform);
    const native = loadNodeNative(runtime.mainModule, binary);
    return new LinuxSystem({
      ...native,
      bellReader: (readEnd) => socketBellReader(readEnd, () => void native.libc.close(readEnd)),
    });
  }
  return runtime;
}
