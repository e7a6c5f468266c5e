/** The least versions of the runtimes with which children can be started; older ones hang, or lack a function. */

import { SpawnError } from "../errors/base.ts";

export const LEAST_DENO = "2.9";
export const LEAST_BUN = "1.4";

/** Throws SpawnError when a runtime's version is older than `least`, which has two numbers. */
export function requireVersion(name: string, version: string, least: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number),
    [leastMajor = 0, leastMinor = 0] = least.split(".").map(Number);
  if (major > leastMajor || major === leastMajor && minor >= leastMinor) return;
  throw new SpawnError(`Cannot start a child on ${name} ${version}: it takes ${name} ${least} or later`);
}
