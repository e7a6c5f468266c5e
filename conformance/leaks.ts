/** What a case leaves behind: processes, files, descriptors, mappings, threads (as Linux's /proc shows them). */

import { existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Environment variable whose value all processes of one run inherit: an orphan is still recognised by it. */
export const MARK = "MP_CONFORMANCE_RUN";

/** What exists at one moment; each entry reads well in a message. */
export interface Snapshot {
  /** pid → command line. Nothing of this may be left, ever. */
  readonly processes: ReadonlyMap<number, string>;
  /** Paths in the case's folder and in /dev/shm. Nothing of this may be left, ever. */
  readonly files: ReadonlySet<string>;
  /** Kind → what there is of it. A runtime or the package may open some once in a process's life. */
  readonly held: ReadonlyMap<string, readonly string[]>;
}

/** What is there after, and was not there before. */
export interface Left {
  /** Processes and files. */
  readonly never: readonly string[];
  /** Descriptors, mappings and threads: a leak if they come again whenever the same case runs. */
  readonly maybeOnce: readonly string[];
}

/** Where /proc is missing nothing can be checked. */
export const canCheckLeaks = existsSync("/proc/self/fd");

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // it has just gone
  }
}

function list(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** Children of this process at any depth, and whoever else carries this run's mark. */
function processes(mark: string): Map<number, string> {
  const parents = new Map<number, number>();
  for (const name of list("/proc")) {
    const pid = Number(name);
    // /proc/PID/stat: `pid (command) state parent …`; the command may hold anything, so cut after its last `)`.
    const stat = pid > 0 ? read(`/proc/${pid}/stat`) : "";
    if (stat !== "") parents.set(pid, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const mine = (pid: number): boolean => {
    for (let at = parents.get(pid); at !== undefined && at > 1; at = parents.get(at)) {
      if (at === process.pid) return true;
    }
    return read(`/proc/${pid}/environ`).split("\0").includes(`${MARK}=${mark}`);
  };
  const found = new Map<number, string>();
  for (const pid of parents.keys()) {
    if (pid === process.pid || !mine(pid)) continue;
    const command = read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim();
    found.set(pid, command === "" ? "a process not yet reaped" : command);
  }
  return found;
}

/** The names that the runtimes give to the threads of workers. Node 22 names all its threads alike. */
const workerThread = /^(worker-\d+|WorkerThread|Worker|node) /;

function held(): Map<string, string[]> {
  const descriptors: string[] = [];
  for (const fd of list("/proc/self/fd")) {
    try {
      descriptors.push(`descriptor ${fd} (${readlinkSync(`/proc/self/fd/${fd}`)})`);
    } catch {
      // the one that listed the folder
    }
  }
  const mappings = read("/proc/self/maps").split("\n").filter((line) => line.includes("memfd:"))
    .map((line) => `mapping ${line.split(/\s+/).join(" ")}`);
  const threads = list("/proc/self/task").map((id) => `${read(`/proc/self/task/${id}/comm`).trim()} ${id}`)
    .filter((text) => workerThread.test(text)).map((text) => `thread ${text}`);
  return new Map([["descriptors", descriptors], ["mappings", mappings], ["threads", threads]]);
}

/** Looks at what exists now. */
export function takeSnapshot(tempDir: string): Snapshot {
  if (!canCheckLeaks) return { processes: new Map(), files: new Set(), held: new Map() };
  const files = [...list(tempDir).map((name) => `${tempDir}/${name}`), ...list("/dev/shm").map((n) => `/dev/shm/${n}`)];
  return { processes: processes(process.env[MARK] ?? ""), files: new Set(files), held: held() };
}

/** Names what `after` has and `before` had not. */
export function compare(before: Snapshot, after: Snapshot): Left {
  const never: string[] = [];
  for (const [pid, command] of after.processes) {
    if (!before.processes.has(pid)) never.push(`process ${pid} (${command})`);
  }
  for (const file of after.files) if (!before.files.has(file)) never.push(`file ${file}`);
  const maybeOnce: string[] = [];
  for (const [kind, now] of after.held) {
    const then = before.held.get(kind) ?? [];
    if (now.length > then.length) maybeOnce.push(...now.filter((text) => !then.includes(text)));
  }
  return { never, maybeOnce };
}

let collect: (() => void) | undefined;

/** Collects garbage: shared memory that has no `close()` is unmapped when nobody refers to it any more. */
export function collectGarbage(): void {
  const { Bun } = globalThis as { Bun?: { gc(now: boolean): void } };
  if (collect === undefined && Bun === undefined) setFlagsFromString("--expose-gc");
  collect ??= Bun === undefined ? runInNewContext("gc") as () => void : () => Bun.gc(true);
  collect();
}

/** Waits until nothing is left, at most `limit` milliseconds (a process that has ended may not be reaped yet). */
export async function settle(before: Snapshot, tempDir: string, limit: number): Promise<Left> {
  let pause = 5;
  for (const deadline = performance.now() + limit;;) {
    const left = compare(before, takeSnapshot(tempDir));
    if (left.never.length + left.maybeOnce.length === 0 || performance.now() > deadline) return left;
    if (left.maybeOnce.length > 0) collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, pause));
    pause = Math.min(2 * pause, 100);
  }
}

/** Ends the processes that a case left behind, so that they don't disturb the next. */
export function endLeftProcesses(before: Snapshot): void {
  if (!canCheckLeaks) return;
  for (const pid of processes(process.env[MARK] ?? "").keys()) {
    if (before.processes.has(pid)) continue;
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // it has just gone
    }
  }
}
