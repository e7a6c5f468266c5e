/** The program's main module; `__name__ == "__main__"` for runtimes without `import.meta.main`. */

import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";
import { isFileless } from "../runtime/node_builtins.ts";
import { isMainProcess } from "../family/identity.ts";
import { callerModules } from "./caller.ts";
import type { ModuleRef } from "./module_ref.ts";
import { moduleUrl } from "./module_ref.ts";

let rootMainModule: string | undefined;

/** The program's main module: in a child, the root's. */
export function mainModule(): string | undefined {
  return rootMainModule ?? runtime.mainModule;
}

/** In a child: what the root's main module is. */
export function setMainModule(url: string | undefined): void {
  rootMainModule = url;
}

/**
 * True when this module is the program and this is the root: what a program does, and its children must not, goes behind it.
 * Pass `import.meta`; in CommonJS, `module`. CPython: `__name__ == "__main__"`.
 * @throws {MisuseError} when it was given neither, or `module` doesn't say which it is, as where a bundler has emptied or changed
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
  if (url === main || (main === undefined && isFileless(url))) return true;
  if (main !== undefined && callerModules()[0] === main) {
    throw new MisuseError(
      `Cannot tell whether ${url} is the program: it is ${main} that asks; ` +
        "where a bundler has changed import.meta, use if (isMainProcess()) { … }",
    );
  }
  return false;
}
