/**
 * Copies of this package in one program: two versions of it, or one that is bundled into something. What one makes the others
 * don't know, so each says here what they must be told.
 */

/** One copy. */
export interface Copy {
  /** Where it was loaded from. */
  readonly url: string;
}

/** What all copies in a process or worker know, of whatever version they are: its shape is for ever. */
interface Shared {
  /** In a child: the copy that started it, whose family it was born into. */
  child?: Copy;
  /** Names of open objects: whose they are. */
  readonly names: Map<string, { readonly copy: Copy; isOpen(): boolean }>;
  /** What task() registered, by module and name: that may have been by another copy than a child has. */
  tasks?: Map<string, Map<string, object>>;
}

/** This copy. */
export const thisCopy: Copy = { url: String(import.meta.url) };

const key = Symbol.for("@manyproc/multiprocessing");
export const copies = ((globalThis as Record<symbol, unknown>)[key] ??= { names: new Map() }) as Shared;

/** What to do about two copies. */
export function twoCopies(other: Copy): string {
  return `this program has two copies of @manyproc/multiprocessing, ${other.url} and ${thisCopy.url}: install one ` +
    "(npm ls @manyproc/multiprocessing tells who brings it), and leave it out of bundles";
}
