/** What Bun tells of the modules that it has loaded. */

import { nodeProcess, urlInStack } from "./node_builtins.ts";
import type { LoadedModules } from "./runtime.ts";
import { lacksFile, pathOfUrl, readSource } from "./source_files.ts";

/** What was loaded, by path: modules as well as CommonJS; not those that are running yet. */
const { cache } = (import.meta as ImportMeta & {
  readonly require?: { readonly cache: Readonly<Record<string, { readonly exports: unknown }>> };
}).require ?? { cache: {} };

export const bunModules: LoadedModules = {
  looksOnly: true,
  get textsDiffer() {
    const { execArgv, env } = nodeProcess(); // for a debugger it compiles what is simpler to step through
    return env["BUN_INSPECT"] !== undefined || execArgv.some((flag) => flag.startsWith("--inspect"));
  },
  *all() {
    // The main module gets there when it has run, after what it imports.
    for (const path of Object.keys(cache)) {
      const [file = "", query = ""] = path.split(/(\?.*)/s, 2);
      yield [urlInStack(file) + query, cache[path]?.exports];
    }
  },
  scriptOf: () => undefined,
  exportsOf: (url) => cache[pathOfUrl(url) ?? ""],
  sourceOf: readSource,
  lacks: lacksFile,
  resolve: () => undefined, // all() tells more
};
