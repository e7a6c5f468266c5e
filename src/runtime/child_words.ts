/** What a child process finds from its parent: its words in the command line, and a descriptor. */

/** Separates the interpreter's words from ours in a child's arguments. */
export const MARKER = "--multiprocessing-child";
/** The number under which every child inherits the memory file. */
export const MEMORY_FD = 3;

/** The words that a parent gave to `childCommand`, or undefined when no parent did. */
export function childWords(argv: readonly string[]): readonly string[] | undefined {
  const at = argv.indexOf(MARKER);
  return at < 0 ? undefined : argv.slice(at + 1);
}
