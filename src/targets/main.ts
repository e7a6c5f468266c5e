/** Which module is the program. */

import { runtime } from "../runtime/current.ts";

let rootMainModule: string | undefined;

/** The program's main module: in a child, the root's. */
export function mainModule(): string | undefined {
  return rootMainModule ?? runtime.mainModule;
}

/** In a child: what the root's main module is. */
export function setMainModule(url: string | undefined): void {
  rootMainModule = url;
}
