/** What a target module that is a program of its own needs. */

import process from "node:process";

/** Its argument at that place, or "". */
export function argument(index: number): string {
  return process.argv[2 + index] ?? "";
}
