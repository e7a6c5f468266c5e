/** Ending a process or thread with a code, through the `process` object that all runtimes have. */

import process from "node:process";

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

/** Resolves when what was written to a stream so far has left this process. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || !stream.writable) return resolve();
    stream.once("error", () => resolve());
    stream.write("", () => resolve());
  });
}

/** Flushes standard output and standard error. */
export async function flushOutput(): Promise<void> {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
}

/** The code of `process.exit(code)`. */
export function exitCodeOf(code: number | string | null | undefined): number {
  const value = Number(code ?? process.exitCode ?? 0);
  return Number.isInteger(value) ? value & 0xff : 1;
}

/** Runs the program's own "exit" handlers, whatever they throw, and leaves none behind. */
export function emitExit(code: number): void {
  try {
    process.emit("exit", code);
  } catch {
    // the end is not to be stopped
  }
  process.removeAllListeners("exit");
}

/** Errors that nobody caught, unless the program listens for them itself. */
export function onProcessUncaught(handler: (error: unknown) => void): void {
  process.on("uncaughtException", (error) => {
    if (process.listenerCount("uncaughtException") === 1) handler(error);
  });
  process.on("unhandledRejection", (reason) => {
    if (process.listenerCount("unhandledRejection") === 1) handler(reason);
  });
}
