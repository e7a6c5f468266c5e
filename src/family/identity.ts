/** How this process was born. */

import { copies, thisCopy } from "../base/copies.ts";
import { runtime } from "../runtime/current.ts";
import type { Family } from "./family.ts";

/** How this process was born; undefined in the root. */
export interface Birth {
  readonly family: Family;
  readonly name: string;
  /** Its number among its parent's children, after the parent's own: "1:2". */
  readonly lineage: string;
  readonly daemon: boolean;
  readonly authkey: Uint8Array;
  readonly parent: { readonly owner: number; readonly name: string; readonly pid: number; readonly ident: string };
}

let birth: Birth | undefined;
export function setBirth(given: Birth): void {
  birth = given;
  copies.child = thisCopy;
}

export function birthOfThis(): Birth | undefined {
  return birth;
}

/**
 * True in the root process, in whichever module it is asked (see isMain). CPython: `parent_process() is None`.
 *
 * @example
 * ```ts
 * import { isMainProcess } from "@manyproc/multiprocessing";
 *
 * console.log(isMainProcess()); // true; in a child false
 * ```
 */
export function isMainProcess(): boolean {
  return birth === undefined && copies.child === undefined && !isUnborn();
}

/** Whether this process was started as a child, but hasn't joined its family: not yet, or never will. */
export function isUnborn(): boolean {
  return copies.child === undefined && runtime.isChild;
}

/** "MainProcess" in the root. */
export function nameOfThis(): string {
  return birth?.name ?? "MainProcess";
}
