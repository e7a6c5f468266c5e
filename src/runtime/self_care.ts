/** What a process of Node or Bun knows of its memory, and its interrupts. */

import { builtin, nodeProcess } from "./node_builtins.ts";

/** Resident bytes of another process, from /proc; null where that can't be read. */
export function residentBytesOf(pid: number, read = readText): number | null {
  try {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}

function readText(path: string): string {
  return builtin("node:fs").readFileSync(path, "utf8");
}

export function onNodeInterrupt(handler: () => void): () => void {
  const process = nodeProcess();
  process.on("SIGINT", handler);
  return () => void process.off("SIGINT", handler);
}
