/** Which module is meant: in the words of those that say it of themselves. */

import { MisuseError } from "../errors/base.ts";
import { runtime } from "../runtime/current.ts";

/** How a module says which one it is: `import.meta`, its URL, its path, or CommonJS's `module`. */
export type ModuleRef = string | URL | ImportMeta | { readonly filename: string };

/** A module's URL. */
export function moduleUrl(module: ModuleRef): string {
  if (module instanceof URL) return module.href;
  if (typeof module === "string") return module.includes("://") ? module : runtime.urlOfFile(module);
  if (typeof module === "object" && module !== null) {
    if ("url" in module && typeof module.url === "string") return module.url;
    if ("filename" in module && typeof module.filename === "string") return runtime.urlOfFile(module.filename);
  }
  throw new MisuseError(
    "Cannot tell which module is meant: pass import.meta (in CommonJS: module); where a bundler has emptied it, pass the " +
      "module's URL or path, and use if (isMainProcess()) { … } for if (isMain(import.meta)) { … }",
  );
}
