/** Who this process is: name, ids, parent; what runs when it ends. */

import { MisuseError } from "../errors.ts";
import type { Family } from "../memory/family.ts";
import type { WaitOptions } from "../memory/wait_options.ts";
import { runtime } from "../runtime/current.ts";
import { waitForEnd } from "./watch.ts";

/** What a process knows about itself. CPython: `multiprocessing.current_process()`. */
export interface CurrentProcess {
  /** "MainProcess" in the root. */
  readonly name: string;
  readonly pid: number;
  /** pid of the process that started this one; null in the root. */
  readonly ppid: number | null;
  /** Unique in the family: "4711", or "4711:2" for a worker. */
  readonly ident: string;
  readonly daemon: boolean;
  /** Key of connections within the family; 32 random bytes in the root, inherited by children. */
  authkey: Uint8Array;
  /**
   * Runs `fn` when this process ends by return, by an error or by exit(): before its children are seen to, last registered
   * first, one after the other. Each is awaited, all of them together for 5 000 ms. What one throws is written to standard
   * error and changes nothing else. Disposing of the result withdraws `fn`. CPython: `atexit.register()`.
   *
   * A process that is terminated or killed runs none. The runtime's own `process.exit()` calls them, but can't await them. A
   * root ends by return when nothing keeps it alive any more: when its children that aren't daemons have ended.
   * @throws {MisuseError} when `fn` is not a function
   *
   * @example
   * ```ts ignore
   * currentProcess().onExit(() => log.flush());
   * ```
   */
  onExit(fn: () => unknown): Disposable;
}

/** The parent, as its child sees it. CPython: `multiprocessing.parent_process()`. */
export interface ParentProcess {
  readonly name: string;
  readonly pid: number;
  readonly ident: string;
  isAlive(): boolean;
  /** Waits for its end; false when `timeout` milliseconds ran out first. */
  join(options?: WaitOptions): Promise<boolean>;
}

/** How this process was born; undefined in the root. */
export interface Birth {
  readonly family: Family;
  readonly name: string;
  /** Its number among its parent's children, after the parent's own: "1:2". */
  readonly lineage: string;
  readonly daemon: boolean;
  readonly authkey: Uint8Array;
  readonly parent: { readonly owner: number; readonly name: string; readonly pid: number; readonly ident: string };
}

const EXIT_DEADLINE = 5000;

let birth: Birth | undefined;
let authkey: Uint8Array | undefined;
/** True while a child imports the module of its target. */
let loading = false;
const exitHooks = new Set<() => unknown>();

export function setBirth(given: Birth): void {
  birth = given;
  authkey = given.authkey;
}

export function birthOfThis(): Birth | undefined {
  return birth;
}

export function setLoading(value: boolean): void {
  loading = value;
}

/** MisuseError while a child imports the module of its target: what starts a process there would do so in every child. */
export function refuseWhileLoading(doing: string): void {
  if (!loading) return;
  throw new MisuseError(
    `Cannot ${doing} while a child loads its modules: this code runs again in every child; ` +
      "put it behind if (isMain(import.meta)) { … }",
  );
}

/** Called when the first exit hook of this process is registered; set by the module that ends it. */
let firstHook: (() => void) | undefined;
export function onFirstExitHook(fn: () => void): void {
  firstHook = fn;
}

function takeExitHooks(): (() => unknown)[] {
  const hooks = [...exitHooks].reverse();
  exitHooks.clear();
  return hooks;
}

function hookFailed(error: unknown): void {
  runtime.writeError(`${current.name}: an exit hook failed: ${textOf(error)}\n`);
}

/** Forgets what onExit() registered. */
export function dropExitHooks(): void {
  exitHooks.clear();
}

/** Runs what onExit() registered, last first, each at most once; gives up after the deadline. */
export async function runExitHooks(): Promise<void> {
  const hooks = takeExitHooks();
  if (hooks.length === 0) return;
  let timer: ReturnType<typeof setTimeout> | undefined, late = false;
  const deadline = new Promise<void>((resolve) =>
    timer = setTimeout(() => {
      late = true;
      runtime.writeError(`${current.name}: gave up the exit hooks, which took longer than ${EXIT_DEADLINE} ms\n`);
      resolve();
    }, EXIT_DEADLINE)
  );
  const all = (async () => {
    for (const hook of hooks) {
      if (late) return;
      try {
        await hook();
      } catch (error) {
        hookFailed(error);
      }
    }
  })();
  await Promise.race([all, deadline]);
  clearTimeout(timer);
}

/** As runExitHooks, where nothing can be awaited any more. */
export function runExitHooksNow(): void {
  for (const hook of takeExitHooks()) {
    try {
      const done = hook();
      if (done instanceof Promise) done.catch(hookFailed);
    } catch (error) {
      hookFailed(error);
    }
  }
}

/** An error as it is printed: its stack where it has one. */
export function textOf(error: unknown): string {
  if (!(error instanceof Error)) return `Uncaught ${String(error)}`;
  const { stack, name, message } = error;
  // JavaScriptCore's stacks don't begin with the message.
  const text = stack?.includes(message) ? stack : `${name}: ${message}\n${stack ?? ""}`;
  return error.cause === undefined ? text : `${text}\nCaused by: ${textOf(error.cause)}`;
}

const current: CurrentProcess = {
  get name() {
    return birth?.name ?? "MainProcess";
  },
  get pid() {
    return runtime.pid;
  },
  get ppid() {
    return birth?.parent.pid ?? null;
  },
  get ident() {
    return birth === undefined ? String(runtime.pid) : birth.family.identOf(birth.family.self, runtime.pid);
  },
  get daemon() {
    return birth?.daemon ?? false;
  },
  get authkey() {
    return authkey ??= crypto.getRandomValues(new Uint8Array(32));
  },
  set authkey(key: Uint8Array) {
    if (!(key instanceof Uint8Array)) throw new MisuseError("Cannot set authkey: it takes a Uint8Array");
    authkey = key.slice();
  },
  onExit(fn) {
    if (typeof fn !== "function") throw new MisuseError("Cannot register an exit hook: it is not a function");
    // A wrapper, so that the same function registered twice runs twice.
    const hook = () => fn();
    exitHooks.add(hook);
    firstHook?.();
    firstHook = undefined;
    return { [Symbol.dispose]: () => void exitHooks.delete(hook) };
  },
};

/** The process that asks. CPython: `multiprocessing.current_process()`. */
export function currentProcess(): CurrentProcess {
  return current;
}

/** The process that started this one; null in the root. CPython: `multiprocessing.parent_process()`. */
export function parentProcess(): ParentProcess | null {
  if (birth === undefined) return null;
  const { family, parent } = birth;
  return {
    name: parent.name,
    pid: parent.pid,
    ident: parent.ident,
    isAlive: () => {
      family.probe(parent.owner);
      return family.alive(parent.owner);
    },
    join: (options) => waitForEnd(family, parent.owner, options),
  };
}

/** True in the root process, in whichever module it is asked (see isMain). */
export function isMainProcess(): boolean {
  return birth === undefined;
}
