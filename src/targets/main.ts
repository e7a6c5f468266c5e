/** The program's main module; `__name__ == "__main__"` for runtimes without `import.meta.main`. */

import { runtime } from "../runtime/current.ts";
import { isMainProcess } from "../family/identity.ts";
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
 * @throws {MisuseError} when it was given neither
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
  return isMainProcess() && moduleUrl(module as ModuleRef) === mainModule();
}
