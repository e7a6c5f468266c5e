/** Which configuration (deno.json) a child on Deno would find by itself, and which it should have: its parent's. */

import type { DenoLine } from "./deno_flags.ts";

/** Whether a file exists. */
export type Exists = (path: string) => boolean;

/**
 * Flags with which a child that runs `entry` has the configuration of this program, whose main module is `main`. Deno looks for
 * it from the folder of the module that it runs: in a child that is this package's, in a cache or on the net.
 */
export function configFlags(
  line: DenoLine,
  main: string | undefined,
  entry: URL,
  cwd: string,
  exists: Exists,
): string[] {
  if (line.flags.some(isConfigFlag)) return [];
  const { script } = line;
  // Of a package it looks from where it was started, of a module on the net not at all.
  const from = script?.startsWith("npm:") ? cwd : folderOf(main);
  if (from === undefined) return ["--no-config"];
  const config = find(from, exists), folder = folderOf(entry.href);
  if (config === undefined || folder !== undefined && find(folder, exists) === config) return [];
  return [`--config=${config}`];
}

/** Whether a flag says which configuration to use. */
export function isConfigFlag(flag: string): boolean {
  return /^(-c|--config|--no-config)(=|$)/.test(flag);
}

function folderOf(url: string | undefined): string | undefined {
  if (url?.startsWith("file:") !== true) return undefined;
  return decodeURIComponent(new URL(url).pathname).replace(/\/[^/]*$/, "");
}

/** As Deno looks for it. */
function find(start: string, exists: Exists): string | undefined {
  for (let folder = start, above = "";; folder = above) {
    for (const name of ["deno.json", "deno.jsonc"]) if (exists(`${folder}/${name}`)) return `${folder}/${name}`;
    above = folder.replace(/\/[^/]*$/, "");
    if (above === folder) return undefined;
  }
}
