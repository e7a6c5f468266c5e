/** CPython's multiprocessing.Pool, driven over a pipe; it measures itself. */

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Contestant } from "./contestant.ts";

const program = new URL("./cpython.py", import.meta.url);

/** Starts it; rejects where there is no python3. */
export async function openCPython(workers: number): Promise<Contestant> {
  const child = spawn("python3", [program.pathname, String(workers)], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise<void>((resolve, reject) => {
    child.once("spawn", () => resolve());
    child.once("error", () => reject(new Error("python3 is not to be had")));
  });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (what: string, count: number, milliseconds = 0) => {
    child.stdin.write(`${what} ${count} ${milliseconds}\n`);
    const { done, value } = await answers.next();
    if (done === true) throw new Error("python3 has ended");
    return Number(value);
  };
  return {
    name: "CPython",
    burst: (count) => ask("burst", count),
    single: (count) => ask("single", count),
    tasks: (count, milliseconds) => ask("tasks", count, milliseconds),
    chunksOfOne: (count) => ask("chunksOfOne", count),
    map: (count) => ask("map", count),
    close: () =>
      new Promise((resolve) => {
        child.once("exit", () => resolve());
        child.stdin.end();
      }),
  };
}
