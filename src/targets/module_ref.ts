/** Which module is meant: in the words of those that say it of themselves. */

import { MisuseError } from "../errors/base.ts";
import { isMainProcess } from "../family/identity.ts";
import { runtime } from "../runtime/current.ts";
import { isLoadable } from "../runtime/node_builtins.ts";
import { asker } from "./caller.ts";
import { mainModule } from "./main.ts";

/** How a module says which one it is: `import.meta`, its URL, its path, or CommonJS's `module`. */
export type ModuleRef = string | URL | ImportMeta | { readonly filename: string };

/** A module's URL. MisuseError when it isn't told, or is told by what a bundler has made of another. */
export function moduleUrl(module: ModuleRef): string {
  if (module instanceof URL) return module.href;
  if (typeof module === "string") return module.includes("://") ? module : runtime.urlOfFile(module);
  if (typeof module === "object" && module !== null) {
    if ("url" in module && typeof module.url === "string") return asTold(module.url);
    if ("filename" in module && typeof module.filename === "string") return asTold(runtime.urlOfFile(module.filename));
  }
  throw untold("");
}

/** Some bundlers put the URL that a source had into what they make of it: that is no module that a child could load. */
function asTold(url: string): string {
  const main = mainModule();
  if (url === main || !isMainProcess()) return url; // in a child it is what it was in the program
  const who = asker();
  if (who !== undefined && who !== url && (who === main || !isLoadable(who))) {
    throw untold(`it is ${who} that passes ${url}; `);
  }
  return url;
}

function untold(why: string): MisuseError {
  return new MisuseError(
    `Cannot tell which module is meant: ${why}pass import.meta (in CommonJS: module); where a bundler has emptied or changed ` +
      "it, pass the module's URL or path, and use if (isMainProcess()) { … } for if (isMain(import.meta)) { … }",
  );
}
