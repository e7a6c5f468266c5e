/** Start methods: which one is the default, and the interpreter that children run on. */

import { JSON } from "../base/originals.ts";
import { MisuseError } from "../errors/base.ts";
import { chooseMethod, defaultMethod, isAvailable } from "../family/families.ts";
import { runtime } from "../runtime/current.ts";
import { cpuCount as systemCpuCount } from "../runtime/proc_files.ts";
import type { StartMethod } from "../runtime/runtime.ts";

const methods: readonly StartMethod[] = runtime.preferredMethod === "process"
  ? ["process", "worker"]
  : ["worker", "process"];

/**
 * The start methods that work here: on this system, with what is installed, and with the permissions that were granted so far
 * (nobody is asked for one). The usual one of the runtime comes first: "worker" on Deno, "process" on Bun and Node, where it can
 * be had. `new Queue()` of a context of one that is missing throws a SpawnError that says what to do. CPython:
 * `multiprocessing.get_all_start_methods()`.
 */
export function getAllStartMethods(): StartMethod[] {
  return methods.filter(isAvailable);
}

/**
 * The default start method: what setStartMethod() chose, in a child its parent's, else the first that works here (see
 * getAllStartMethods). CPython: `multiprocessing.get_start_method()`.
 */
export function getStartMethod(): StartMethod {
  return defaultMethod();
}

/**
 * Chooses the default start method: of what is made without a context from then on. Call it before anything is made, also
 * before importing modules that make objects as they load. CPython: `multiprocessing.set_start_method()`.
 *
 * With `force` it may be called at any time. What was made before stays of its own start method: children of the new one
 * can't be given it (MisuseError), and an object that is made by the same name in them is another one.
 * @throws {MisuseError} without `force` on a second call, in a child, and when something was made already without a context;
 * always for a method that isn't one
 *
 * @example
 * ```ts
 * import { getStartMethod, isMain, setStartMethod } from "@manyproc/multiprocessing";
 *
 * if (isMain(import.meta)) {
 *   setStartMethod("worker");
 *   console.log(getStartMethod()); // worker
 * }
 * ```
 */
export function setStartMethod(method: StartMethod, options?: { force?: boolean }): void {
  checkMethod(method);
  chooseMethod(method, options?.force ?? false);
}

/** MisuseError unless `method` is a start method. */
export function checkMethod(method: unknown): asserts method is StartMethod {
  if (!methods.includes(method as StartMethod)) {
    throw new MisuseError(`Cannot use the start method ${JSON.stringify(method)}: it is "process" or "worker"`);
  }
}

let interpreter: string | undefined;

/**
 * The interpreter that "process" children run on, a path, from the next start() on; until this is called, this process's own. It may be another
 * runtime, told by its file's name (`node…`, `bun…`, `deno…`): families of Node, Bun and Deno share all objects. CPython:
 * `multiprocessing.set_executable()`.
 * @throws {MisuseError} when it is no path. One that isn't there is a SpawnError of start().
 *
 * @example
 * ```ts
 * import { isMain, setExecutable } from "@manyproc/multiprocessing";
 *
 * if (isMain(import.meta)) setExecutable("/usr/local/bin/bun");
 * ```
 */
export function setExecutable(path: string): void {
  if (typeof path !== "string" || path === "") throw new MisuseError("Cannot set the executable: it takes a path");
  interpreter = path;
}

export function executable(): string | undefined {
  return interpreter;
}

/**
 * Usable processors: affinity and cgroup quota respected. CPython: `os.process_cpu_count()`.
 *
 * @example
 * ```ts
 * import { cpuCount } from "@manyproc/multiprocessing";
 *
 * console.log(cpuCount() >= 1); // true
 * ```
 */
export function cpuCount(): number {
  return systemCpuCount();
}
