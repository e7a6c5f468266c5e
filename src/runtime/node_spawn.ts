/** Starting children on Node. */

import type { Worker, WorkerOptions } from "node:worker_threads";
import { SpawnError } from "../errors/base.ts";
import { childCommand, inheritedFlags } from "./child_command.ts";
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

/** A worker with this process's flags, but for those (like --input-type) with which no module could be run. */
function makeWorker(entry: URL, options: WorkerOptions): Worker {
  const { Worker } = builtin("node:worker_threads");
  const { execArgv } = nodeProcess();
  const kept = inheritedFlags(execArgv);
  if (kept.length === execArgv.length) return new Worker(entry, options);
  try {
    return new Worker(entry, { ...options, execArgv: kept });
  } catch (error) {
    // Given explicitly, flags of the engine are refused.
    if ((error as NodeJS.ErrnoException).code !== "ERR_WORKER_INVALID_EXEC_ARGV") throw error;
    return new Worker(entry, { ...options, execArgv: [] });
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

function spawnProcess(options: ProcessSpawn): ProcessHandle {
  const process = nodeProcess();
  requireLinux(process.platform);
  const self = { name: "node", executable: process.execPath, execArgv: inheritedFlags(process.execArgv) } as const;
  const binary = koffiBinary();
  const args = binary === undefined ? options.args : [...options.args, BINARY + binary];
  const command = childCommand({ ...options, args }, self);
  return spawnWithNode(command, options, { ...process.env, ...options.env });
}

export const nodeSpawner: Spawner = { spawnProcess, spawnWorker };
