/** The modules of this package that its children are told to load, from the sources as from the npm package. */

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";

/** The entry of every child. */
export const childEntry: URL = new URL(`../child.${extension}`, import.meta.url);

/** An export of child_rest.ts, as a target. */
export function ownTarget(name: string): URL {
  return new URL(`../child_rest.${extension}#${name}`, import.meta.url);
}
