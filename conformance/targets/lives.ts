/** Targets that end in every way a process can end, and ones that tell about themselves. */

import { type Connection, currentProcess, exit, parentProcess, type Queue, task } from "../../mod.ts";
import { process, sleep } from "../host.ts";
import { mp } from "./context.ts";

/** How a child is to end. */
export type Ending =
  | readonly ["return"]
  | readonly ["exit" | "exit later" | "process.exit" | "Deno.exit" | "exitCode" | "Deno.exitCode", number]
  | readonly ["never"]
  | readonly ["throw" | "throw later" | "reject later"];

export async function end(how: Ending): Promise<void> {
  switch (how[0]) {
    case "return":
      return;
    case "exit":
      return exit(how[1]);
    case "exit later":
      await sleep(1);
      return exit(how[1]);
    case "process.exit":
      return process.exit(how[1]);
    case "Deno.exit":
      return (globalThis as unknown as { Deno: { exit(code: number): never } }).Deno.exit(how[1]);
    case "exitCode":
      process.exitCode = how[1];
      return;
    case "Deno.exitCode":
      (globalThis as unknown as { Deno: { exitCode: number } }).Deno.exitCode = how[1];
      return;
    case "never":
      return await new Promise(() => {});
    case "throw":
      throw new RangeError("thrown by the target");
    case "throw later":
      setTimeout(() => {
        throw new RangeError("thrown in a callback");
      }, 1);
      return await sleep(10_000);
    case "reject later":
      setTimeout(() => void Promise.reject(new RangeError("rejected in a callback")), 1);
      return await sleep(10_000);
  }
}
task(import.meta, end);

/** Says that it runs, and then stays. */
export async function stay(there: Queue<string>): Promise<void> {
  await there.put(currentProcess().ident);
  await sleep(60_000);
}
task(import.meta, stay);

/** Catches SIGTERM and SIGINT each time, says so, and goes on. */
export async function ignore(there: Queue<string>): Promise<void> {
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void there.put(signal));
  await there.put("runs");
  await sleep(60_000);
}
task(import.meta, ignore);

/** Says that it runs, and then computes without ever yielding. */
export async function compute(there: Queue<string>): Promise<void> {
  await there.put(currentProcess().ident);
  for (let i = 0;; i = (i + 1) | 0);
}
task(import.meta, compute);

/** Exit hooks, in order, and one that throws. */
export async function withHooks(said: Queue<string>, how: Ending): Promise<void> {
  const current = currentProcess();
  current.onExit(async () => {
    await sleep(5);
    await said.put("first");
  });
  const withdrawn = current.onExit(() => said.put("withdrawn"));
  current.onExit(() => said.put("second"));
  withdrawn[Symbol.dispose]();
  await end(how);
}
task(import.meta, withHooks);

/** What a process knows about itself and its family. */
export interface Self {
  readonly name: string;
  readonly pid: number;
  readonly ppid: number | null;
  readonly ident: string;
  readonly daemon: boolean;
  readonly isMainProcess: boolean;
  readonly method: string;
  readonly parent:
    | { readonly name: string; readonly pid: number; readonly ident: string; readonly alive: boolean }
    | null;
}

export function self(): Self {
  const { name, pid, ppid, ident, daemon } = currentProcess();
  const parent = parentProcess();
  return {
    name,
    pid,
    ppid,
    ident,
    daemon,
    isMainProcess: mp.isMainProcess(),
    method: mp.startMethod,
    parent: parent && { name: parent.name, pid: parent.pid, ident: parent.ident, alive: parent.isAlive() },
  };
}

/** Tells about itself, then starts a child that does the same, `depth` levels down; its exit code is its depth. */
export async function descend(told: Queue<Self>, depth: number): Promise<void> {
  await told.put(self());
  if (depth > 0) {
    const child = new mp.Process({ target: descend, args: [told, depth - 1] });
    await child.start();
    const code = await child.join();
    if (code !== depth - 1) throw new Error(`The child's exit code was ${code}`);
  }
  exit(depth);
}
task(import.meta, descend);

/** Tells what it sees of its surroundings, and writes to both streams. */
export async function look(seen: Queue<unknown>): Promise<void> {
  const { MP_GIVEN: given, MP_KEPT: kept, MP_REMOVED: removed } = process.env;
  await seen.put({ cwd: process.cwd(), given, kept, removed });
  console.log("to stdout ✓");
  console.error("to stderr ✓");
}
task(import.meta, look);

/** Waits for its parent's word; sends back what its stdin had. */
export async function readStdin(conn: Connection<unknown, number>): Promise<void> {
  let length = 0;
  for await (const chunk of process.stdin) length += String(chunk).length;
  await conn.send(length);
}
task(import.meta, readStdin);
