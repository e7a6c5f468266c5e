/** What Deno tells of the modules that it has loaded. */

import type { DenoApi } from "./deno_api.ts";
import { builtin } from "./node_builtins.ts";
import type { LoadedModules } from "./runtime.ts";

const api = () => (globalThis as unknown as { Deno: DenoApi }).Deno;

/** Path of a file that may be read: a program that may not isn't to be asked whether it may. */
function readablePath(url: string): string | undefined {
  if (!url.startsWith("file:")) return undefined;
  const path = decodeURIComponent(new URL(url).pathname);
  return api().permissions.querySync({ name: "read", path }).state === "granted" ? path : undefined;
}

export const denoModules: LoadedModules = {
  looksOnly: false,
  textsDiffer: false,
  all: () => [],
  scriptOf: () => undefined,
  exportsOf(url) {
    const path = readablePath(url);
    // It also looks for a package.json.
    if (path === undefined || readablePath("file:///") === undefined) return undefined;
    try {
      return { exports: builtin("node:module").createRequire(url)(path) };
    } catch {
      return undefined; // it is running yet, or waits
    }
  },
  sourceOf(url) {
    const path = readablePath(url);
    try {
      return path && api().readTextFileSync(path);
    } catch {
      return undefined;
    }
  },
  lacks(url) {
    const path = readablePath(url);
    try {
      return path !== undefined && !api().statSync(path).isFile;
    } catch (error) {
      return (error as Error).name === "NotFound";
    }
  },
  resolve(specifier) {
    try {
      return import.meta.resolve(specifier); // there is one import map
    } catch {
      return undefined;
    }
  },
};
