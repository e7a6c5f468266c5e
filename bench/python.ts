/** A program of CPython that is told what to measure, a line at a time, and measures it itself. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Such a program, running. */
export interface Python {
  /** Hands it a line; the milliseconds that it answers. */
  ask(line: string): Promise<number>;
  close(): Promise<void>;
}

/** Starts one; rejects where there is no python3. */
export async function openPython(program: URL, args: readonly string[] = []): Promise<Python> {
  const child = spawn("python3", [program.pathname, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", () => resolve());
    child.once("error", () => reject(new Error("python3 is not to be had")));
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(line) {
      child.stdin.write(`${line}\n`);
      const { done, value } = await answers.next();
      if (done === true) throw new Error("python3 has ended");
      return Number(value);
    },
    close() {
      child.stdin.end();
      return exited;
    },
  };
}
