/** What a child is told by its parent as it starts: words in the command line, a descriptor, or a message. */

import type { Boot } from "./runtime.ts";

/** Separates the interpreter's words from ours in a child's arguments. */
export const MARKER = "--multiprocessing-child";
/** The number under which every child inherits the memory file. */
export const MEMORY_FD = 3;

/** The words that a parent gave to `childCommand`, or undefined when no parent did. */
export function childWords(argv: readonly string[]): readonly string[] | undefined {
  const at = argv.indexOf(MARKER);
  return at < 0 ? undefined : argv.slice(at + 1);
}

/** What a worker of Node is given by its parent. */
export interface WorkerWords {
  readonly multiprocessing: { readonly args: readonly string[]; readonly memory: SharedArrayBuffer };
}

export interface BootMessage {
  readonly multiprocessing: {
    readonly args: readonly string[];
    readonly memory: SharedArrayBuffer;
    /** Deno: the name of a lock that the worker holds as long as its thread runs. */
    readonly life?: string;
  };
}

interface MessageScope {
  addEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
  removeEventListener(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
}

/** In a worker: the first message, which must be the parent's words. */
export function firstMessage(): Promise<Extract<Boot, { method: "worker" }> & BootMessage["multiprocessing"]> {
  return new Promise((resolve) => {
    const scope = globalThis as unknown as MessageScope;
    const receive = (event: MessageEvent<unknown>) => {
      const words = (event.data as Partial<BootMessage> | null)?.multiprocessing;
      if (words === undefined) return;
      event.stopImmediatePropagation();
      scope.removeEventListener("message", receive);
      resolve({ method: "worker", ...words });
    };
    scope.addEventListener("message", receive);
  });
}
