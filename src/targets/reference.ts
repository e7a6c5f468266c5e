/** Targets, and the references by which they travel. */

/** What another process can be told to run: a function that it can import, or a URL whose hash names the export. */
// deno-lint-ignore no-explicit-any -- a target whose arguments aren't known
export type Target<A extends readonly unknown[] = any[], R = unknown> = ((...args: A) => R | Promise<R>) | URL;

/** A function's name as it travels. */
export interface Reference {
  /**
   * "task": registered by task() in `modules[0]`. "export": an export of the first of `modules` that has it. "class": the same,
   * a subclass of Process.
   */
  readonly kind: "task" | "export" | "class";
  readonly modules: readonly string[];
  readonly name: string;
  /** Of a function whose module is only a guess: tells two of one name apart; compared on the runtime that made it. */
  readonly text?: string;
  /** Of a function, not of what was named by a URL. */
  readonly runtime?: string;
}
