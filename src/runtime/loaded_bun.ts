/** What Bun tells of the modules that it has loaded. */

import { urlInStack } from "./node_builtins.ts";
import type { LoadedModules } from "./runtime.ts";
import { pathOfUrl, readSource } from "./source_files.ts";

/** What was loaded, by path: modules as well as CommonJS; not those that are running yet. */
const { cache } = (import.meta as ImportMeta & {
  readonly require?: { readonly cache: Readonly<Record<string, { readonly exports: unknown }>> };
}).require ?? { cache: {} };

export const bunModules: LoadedModules = {
  looksOnly: true,
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
  resolve: () => undefined, // all() tells more
};
