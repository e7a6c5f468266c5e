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

/** Listeners to SIGINT that are ours. */
let ours = 0;

export function onNodeInterrupt(handler: () => void): () => void {
  const process = nodeProcess();
  // First of all: those of the program that listen once are still there, and all of them can be left alone with the signal.
  process.prependListener("SIGINT", handler);
  ours++;
  return () => {
    process.off("SIGINT", handler);
    ours--;
  };
}

/** Whether the program listens to SIGINT. */
export function handlesNodeInterrupt(): boolean {
  return nodeProcess().listenerCount("SIGINT") > ours;
}
