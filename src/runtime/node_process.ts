/** Starting a child process through node:child_process (Node, Deno), and how failed starts and signals are named (also Bun). */

import { JSON } from "../base/originals.ts";
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { SpawnError } from "../errors/base.ts";
import type { Command } from "./child_command.ts";
import { builtin } from "./node_builtins.ts";
import type { ExitStatus, ProcessHandle, ProcessSpawn } from "./runtime.ts";

/** Starts `command`; `env` is the whole environment. */
export function spawnWithNode(command: Command, options: ProcessSpawn, env: NodeJS.ProcessEnv): ProcessHandle {
  const { spawn } = builtin("node:child_process");
  let child: ChildProcess;
  try {
    child = spawn(command.file, [...command.args], {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env,
      stdio: ["ignore", options.stdout, options.stderr, options.memoryFd],
    });
  } catch (error) {
    throw cannotStart(command.file, options.cwd, error);
  }
  child.on("error", () => {}); // a failed start is told below, a failed kill by the exit status
  const { pid } = child;
  if (pid === undefined) throw cannotStart(command.file, options.cwd);
  let over = false;
  const exited = new Promise<ExitStatus>((resolve) => {
    child.once("exit", (code, signal) => {
      over = true;
      resolve({ code, signal: signal === null ? null : signalNumber(signal) });
    });
  });
  // Made at once: of an output that nobody has taken, Node throws away the rest when the child has ended.
  const stdout = webStream(child.stdout), stderr = webStream(child.stderr);
  return {
    pid,
    exited,
    get stdout() {
      hold(child.stdout);
      return stdout;
    },
    get stderr() {
      hold(child.stderr);
      return stderr;
    },
    kill(signal) {
      // Deno sends one signal only, and takes it for what ends the child, which may catch it. Its handle knows, as Node's does,
      // whether the child is reaped: the number may be another process's then.
      if (!over) Object.assign(child, { killed: false });
      try {
        child.kill(signal);
      } catch {
        // ended
      }
      if (!over) Object.assign(child, { signalCode: null });
    },
    unref() {
      child.unref();
      asSocket(child.stdout)?.unref();
      asSocket(child.stderr)?.unref();
    },
  };
}

/** Why there is no process, where nobody says so in time. */
const UNTOLD =
  "no such file or directory, or not executable, or the system grants no more processes or open files (see ulimit -a)";

export function cannotStart(file: string, cwd: string | undefined, cause?: unknown): SpawnError {
  const place = cwd === undefined ? "" : ` in ${JSON.stringify(cwd)}`;
  const reason = cause instanceof Error ? cause.message : UNTOLD;
  return new SpawnError(`Cannot start ${JSON.stringify(file)}${place}: ${reason}`, { cause });
}

/** A signal's number by its name. */
export function signalNumber(name: string): number | null {
  const { signals } = builtin("node:os").constants;
  return Object.entries(signals).find(([key]) => key === name)?.[1] ?? null;
}

/** Keeps this process alive as long as the pipe is open. */
function hold(stream: Readable | null): void {
  const socket = asSocket(stream);
  if (socket?.destroyed === false) socket.ref(); // else it would wait for a connection, with a listener
}

/** What a pipe from a child is; as long as it is open, it keeps this process alive. */
function asSocket(stream: Readable | null): Socket | null {
  return stream as Socket | null;
}

function webStream(stream: Readable | null): ReadableStream<Uint8Array> | null {
  if (stream === null) return null;
  const { Readable } = builtin("node:stream");
  return Readable.toWeb(stream) as ReadableStream<Uint8Array>;
}
