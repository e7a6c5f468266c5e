/** `__name__ == "__main__"`, for runtimes without `import.meta.main`. */

import { isFileless } from "../runtime/node_builtins.ts";
import { isMainProcess } from "../family/identity.ts";
import { mainModule } from "./main.ts";
import { type ModuleRef, moduleUrl } from "./module_ref.ts";

/**
 * True when this module is the program and this is the root: what a program does, and its children must not, goes behind it.
 * Pass `import.meta`; in CommonJS, `module`. CPython: `__name__ == "__main__"`.
 * @throws {MisuseError} when it was given neither, or `module` isn't the one that asks, as where a bundler has emptied or changed
 *   `import.meta`
 *
 * @example
 * ```ts
 * import { isMain, Process } from "@manyproc/multiprocessing";
 *
 * export function hello() {
 *   console.log("hello");
 * }
 *
 * if (isMain(import.meta)) {
 *   const child = new Process({ target: hello }); // which loads this module too, and must not come here
 *   await child.start();
 *   await child.join();
 * }
 * ```
 */
export function isMain(module: ImportMeta | { readonly filename: string }): boolean {
  if (!isMainProcess()) return false;
  const url = moduleUrl(module as ModuleRef), main = mainModule();
  return url === main || (main === undefined && isFileless(url));
}
