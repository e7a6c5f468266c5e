/** What cases need of the system they run on: time, other processes, programs of their own. */

import { AsyncLocalStorage } from "node:async_hooks";
import { type ChildProcessByStdio, execFileSync, spawn, spawnSync } from "node:child_process";
import { channel, subscribe, unsubscribe } from "node:diagnostics_channel";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, relative } from "node:path";
import process from "node:process";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath, pathToFileURL } from "node:url";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { fail } from "./assert.ts";
import type { Env, RuntimeName } from "./case.ts";

/** The process that this runs in, as all three runtimes have it. */
export { AsyncLocalStorage, channel, fileURLToPath, process, relative, subscribe, unsubscribe, writeSync };

/** Resolves after so many milliseconds. */
export function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Waits until `condition` holds; fails when it doesn't within `limit` milliseconds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limit = 10_000,
  what = "the condition",
): Promise<void> {
  for (const deadline = performance.now() + limit; !(await condition());) {
    if (performance.now() > deadline) fail(`Waited ${limit} ms for ${what}`);
    await sleep(5);
  }
}

/** Timers of this process that are due; 0 on Bun, which doesn't tell. */
export function timersDue(): number {
  return process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
}

/** Whether a process runs: it exists, and has not ended (one that has may stay listed until it is reaped). */
export function isRunning(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  } catch {
    return !existsSync("/proc/self/stat") && sendSignal(pid, 0);
  }
}

/** Whether a process is stopped by a signal. */
export function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat.startsWith("T", stat.lastIndexOf(")") + 2);
}

/** Sends a signal (0: only looks); false: there is no such process. */
export function sendSignal(pid: number, signal: "SIGKILL" | "SIGTERM" | "SIGINT" | "SIGSTOP" | "SIGCONT" | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** How a program ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  /** For example "SIGKILL". */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs. */
export interface Program {
  readonly pid: number;
  /** What it has said so far. */
  stdout(): string;
  kill(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): void;
  readonly ended: Promise<Ended>;
}

/** How to start a program. */
export interface ProgramOptions {
  readonly args?: readonly string[];
  /** On Deno: its permissions; default all. */
  readonly permissions?: readonly string[];
  /** Default: the one under test. */
  readonly runtime?: RuntimeName;
  /** Of the runtime. */
  readonly flags?: readonly string[];
  /** The runtime reads the program from standard input. */
  readonly fromStdin?: boolean;
  /** It is named by its URL, not by its path. */
  readonly asUrl?: boolean;
  /** A command that runs it: `["taskset", "-c", "0"]`. */
  readonly under?: readonly string[];
  /** What it reads from its standard input; default nothing. */
  readonly stdin?: string;
  /** Added to this process's environment; MP_METHOD is the start method under test. */
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which it is killed; default 15 000. */
  readonly limit?: number;
}

/** Starts a module as a program of its own on the runtime under test, with all permissions if it doesn't say which. */
export function startProgram(env: Env, module: URL, options: ProgramOptions = {}): Program {
  const { flags = [], args = [], under = [], fromStdin = false, runtime = env.runtime } = options;
  const deno = runtime === "deno" ? ["run", "--no-prompt", "--no-check", ...(options.permissions ?? ["-A"])] : [];
  const words = [
    ...under,
    executableOf(runtime, env),
    ...deno,
    ...flags,
    fromStdin ? "-" : fileURLToPath(module),
    ...args,
  ];
  return start(words, env, { ...options, ...(fromStdin && { stdin: readFileSync(module, "utf8") }) });
}

/** Starts a Python program. */
export function startPython(env: Env, program: URL, options: ProgramOptions = {}): Program {
  return start(["python3", fileURLToPath(program), ...(options.args ?? [])], env, options);
}

/** What `python3` is: [3, 11], for instance. */
export function pythonVersion(): readonly number[] {
  const { stdout } = spawnSync("python3", ["--version"], { encoding: "utf8" });
  return (/\d+(\.\d+)+/.exec(stdout)?.[0] ?? "").split(".").map(Number);
}

function start(command: readonly string[], env: Env, options: ProgramOptions): Program {
  const [file, ...words] = command;
  const child = spawn(file as string, words, {
    env: { ...process.env, NO_COLOR: "1", MP_METHOD: env.method, ...options.env },
    stdio: [options.stdin !== undefined ? "pipe" : "ignore", "pipe", "pipe"],
  }) as ChildProcessByStdio<Writable | null, Readable, Readable>;
  child.stdin?.end(options.stdin);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => stdout += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => stderr += text);
  const timer = setTimeout(() => child.kill("SIGKILL"), options.limit ?? 15_000);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  }).finally(() => clearTimeout(timer));
  return { pid: child.pid ?? 0, stdout: () => stdout, kill: (signal) => void child.kill(signal), ended };
}

/** Writes a module, and the folders that it is in; its URL. */
export function writeModule(path: string, text: string): URL {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return pathToFileURL(path);
}

/** Writes a program for the shell; its path. */
export function writeScript(path: string, text: string): string {
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}

/** Makes a file that whoever reads it waits for, until the function returned is called: then all find its end at once. It is gone then. */
export function makeGate(path: string): () => void {
  execFileSync("mkfifo", [path]);
  const descriptor = openSync(path, "r+");
  return () => {
    rmSync(path);
    closeSync(descriptor);
  };
}

/** Bytes in a file; 0 = there is none. */
export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Opens files until there is no descriptor left; gives all of them back. */
export function useUpDescriptors(): () => void {
  // Deno opens a pipe for signals some time in its first second, and panics when it can't.
  const ignore = () => {};
  process.on("SIGUSR2", ignore).off("SIGUSR2", ignore);
  const open: number[] = [];
  try {
    for (;;) open.push(openSync("/dev/null", "r"));
  } catch (error) {
    if ((error as { code?: string }).code !== "EMFILE") throw error;
  }
  return () => {
    for (const descriptor of open) closeSync(descriptor);
  };
}

/** Removes a file, or a folder with all that is in it. */
export function removeFolder(path: string): void {
  rmSync(path, { recursive: true });
}

/** Runs a module as a program of its own to its end. */
export function runProgram(env: Env, module: URL, options?: ProgramOptions): Promise<Ended> {
  return startProgram(env, module, options).ended;
}

/** The project's own executable of a runtime; of the one under test, the one that runs. */
export function executableOf(runtime: RuntimeName, env: Env): string {
  if (runtime === env.runtime) return process.execPath;
  return realpathSync(fileURLToPath(new URL(`../node_modules/.bin/${runtime}`, import.meta.url)));
}

/** Names of what is in a folder; none if there is no such folder. */
export function filesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

/** Bytes of the memory file that this process's family has open; 0 = it has none. */
export function memoryFileSize(): number {
  for (const fd of filesIn("/proc/self/fd")) {
    const path = `/proc/self/fd/${fd}`;
    try {
      if (readlinkSync(path).includes("memfd:multiprocessing")) return statSync(path).size;
    } catch {
      // closed meanwhile
    }
  }
  return 0;
}

/** Bytes of a process that are in the machine's memory. */
export function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

let collect: (() => void) | undefined;

/** Collects the garbage of this process. */
export function collectGarbage(): void {
  const { Bun } = globalThis as { Bun?: { gc(now: boolean): void } };
  if (collect === undefined && Bun === undefined) setFlagsFromString("--expose-gc");
  collect ??= Bun === undefined ? runInNewContext("gc") as () => void : () => Bun.gc(true);
  collect();
}

/** Bytes of this process's heap that are in use, after a collection of garbage. */
export function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** What an expression is in a realm of its own, with built-in classes that aren't those of here. */
export function foreign(expression: string): unknown {
  return runInNewContext(`(${expression})`);
}
