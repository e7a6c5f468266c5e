/** Node's modules, loaded when first used: on Deno, the first mention of `process` or of any `node:` module costs 15 ms. */

/** The `process` object. */
export function nodeProcess(): NodeJS.Process {
  return (globalThis as unknown as { process: NodeJS.Process }).process;
}

/** `builtin("node:fs")`: the module, synchronously. */
export const builtin = ((id: string) => nodeProcess().getBuiltinModule(id)) as NodeJS.Process["getBuiltinModule"];

/** A file's URL, as Node and Bun write that of a module. */
export function urlOfFile(path: string): string {
  return builtin("node:url").pathToFileURL(path).href;
}

/** Whether that is the name that a runtime gives to a program without a file: on standard input, or the command line. */
export function isFileless(url: string): boolean {
  return /[/\\](?:\$deno\$[^/]*|(?:\[|%5B)(?:eval|stdin)\d*(?:\]|%5D))$/.test(url);
}

/** Whether a module of that URL can be imported. A bundler gives others to the modules that it evaluates. */
export function isLoadable(url: string): boolean {
  return /^(?:file|https?|data|blob):/.test(url);
}

/** URL of a module as a stack of Node or Bun names it: by its path, in Bun and CommonJS. */
export function urlInStack(place: string): string {
  return /^(?:\/|[A-Za-z]:[/\\])/.test(place) ? urlOfFile(place) : place;
}

/** See Runtime.readSystemFile. */
export function readSystemFile(path: string): string {
  if (nodeProcess().platform !== "linux") throw new Error(`${path} is a file of Linux`);
  return builtin("node:fs").readFileSync(path, "utf8");
}
