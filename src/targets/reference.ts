/** Targets, and the references by which they travel. */

/**
 * What another process can be told to run. Code never travels: the child imports the module, and looks the function up.
 *
 * 1. A function made by `task()` or taken from `targets()` is found whatever bundlers and minifiers did.
 * 2. A URL names a module, and its hash the export: `new URL("./tasks.ts#square", import.meta.url)`; without a hash it is the
 *    default export.
 * 3. Any other function is looked up by its name among the exports (then the default export's properties) of the file that
 *    hands it over, then of the main module, and taken only if its source text is the same.
 *
 * A function that is imported from elsewhere and not exported again needs 1 or 2. When it isn't found, or is another one, that
 * is a TargetError which says so. What an async function resolves to is awaited; generators and classes are refused. Where a
 * `.ts` module isn't there, `.js` and `.mjs` are tried: packages are compiled. CPython: functions are pickled by name.
 */
// deno-lint-ignore no-explicit-any -- a target whose arguments aren't known
export type Target<A extends readonly unknown[] = any[], R = unknown> = ((...args: A) => R | Promise<R>) | URL;

/** A function's name as it travels. */
export interface Reference {
  /**
   * "task": registered by task() in `modules[0]`. "export": an export of the first of `modules` that has it. "class": the same,
   * what may be a class: of a Process, or of objects on a manager's server.
   */
  readonly kind: "task" | "export" | "class";
  readonly modules: readonly string[];
  readonly name: string;
  /** Of a function whose module is only a guess: tells two of one name apart; compared on the runtime that made it. */
  readonly text?: string;
  /** Of a function, not of what was named by a URL. */
  readonly runtime?: string;
}
