/**
 * The end of a process or thread: what must run and be written before. Deno has its own way to end and uses the functions that
 * run and write; what listens to `process` is for Node and Bun.
 */

import { TextEncoder } from "../base/originals.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";
import type { Runtime } from "./runtime.ts";

/** Functions that run once, when this process or thread ends. */
export class ExitHandlers {
  #handlers: (() => void)[] = [];

  add(handler: () => void): void {
    this.#handlers.push(handler);
  }

  /** Runs what was added, each at most once; an error of one doesn't keep the others from running. */
  run(): void {
    for (let handler = this.#handlers.shift(); handler !== undefined; handler = this.#handlers.shift()) {
      try {
        handler();
      } catch {
        // the end is not to be stopped
      }
    }
  }
}

/** Whether one of the flags makes the runtime write something of its own when it ends: profiles, coverage, traces. */
export function writesAtExit(flags: readonly string[]): boolean {
  return flags.some((flag) =>
    /--(cpu-prof|heap-prof|prof\b|perf-|trace-event|experimental-test-coverage|coverage)/.test(flag)
  );
}

/** Whether writes to a descriptor may still wait in this process: not with files and terminals. */
export function mayLag(fd: number): boolean {
  try {
    const status = builtin("node:fs").fstatSync(fd);
    return status.isFIFO() || status.isSocket();
  } catch {
    return false;
  }
}

/** Calls `finish` on a stream, which must call back when everything before has left; a broken stream counts as flushed. */
export function flushed(
  stream: NodeJS.WriteStream,
  finish: (stream: NodeJS.WriteStream, done: () => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.once("error", () => resolve());
    finish(stream, resolve);
  });
}

/** Writes a text in full to standard error; `write` takes what it can at once. */
export function writeFully(text: string, write: (bytes: Uint8Array) => number): void {
  let rest: Uint8Array = new TextEncoder().encode(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(write(rest));
    } catch (error) {
      const { code, name } = error as NodeJS.ErrnoException;
      if (code !== "EAGAIN" && name !== "WouldBlock") return; // nobody to tell
    }
  }
}

/** The code of `process.exit(code)`; without one, that of an end by itself. */
function exitCodeOf(code: number | string | null | undefined): number {
  const value = Number(code ?? nodeProcess().exitCode ?? 0);
  return Number.isInteger(value) ? value & 0xff : 1;
}

/** Runs the program's own "exit" handlers, whatever they throw, and leaves none behind. */
export function emitExit(code: number): void {
  const process = nodeProcess();
  // One by one: an error inside emit() would be reported, and end a Bun worker with another code.
  const listeners = process.listeners("exit");
  process.removeAllListeners("exit");
  for (const listener of listeners) {
    try {
      listener.call(process, code);
    } catch {
      // the end is not to be stopped
    }
  }
}

/** Errors that nobody caught, unless the program listens for them itself. */
function onUncaught(handler: (error: unknown) => void): void {
  const process = nodeProcess();
  process.on("uncaughtException", (error) => {
    if (process.listenerCount("uncaughtException") === 1) handler(error);
  });
  process.on("unhandledRejection", (reason) => {
    if (process.listenerCount("unhandledRejection") === 1) handler(reason);
  });
}

/** What ends a process or thread of Node and Bun, and what is heard of it. */
export function processEnds(
  handlers: ExitHandlers,
): Pick<Runtime, "interceptExit" | "exitCode" | "onIdle" | "onExit" | "onUncaught" | "writeError"> {
  const process = nodeProcess(), realExit = process.exit, atExit = () => handlers.run();
  return {
    interceptExit(handler) {
      process.exit = (code) => {
        handler(exitCodeOf(code));
        return realExit.call(process, code);
      };
    },
    exitCode: () => exitCodeOf(undefined),
    onIdle(handler) {
      process.on("beforeExit", () => void handler()); // what it has begun is seen
    },
    onExit(handler) {
      handlers.add(handler);
      process.removeListener("exit", atExit);
      process.on("exit", atExit);
    },
    onUncaught,
    writeError: (text) => writeFully(text, (bytes) => builtin("node:fs").writeSync(2, bytes)),
  };
}
