/** Starting a child: a line in the family table, a letter with what to run, and a process or worker of the runtime. */

import { SpawnError, TargetError } from "../errors/base.ts";
import type { WorkerBacking } from "../memory/backing.ts";
import { ProcessBacking } from "../memory/backing.ts";
import { disposeBlock, enterFlight, freeTakenMessage, leaveFlight, storeMessage } from "../objects/blocks.ts";
import { loadMessage } from "../objects/messages.ts";
import { allocateLine } from "../family/agents.ts";
import type { Family } from "../family/family.ts";
import { eventually, persist } from "../family/retries.ts";
import { impatiently } from "../memory/robust_lock.ts";
import {
  A_BOOT,
  A_EXITCODE,
  A_EXITED,
  A_PID,
  A_REPORT,
  A_REQUEST,
  A_STAGE,
  A_THREAD,
  C_THREADS,
  STAGE_FAILED,
  STAGE_LOADED,
  STAGE_LOADING,
} from "../memory/layout.ts";
import { leaveMail, takeMail } from "../family/mail.ts";
import { runtime } from "../runtime/current.ts";
import type { ProcessHandle, WorkerHandle } from "../runtime/runtime.ts";
import { spawner } from "../runtime/spawner.ts";
import { decode } from "../codec/codec.ts";
import { FamilyLink } from "../wire/handles.ts";
import { messageOf, textOf } from "../base/words.ts";
import { childEntry } from "./own_modules.ts";
import type { Report } from "./report.ts";
import type { writeLetter } from "./write_letter.ts";
import { watch } from "./watch.ts";

/** How a child is to be started by the runtime. */
export interface SpawnSettings {
  readonly executable?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  readonly execArgv?: readonly string[] | undefined;
  readonly stdout?: "inherit" | "ignore" | "pipe" | undefined;
  readonly stderr?: "inherit" | "ignore" | "pipe" | undefined;
  readonly permissions?: "inherit" | "none" | Readonly<Record<string, unknown>> | undefined;
  readonly maxMemory?: number | undefined;
}

/** A child as its parent's runtime sees it. */
export interface Offspring {
  readonly owner: number;
  readonly pid: number;
  readonly ident: string;
  /** Asked for when somebody wants to read it: this process stays alive for it then. */
  output(name: "stdout" | "stderr"): ReadableStream<Uint8Array> | null;
  /** Resolves when the child has loaded its target; rejects with why it couldn't. */
  readonly started: Promise<void>;
  /** Resolves with its exit code when it has ended and what it held is recovered. Never rejects. */
  readonly ended: Promise<number>;
  /** Sends a signal ("process"), or ends the thread with exit code -signal ("worker"). */
  signal(signal: number): void;
}

/**
 * The owner id of a child that is to be born, whose letter is in its line; a promise of it while a stopped process is in the
 * way. When there is no room for it, nothing is left behind.
 */
export function conceive(
  family: Family,
  { link: { handles }, bytes }: ReturnType<typeof writeLetter>,
): number | Promise<number> {
  let owner = 0, block = 0;
  const attempt = () => {
    owner ||= family.tableLock.with(() => allocateLine(family.arena.control, family.self));
    block ||= storeMessage(family, { handles, bytes });
    family.tableLock.with(() => leaveMail(family, owner, A_BOOT, block));
    return owner;
  };
  const undo = (error: unknown): never => {
    if (block !== 0) disposeBlock(family, block);
    else for (const handle of handles) leaveFlight(family, handle);
    if (owner !== 0) family.bury(owner);
    throw error;
  };
  for (const handle of handles) enterFlight(family, handle);
  try {
    const done = impatiently(attempt, undefined);
    if (done !== undefined) return done;
  } catch (error) {
    return undo(error);
  }
  return persist(attempt).catch(undo);
}

/** Starts the child that was conceived. SpawnError when the runtime refuses; nothing is left behind then. */
export function bear(
  family: Family,
  owner: number,
  name: string,
  daemon: boolean,
  settings: SpawnSettings,
): Offspring {
  try {
    const { backing } = family.arena;
    return backing instanceof ProcessBacking
      ? bearProcess(family, owner, backing.fd, daemon, settings)
      : bearWorker(family, owner, (backing as WorkerBacking).memory, name, daemon, settings);
  } catch (error) {
    family.bury(owner);
    throw error;
  }
}

function bearProcess(
  family: Family,
  owner: number,
  memoryFd: number,
  daemon: boolean,
  settings: SpawnSettings,
): Offspring {
  const { stdout = "inherit", stderr = "inherit", executable, env, cwd, execArgv } = settings;
  runtime.system().requireReach(); // it may have changed since the family was made
  const handle: ProcessHandle = spawner.spawnProcess({
    entry: childEntry(),
    args: [String(owner)],
    memoryFd,
    executable,
    env,
    cwd,
    execArgv,
    stdout,
    stderr,
  });
  family.agents.set(owner, A_PID, handle.pid);
  if (daemon) handle.unref();
  const { exited, pid } = handle;
  const ended = exited.then(({ code, signal }) => signal !== null ? -signal : code ?? 1);
  return offspring(family, owner, pid, ended, {
    output: (name) => handle[name],
    fault: () => undefined,
    signal: (signal) => handle.kill(signal),
  });
}

function bearWorker(
  family: Family,
  owner: number,
  memory: SharedArrayBuffer,
  name: string,
  daemon: boolean,
  settings: SpawnSettings,
): Offspring {
  const thread = Atomics.add(family.arena.control, C_THREADS, 1) + 1;
  family.agents.set(owner, A_THREAD, thread);
  family.agents.set(owner, A_PID, runtime.pid);
  const { maxMemory, permissions } = settings;
  const handle: WorkerHandle = spawner.spawnWorker({
    entry: childEntry(),
    args: [String(owner)],
    memory,
    name,
    maxMemory,
    permissions,
  });
  if (daemon) handle.unref();
  let fault: Error | undefined;
  void handle.failed.then((error) => {
    fault = error;
    runtime.writeError(`Process ${name}: ${textOf(error)}\n`);
  });
  let requested: number | undefined;
  // Where the runtime doesn't tell that a thread has ended, its line does, just before. To end it then as well, or this thread,
  // would keep Deno from stopping it: it would run on.
  const gone = handle.exited ??
    Promise.race([
      watch(family, () => family.alive(owner) ? undefined : null).then(async (code) => {
        await handle.gone?.();
        return code;
      }),
      handle.failed.then(() => 1),
    ]);
  const ended = gone.then((code) => {
    if (handle.exited === undefined) handle.terminate();
    const recorded = family.agents.get(owner, A_EXITED) !== 0 ? family.agents.get(owner, A_EXITCODE) : undefined;
    return recorded ?? requested ?? code ?? 1;
  });
  return offspring(family, owner, runtime.pid, ended, {
    output: () => null,
    fault: () => fault,
    signal(signal) {
      requested ??= -signal;
      if (handle.stopsBusy) return handle.terminate();
      // It stops by itself when it next yields; what it holds stays its own until then.
      family.agents.set(owner, A_REQUEST, signal);
      family.bells.ring(owner);
    },
  });
}

/** What both kinds have in common: the start is watched, the end is recovered. */
function offspring(
  family: Family,
  owner: number,
  pid: number,
  code: Promise<number>,
  { fault, ...parts }: Pick<Offspring, "output" | "signal"> & {
    /** What the runtime itself has said of a thread. */
    fault(): Error | undefined;
  },
): Offspring {
  const ident = family.identOf(owner, pid);
  const loaded = watch(family, () => {
    const stage = family.agents.get(owner, A_STAGE);
    if (!family.alive(owner)) return false;
    if (stage === STAGE_LOADED) eventually(() => freeLetter(family, owner));
    return stage === STAGE_LOADING ? undefined : stage === STAGE_LOADED;
  });
  const outcome = code.then(async (exitcode) => {
    try {
      return { exitcode, failure: await persist(() => failureOf(family, owner, exitcode, fault())) };
    } finally {
      family.bury(owner);
    }
  });
  const started = Promise.race([loaded, outcome]).then(async (isLoaded) => {
    if (isLoaded === true) return;
    const { failure } = await outcome;
    if (failure !== undefined) throw failure;
  });
  return { owner, pid, ident, started, ended: outcome.then(({ exitcode }) => exitcode), ...parts };
}

/** A child has taken from its letter all that is in it. Of one that didn't come so far, recovery frees it. */
function freeLetter(family: Family, owner: number): void {
  const block = family.tableLock.with(() => takeMail(family, owner, A_BOOT));
  if (block !== 0) disposeBlock(family, block);
}

/** Why a child that has ended never ran its target; undefined when it did. */
function failureOf(family: Family, owner: number, exitcode: number, fault: Error | undefined): unknown {
  const stage = family.agents.get(owner, A_STAGE);
  if (stage === STAGE_LOADED) return undefined;
  const block = family.tableLock.with(() => takeMail(family, owner, A_REPORT));
  if (block === 0) {
    return untold(exitcode, stage === STAGE_FAILED, family.agents.get(owner, A_EXITED) !== 0, fault);
  }
  const { handles, bytes } = loadMessage(family, block), link = new FamilyLink(family);
  try {
    return errorIn(decode(bytes, link) as Report, link);
  } finally {
    freeTakenMessage(family, block);
    for (const handle of handles) leaveFlight(family, handle);
  }
}

/** What is known of a start whose child has said nothing. */
function untold(exitcode: number, hasFailed: boolean, hasExited: boolean, fault: Error | undefined): SpawnError {
  const why = exitcode < 0
    ? `the child was killed by signal ${-exitcode} before it had loaded it`
    : fault !== undefined
    ? `its thread ended before it had loaded it: ${fault.message}`
    : hasFailed
    ? "there was no shared memory left for the child to say why; it has written to standard error what it knows"
    : hasExited
    ? `a module that the child loads for it ended the child with exit code ${exitcode}, as process.exit() does`
    : `the child ended with exit code ${exitcode} before it had loaded it; it has written to standard error what it knows`;
  return new SpawnError(`Cannot run the target: ${why}`, fault && { cause: fault });
}

/** The error as it was thrown, or one that says so when it is, say, of a class whose codec only the child registers. */
function errorIn([text, bytes]: Report, link: FamilyLink): unknown {
  try {
    return decode(bytes, link);
  } catch (cause) {
    return new TargetError(`${text} (the error itself can't be rebuilt here: ${messageOf(cause)})`, { cause });
  }
}
