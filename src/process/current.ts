/** Who this process is: name, ids, parent. */

import { MisuseError } from "../errors/base.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { randomBytes } from "../base/random.ts";
import { runtime } from "../runtime/current.ts";
import { bound } from "./caller_context.ts";
import { addExitHook } from "./hooks.ts";
import { birthOfThis, nameOfThis } from "../family/identity.ts";
import { waitForEnd } from "./watch.ts";

/** What a process knows about itself. CPython: `multiprocessing.current_process()`. */
export interface CurrentProcess {
  /** Its label; "MainProcess" in the root. */
  readonly name: string;
  /** OS process id; of the host process in a worker. CPython: `os.getpid()`. */
  readonly pid: number;
  /** `pid` of the process that started this one; null in the root. CPython: `os.getppid()`. */
  readonly ppid: number | null;
  /** Unique in the family: "4711", or "4711:2" for a worker. */
  readonly ident: string;
  /** Whether it ends with its parent; false in the root. */
  readonly daemon: boolean;
  /**
   * Key of connections within the family; 32 random bytes in the root, inherited by children.
   * @throws {MisuseError} when it is set to what isn't a Uint8Array
   */
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
   * ```ts
   * import { currentProcess } from "@manyproc/multiprocessing";
   *
   * const hook = currentProcess().onExit(() => console.log("goodbye"));
   * hook[Symbol.dispose](); // no goodbye after all
   * ```
   */
  onExit(fn: () => unknown): Disposable;
}

/** The parent, as its child sees it. CPython: `multiprocessing.parent_process()`. */
export interface ParentProcess {
  /** Its label; "MainProcess" of the root. */
  readonly name: string;
  /** Its OS process id; of the host process for a worker. */
  readonly pid: number;
  /** Unique in the family: "4711", or "4711:2" for a worker. */
  readonly ident: string;
  /** Whether it still runs. */
  isAlive(): boolean;
  /**
   * Waits for its end; false when `timeout` milliseconds (default: no limit) ran out first. Rejects with `signal.reason` when
   * aborted.
   */
  join(options?: WaitOptions): Promise<boolean>;
}

/** Once it was asked for or set. */
let authkey: Uint8Array | undefined;

const current: CurrentProcess = {
  get name() {
    return nameOfThis();
  },
  get pid() {
    return runtime.pid;
  },
  get ppid() {
    return birthOfThis()?.parent.pid ?? null;
  },
  get ident() {
    const birth = birthOfThis();
    return birth === undefined ? String(runtime.pid) : birth.family.identOf(birth.family.self, runtime.pid);
  },
  get daemon() {
    return birthOfThis()?.daemon ?? false;
  },
  get authkey() {
    return authkey ??= birthOfThis()?.authkey ?? randomBytes(32);
  },
  set authkey(key: Uint8Array) {
    if (!(key instanceof Uint8Array)) throw new MisuseError("Cannot set authkey: it takes a Uint8Array");
    authkey = key.slice();
  },
  onExit(fn) {
    if (typeof fn !== "function") throw new MisuseError("Cannot register an exit hook: it is not a function");
    return { [Symbol.dispose]: addExitHook(bound(fn)) };
  },
};

/**
 * The process that asks. CPython: `multiprocessing.current_process()`.
 *
 * @example
 * ```ts
 * import { currentProcess } from "@manyproc/multiprocessing";
 *
 * console.log(currentProcess().name); // MainProcess
 * ```
 */
export function currentProcess(): CurrentProcess {
  return current;
}

/**
 * The process that started this one; null in the root. CPython: `multiprocessing.parent_process()`.
 *
 * @example
 * ```ts
 * import { parentProcess } from "@manyproc/multiprocessing";
 *
 * console.log(parentProcess()?.pid); // undefined: this is the root
 * ```
 */
export function parentProcess(): ParentProcess | null {
  const birth = birthOfThis();
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
