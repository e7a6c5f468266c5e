/** The other end of `peer.ts`: sends back what comes, and produces small objects. */

import process from "node:process";
import { smallObject } from "./objects.ts";

interface Scope {
  postMessage?(message: unknown): void;
  addEventListener?(type: "message", listener: (event: MessageEvent<unknown>) => void): void;
}

/** Messages produced before the event loop gets a turn. */
const BATCH = 500;

function serve(send: (message: unknown) => void): (message: unknown) => void {
  return (message) => {
    const count = (message as { produce?: number } | null)?.produce;
    if (count === undefined) return send(message);
    let i = 0;
    const some = () => {
      for (const end = Math.min(count, i + BATCH); i < end; i++) send(smallObject(i));
      if (i < count) setImmediate(some);
    };
    some();
  };
}

const scope = globalThis as unknown as Scope;
// In a worker of Deno, `process.send` is there too, and leads nowhere.
if (typeof process.send === "function" && !("WorkerGlobalScope" in globalThis)) {
  process.on("message", serve((message) => process.send?.(message)));
} else if (scope.postMessage !== undefined) {
  const answer = serve((message) => scope.postMessage?.(message));
  scope.addEventListener?.("message", (event) => answer(event.data));
} else {
  // Not before: a Web Worker that waits for something loses the messages that come meanwhile.
  const { parentPort } = await import("node:worker_threads");
  parentPort?.on("message", serve((message) => parentPort.postMessage(message)));
}
