/** Registering functions as targets. */

import { MisuseError } from "../errors/base.ts";
import { type ModuleRef, moduleUrl } from "./module_ref.ts";
import { refuseUnfit } from "./plain_function.ts";
import { known, tasks } from "./registered.ts";

/**
 * Registers `fn` as a target of its module when the module loads (no export needed) and returns it. Call it at the module's
 * top level, so that it is called in a child too. Where a function is exported by its own name, CPython's way, it isn't needed.
 *
 * `name` defaults to the function's own, else to the ordinal of this call in the module.
 * @throws {MisuseError} when the module has another task of that name, `fn` is not a function, or `module` is none,
 *   or not the one that calls, as where a bundler has emptied or changed `import.meta`
 * @throws {TargetError} when `fn` is a generator or a class
 *
 * @example
 * ```ts
 * import { isMain, Pool, task } from "@manyproc/multiprocessing";
 *
 * const square = task(import.meta, (x: number) => x * x);
 *
 * if (isMain(import.meta)) {
 *   await using pool = new Pool(2);
 *   console.log(await pool.map(square, [1, 2, 3])); // [ 1, 4, 9 ]
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any -- a target may take anything
export function task<F extends (...args: any[]) => unknown>(module: ModuleRef, fn: F, name?: string): F {
  refuseUnfit(fn, "register as a task");
  const url = moduleUrl(module);
  let named = tasks.get(url);
  if (named === undefined) tasks.set(url, named = new Map());
  const key = name ?? (fn.name !== "" ? fn.name : `#${named.size}`);
  const before = named.get(key);
  if (before !== undefined && before !== fn && String(before) !== String(fn)) {
    throw new MisuseError(
      `Cannot register the task "${key}": ${url} has another one of that name; pass a third argument`,
    );
  }
  named.set(key, fn);
  known.set(fn, { kind: "task", modules: [url], name: key });
  return fn;
}
