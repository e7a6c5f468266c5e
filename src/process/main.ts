/** `__name__ == "__main__"` for runtimes without `import.meta.main`. */

import { isMainProcess } from "./current.ts";
import type { ModuleRef } from "./reference.ts";
import { mainModule, moduleUrl } from "./reference.ts";

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
