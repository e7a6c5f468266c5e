/** The pools of npm as contestants, each with its defaults and a fixed number of workers. */

import { byCalls, type Contestant } from "./contestant.ts";

type Open = (workers: number) => Promise<Contestant>;

const file = (name: string) => new URL(name, import.meta.url).pathname;
const tasks = file("./tasks.mjs");

const piscina: Open = async (workers) => {
  const { Piscina } = await import("piscina");
  const pool = new Piscina({ filename: tasks, minThreads: workers, maxThreads: workers });
  return byCalls("piscina", (name, x) => pool.run(x, { name }), () => pool.destroy());
};

function tinypool(runtime: "worker_threads" | "child_process"): Open {
  return async (workers) => {
    const { Tinypool } = await import("tinypool");
    const pool = new Tinypool({ filename: tasks, minThreads: workers, maxThreads: workers, runtime });
    return byCalls(`tinypool, ${runtime}`, (name, x) => pool.run(x, { name }), () => pool.destroy());
  };
}

function workerpool(workerType: "thread" | "process"): Open {
  return async (workers) => {
    const { default: workerpool } = await import("workerpool");
    const pool = workerpool.pool(file("./tasks_workerpool.mjs"), {
      minWorkers: workers,
      maxWorkers: workers,
      workerType,
    });
    return byCalls(`workerpool, ${workerType}`, async (name, x) => await pool.exec(name, [x]), () => pool.terminate());
  };
}

function jestWorker(enableWorkerThreads: boolean): Open {
  return async (workers) => {
    const { Worker } = await import("jest-worker");
    const pool = new Worker(tasks, { numWorkers: workers, enableWorkerThreads, exposedMethods: ["square", "busy"] });
    const { square, busy } = pool as unknown as Record<"square" | "busy", (x: number) => Promise<unknown>>;
    const functions = { square, busy };
    return byCalls(
      `jest-worker, ${enableWorkerThreads ? "thread" : "process"}`,
      (name, x) => functions[name](x),
      () => pool.end(),
    );
  };
}

const workerFarm: Open = async (workers) => {
  const { default: farm } = await import("worker-farm");
  const pool = farm({ maxConcurrentWorkers: workers }, file("./tasks_farm.cjs"), ["square", "busy"]);
  const functions = pool as unknown as Record<"square" | "busy", (x: number, done: Done) => void>;
  type Done = (error: unknown, value: unknown) => void;
  return byCalls("worker-farm", (name, x) =>
    new Promise((resolve, reject) =>
      functions[name](x, (error, value) => {
        if (error) reject(error);
        else resolve(value);
      })
    ), () => farm.end(pool));
};

function poolifier(kind: "thread" | "cluster"): Open {
  return async (workers) => {
    const { FixedClusterPool, FixedThreadPool } = await import("poolifier");
    const pool = kind === "thread"
      ? new FixedThreadPool<number, unknown>(workers, file("./tasks_threads.mjs"))
      : new FixedClusterPool<number, unknown>(workers, file("./tasks_cluster.mjs"));
    return byCalls(`poolifier, ${kind}`, (name, x) => pool.execute(x, name), () => pool.destroy());
  };
}

const multithreading: Open = async (workers) => {
  // Its workers there don't find the functions, and turn in circles for ever after: beside it, everything takes longer.
  if ("Deno" in globalThis) throw new Error("it doesn't work on Deno");
  const { initRuntime, move, shutdown, spawn } = await import("multithreading");
  initRuntime({ maxWorkers: workers });
  // Its functions travel as source text: they can use nothing from outside.
  const functions = {
    square: (x: number) => x * x,
    busy: (milliseconds: number) => {
      const end = performance.now() + milliseconds;
      while (performance.now() < end);
      return milliseconds;
    },
  };
  return byCalls("multithreading", async (name, x) => {
    const result = await spawn(move(x), functions[name]).join();
    if (!result.ok) throw result.error;
    return result.value;
  }, shutdown);
};

/** All of them, by the name under which they are missed when they don't run. */
export const peers: Readonly<Record<string, Open>> = {
  "piscina": piscina,
  "tinypool, worker_threads": tinypool("worker_threads"),
  "tinypool, child_process": tinypool("child_process"),
  "workerpool, thread": workerpool("thread"),
  "workerpool, process": workerpool("process"),
  "jest-worker, thread": jestWorker(true),
  "jest-worker, process": jestWorker(false),
  "worker-farm": workerFarm,
  "poolifier, thread": poolifier("thread"),
  "poolifier, cluster": poolifier("cluster"),
  "multithreading": multithreading,
};
