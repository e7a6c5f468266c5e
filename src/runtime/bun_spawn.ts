/** Starting children on Bun. */

import { JSON } from "../base/originals.ts";
import { SpawnError } from "../errors/base.ts";
import type { BunApi, BunSubprocess } from "./bun_api.ts";
import { childCommand, compiled, inheritedEnv, inheritedFlags } from "./child_command.ts";
import { requireLinux } from "./linux_system.ts";
import { nodeProcess } from "./node_builtins.ts";
import { cannotStart, signalNumber } from "./node_process.ts";
import type { ExitStatus, ProcessHandle, ProcessSpawn, Spawner, WorkerHandle, WorkerSpawn } from "./runtime.ts";
import type { BootMessage } from "./boot.ts";
import { LEAST_BUN, requireVersion } from "./versions.ts";

interface BunWorker extends EventTarget {
  postMessage(message: unknown): void;
  terminate(): void;
  unref(): void;
}

/** What made this program into an executable. */
function compilerOf(bun: BunApi): string | undefined {
  return bun.isStandaloneExecutable ? "bun build --compile" : undefined;
}

type BunWorkerClass = new (url: URL, options: { type: "module"; name: string }) => BunWorker;

/** The folder that this program was started in: it may go elsewhere. */
const cwd = "Bun" in globalThis ? nodeProcess().cwd() : "/";

function spawnProcess(options: ProcessSpawn): ProcessHandle {
  const bun = (globalThis as unknown as { Bun: BunApi }).Bun, process = nodeProcess();
  requireVersion("Bun", bun.version, LEAST_BUN);
  requireLinux(process.platform);
  const command = childCommand(options, {
    name: "bun",
    compiler: compilerOf(bun),
    executable: process.execPath,
    execArgv: inheritedFlags(process.execArgv, cwd),
  });
  let child: BunSubprocess;
  try {
    child = bun.spawn([command.file, ...command.args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: inheritedEnv(process.env, options.env),
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
    // Bun makes a stream when it is asked for it, and stays alive for it from then on; nothing is lost until then.
    get stdout() {
      return options.stdout === "pipe" ? child.stdout ?? null : null;
    },
    get stderr() {
      return options.stderr === "pipe" ? child.stderr ?? null : null;
    },
    kill: (signal) => child.kill(signal),
    unref: () => child.unref(),
  };
}

function spawnWorker(options: WorkerSpawn): WorkerHandle {
  const { Bun, Worker } = globalThis as unknown as { Bun: BunApi; Worker: BunWorkerClass };
  requireVersion("Bun", Bun.version, LEAST_BUN);
  const compiler = compilerOf(Bun);
  if (compiler !== undefined) throw compiled({ name: "bun", compiler }); // a child's entry is not in it
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
    unref: () => worker.unref(),
  };
}

export const bunSpawner: Spawner = {
  get compiler() {
    return compilerOf((globalThis as unknown as { Bun: BunApi }).Bun);
  },
  spawnProcess,
  spawnWorker,
};
