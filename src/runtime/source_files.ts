/** The files of modules, as Node and Bun read them. */

import { builtin } from "./node_builtins.ts";

/** Path of a file's URL; undefined for other URLs, and where a query makes it a module of its own. */
export function pathOfUrl(url: string): string | undefined {
  return url.startsWith("file:") && !/[?#]/.test(url) ? builtin("node:url").fileURLToPath(url) : undefined;
}

/** The text of a module's file; undefined when it can't be read. */
export function readSource(url: string): string | undefined {
  const path = pathOfUrl(url.replace(/[?#].*/s, ""));
  try {
    return path && builtin("node:fs").readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/** See LoadedModules.lacks. */
export function lacksFile(url: string): boolean {
  const path = pathOfUrl(url);
  return path !== undefined && !builtin("node:fs").existsSync(path);
}
