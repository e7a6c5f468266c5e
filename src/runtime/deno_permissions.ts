/** What this Deno process may do, asked without ever prompting. */

import { SpawnError } from "../errors/base.ts";
import type { DenoApi, PermissionName } from "./deno_api.ts";

const NAMES: readonly PermissionName[] = ["read", "write", "net", "env", "run", "ffi", "sys"];

export function granted(deno: DenoApi, name: PermissionName): boolean {
  const status = deno.permissions.querySync({ name });
  return status.state === "granted" && !status.partial;
}

export function allGranted(deno: DenoApi): boolean {
  return NAMES.every((name) => granted(deno, name));
}

/** The words of this process's command line; none where Deno doesn't show it (it takes all permissions). */
export function commandLine(deno: DenoApi): string[] {
  if (deno.build.os !== "linux" || !allGranted(deno)) return [];
  try {
    return deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}

/** Flags that give a child what this process holds as a whole. */
export function permissionFlags(deno: DenoApi): string[] {
  const held = NAMES.filter((name) => granted(deno, name));
  return held.length === NAMES.length ? ["-A"] : held.map((name) => `--allow-${name}`);
}

/** Throws SpawnError naming the flags that start method "process" lacks. */
export function requirePermissions(deno: DenoApi, names: readonly PermissionName[]): void {
  if (names.every((name) => granted(deno, name))) return;
  const needed: PermissionName[] = ["read", "env", "run", "ffi"];
  const missing = needed.filter((name) => !granted(deno, name)).map((name) => `--allow-${name}`);
  throw new SpawnError(
    `Cannot use start method "process" without permission: run Deno with ${missing.join(" ")} (or -A), or use "worker"`,
  );
}
