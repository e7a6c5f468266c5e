/** Start methods: which one is the default, and the interpreter that children run on. */

import { MisuseError } from "../errors/base.ts";
import { chooseMethod, currentMethod } from "../family/families.ts";
import { runtime } from "../runtime/current.ts";
import type { StartMethod } from "../runtime/runtime.ts";

const methods: readonly StartMethod[] = runtime.defaultMethod === "process"
  ? ["process", "worker"]
  : ["worker", "process"];

/**
 * Both start methods, the runtime's default first: on Deno "worker", on Bun and Node "process" (on Windows "worker"). CPython:
 * `multiprocessing.get_all_start_methods()`.
 */
export function getAllStartMethods(): StartMethod[] {
  return [...methods];
}

/**
 * The default start method: what setStartMethod() chose, in a child that by which it was started, else the runtime's. CPython:
 * `multiprocessing.get_start_method()`.
 */
export function getStartMethod(): StartMethod {
  return currentMethod();
}

/**
 * Chooses the default start method: of what is made without a context from then on. CPython:
 * `multiprocessing.set_start_method()`.
 * @throws {MisuseError} without `force` on a second call or in a child, and for a method that isn't one
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
  return runtime.cpuCount();
}
