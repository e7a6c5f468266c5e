/** What a target module that is a program of its own needs. */

import process from "node:process";
import type { RuntimeName } from "./case.ts";

/** Its argument at that place, or "". */
export function argument(index: number): string {
  return process.argv[2 + index] ?? "";
}

/** The runtime that this runs on. */
export const runtimeName: RuntimeName = "Deno" in globalThis ? "deno" : "Bun" in globalThis ? "bun" : "node";
