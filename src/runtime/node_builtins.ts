/** Node's modules, loaded when first used: on Deno, the first mention of `process` or of any `node:` module costs 15 ms. */

/** The `process` object. */
export function nodeProcess(): NodeJS.Process {
  return (globalThis as unknown as { process: NodeJS.Process }).process;
}

/** `builtin("node:fs")`: the module, synchronously. */
export const builtin = ((id: string) => nodeProcess().getBuiltinModule(id)) as NodeJS.Process["getBuiltinModule"];
