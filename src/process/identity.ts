/** How this process was born, and whether it is loading its modules. */

import { MisuseError } from "../errors/base.ts";
import type { Family } from "../memory/family.ts";

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
/** True while a child imports the module of its target. */
let loading = false;

export function setBirth(given: Birth): void {
  birth = given;
}

export function birthOfThis(): Birth | undefined {
  return birth;
}

export function setLoading(value: boolean): void {
  loading = value;
}

/** MisuseError while a child imports the module of its target: what starts a process there would do so in every child. */
export function refuseWhileLoading(doing: string): void {
  if (!loading) return;
  throw new MisuseError(
    `Cannot ${doing} while a child loads its modules: this code runs again in every child; ` +
      "put it behind if (isMain(import.meta)) { … }",
  );
}

/** True in the root process, in whichever module it is asked (see isMain). */
export function isMainProcess(): boolean {
  return birth === undefined;
}

/** "MainProcess" in the root. */
export function nameOfThis(): string {
  return birth?.name ?? "MainProcess";
}
