/** Starting children on Node. */

import { JSON } from "../base/originals.ts";
import type { Worker, WorkerOptions } from "node:worker_threads";
import { SpawnError } from "../errors/base.ts";
import { childCommand, inheritedEnv, inheritedFlags, NO_TESTS, withoutFlags } from "./child_command.ts";
import { requireLinux } from "./linux_system.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";
import { BINARY, koffiBinary } from "./node_native.ts";
import { spawnWithNode } from "./node_process.ts";
import type { ProcessHandle, ProcessSpawn, Spawner, WorkerHandle, WorkerSpawn } from "./runtime.ts";
import type { WorkerWords } from "./boot.ts";

/**
 * Megabytes of a worker's young generation. With V8's own choice, a third of the workers that ran out of memory by small objects
 * aborted their whole process (12 runs of Node 24); with this, none.
 */
const YOUNG_GENERATION = 48;

/** The folder that this program was started in: it may go elsewhere. */
const cwd = "Deno" in globalThis || "Bun" in globalThis ? "/" : nodeProcess().cwd();

/** This process's flags, as its children have them. The tests of a file are run where it was started, not in each child. */
function ownFlags(): string[] {
  const { execArgv, moduleLoadList } = nodeProcess() as NodeJS.Process & {
    readonly moduleLoadList?: readonly string[];
  };
  const kept = inheritedFlags(execArgv, cwd);
  const hasTests = moduleLoadList?.some((name) => name.endsWith("internal/test_runner/harness")) ?? false;
  return hasTests && !kept.includes(NO_TESTS) ? [...kept, NO_TESTS] : kept;
}

/** A worker with this process's flags, but for those (like --input-type) with which no module could be run. */
function makeWorker(entry: URL, options: WorkerOptions): Worker {
  const { Worker } = builtin("node:worker_threads");
  const { execArgv } = nodeProcess();
  let kept = ownFlags();
  if (kept.length === execArgv.length && kept.at(-1) === execArgv.at(-1)) return new Worker(entry, options);
  for (;;) {
    try {
      return new Worker(entry, { ...options, execArgv: kept });
    } catch (error) {
      // Given explicitly, those of the engine and the process, which a thread has anyway, are refused by name.
      const { code, message } = error as NodeJS.ErrnoException, before = kept.length;
      if (code === "ERR_WORKER_INVALID_EXEC_ARGV") kept = withoutFlags(kept, message.split(/: |, /).slice(1));
      if (kept.length === before) throw error;
    }
  }
}

function spawnWorker(options: WorkerSpawn): WorkerHandle {
  const words: WorkerWords = { multiprocessing: { args: options.args, memory: options.memory } };
  let worker: Worker;
  try {
    worker = makeWorker(options.entry, {
      name: options.name,
      workerData: words,
      resourceLimits: {
        maxYoungGenerationSizeMb: YOUNG_GENERATION,
        ...(options.maxMemory !== undefined && {
          maxOldGenerationSizeMb: Math.max(1, Math.ceil(options.maxMemory / 2 ** 20)),
        }),
      },
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
    unref: () => worker.unref(),
  };
}

/** What made this program into an executable. */
function compiler(): string | undefined {
  return builtin("node:sea").isSea() ? "node --build-sea or --experimental-sea-config" : undefined;
}

function spawnProcess(options: ProcessSpawn): ProcessHandle {
  const process = nodeProcess();
  requireLinux(process.platform);
  const self = { name: "node", compiler: compiler(), executable: process.execPath, execArgv: ownFlags() } as const;
  const binary = koffiBinary();
  const args = binary === undefined ? options.args : [...options.args, BINARY + binary];
  const command = childCommand({ ...options, args }, self);
  return spawnWithNode(command, options, inheritedEnv(process.env, options.env));
}

export const nodeSpawner: Spawner = {
  get compiler() {
    return compiler();
  },
  spawnProcess,
  spawnWorker,
};
