/** What a parent tells a Web Worker at its start (Bun, Deno). */

import type { Boot } from "./runtime.ts";

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
