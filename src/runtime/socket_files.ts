/** The files of unix sockets: a fresh place for one, and what is left of those when the process ends. */

import { SpawnError } from "../errors/base.ts";
import { runtime } from "./current.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";

/** Paths that are to go with this process. */
const ours = new Set<string>();
let watching = false;

/** A path for a socket, in a fresh folder that only this user may enter (mode 0700). */
export function freshSocketPath(): string {
  if (nodeProcess().platform === "win32") {
    throw new SpawnError("Cannot choose an address: unix sockets need one of yours here; pass `address`");
  }
  const { mkdtempSync } = builtin("node:fs"), { join } = builtin("node:path");
  const path = join(mkdtempSync(join(builtin("node:os").tmpdir(), "mp-")), "socket");
  ours.add(path);
  if (!watching) {
    watching = true;
    runtime.onExit(() => {
      for (const one of [...ours]) removeFreshSocket(one);
    });
  }
  return path;
}

/** Removes such a folder. */
export function removeFreshSocket(path: string): void {
  if (!ours.delete(path)) return;
  builtin("node:fs").rmSync(builtin("node:path").dirname(path), { recursive: true, force: true });
}
