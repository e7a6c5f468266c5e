/** Worker threads on Deno: Web Workers, because node:worker_threads copies slowly there. */

import { JSON } from "../base/originals.ts";
import { randomHex } from "../base/random.ts";
import { SpawnError } from "../errors/base.ts";
import { type DenoApi, locks } from "./deno_api.ts";
import { commandLine } from "./deno_permissions.ts";
import type { WorkerHandle, WorkerSpawn } from "./runtime.ts";
import { LEAST_DENO, requireVersion } from "./versions.ts";
import type { BootMessage } from "./boot.ts";

interface DenoWorker extends EventTarget {
  postMessage(message: unknown): void;
  terminate(): void;
}

type DenoWorkerClass = new (
  url: URL,
  options: { type: "module"; name: string; deno?: { permissions: unknown } },
) => DenoWorker;

/**
 * Whether `deno: { permissions }` would end this process, because --unstable-worker-options was not given. False where
 * that can't be found out.
 */
function lacksWorkerOptions(deno: DenoApi): boolean {
  const words = commandLine(deno);
  if (words.length === 0) return false;
  if (words.some((word) => /^--unstable(-worker-options)?$/.test(word))) return false;
  for (let folder = deno.cwd();; folder = folder.replace(/\/[^/]*$/, "")) {
    for (const name of ["deno.json", "deno.jsonc"]) {
      try {
        if (deno.readTextFileSync(`${folder}/${name}`).includes('"worker-options"')) return false;
      } catch {
        // none here
      }
    }
    if (folder === "") return true;
  }
}

/**
 * The worker doesn't keep this process alive any more. Web Workers of Deno have no public unref(); this is the method that its
 * node:worker_threads calls for it (denoland/deno#22778), a counter behind a nameless symbol: so it must be called once.
 * Where it is missing the worker keeps the process alive.
 */
function letGo(worker: DenoWorker): void {
  const prototype = Object.getPrototypeOf(worker) as Record<symbol, unknown>;
  const key = Object.getOwnPropertySymbols(prototype).find((symbol) => symbol.description === undefined);
  const count = key === undefined ? undefined : prototype[key];
  if (typeof count === "function") count.call(worker, false);
}

export function spawnDenoWorker(deno: DenoApi, options: WorkerSpawn): WorkerHandle {
  const { permissions } = options;
  requireVersion("Deno", deno.version.deno, LEAST_DENO);
  if (permissions !== undefined && permissions !== "inherit" && lacksWorkerOptions(deno)) {
    throw new SpawnError(
      `Cannot start worker ${
        JSON.stringify(options.name)
      } with permissions of its own: run Deno with --unstable-worker-options`,
    );
  }
  const { Worker } = globalThis as unknown as { Worker: DenoWorkerClass };
  let worker: DenoWorker;
  try {
    worker = new Worker(options.entry, {
      type: "module",
      name: options.name,
      ...(permissions === undefined || permissions === "inherit" ? {} : { deno: { permissions } }),
    });
  } catch (cause) {
    throw new SpawnError(`Cannot start worker ${JSON.stringify(options.name)}: ${(cause as Error).message}`, { cause });
  }
  const failed = new Promise<Error>((resolve) => {
    worker.addEventListener("error", (event) => {
      event.preventDefault(); // else it ends the parent
      const { error, message } = event as ErrorEvent;
      resolve(error instanceof Error ? error : new Error(message));
    });
  });
  const life = `multiprocessing ${randomHex(16)}`;
  worker.postMessage({ multiprocessing: { args: options.args, memory: options.memory, life } } satisfies BootMessage);
  return {
    exited: undefined,
    gone: () => locks().request(life, () => {}),
    failed,
    terminate: () => worker.terminate(),
    stopsBusy: false,
    unref: () => letGo(worker),
  };
}
