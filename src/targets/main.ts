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
 *
 * @example
 * ```ts ignore
 * if (isMain(import.meta)) await main();
 * ```
 */
export function isMain(module: ImportMeta | { readonly filename: string }): boolean {
  return isMainProcess() && moduleUrl(module as ModuleRef) === mainModule();
}
