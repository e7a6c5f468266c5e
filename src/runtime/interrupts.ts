/** SIGINT in a process of Node or Bun: our listeners beside the program's. */

import { nodeProcess } from "./node_builtins.ts";

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
