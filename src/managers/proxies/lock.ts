/** LockProxy, SemaphoreProxy, ConditionProxy: what is acquired and released. */

import { MisuseError } from "../../errors/base.ts";
import { TimeoutError } from "../../errors/outcomes.ts";
import type { BlockOptions, WaitOptions } from "../../base/wait_options.ts";
import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, askWaiting, type BaseProxy, ProxyFace } from "./base.ts";

/** What LockProxy and SemaphoreProxy have in common. */
export interface AcquirableProxy extends BaseProxy {
  /**
   * Waits until it is ours; whoever asked first gets it first. Resolves to false when `timeout` milliseconds (default: no limit)
   * ran out, or at once with `block: false`; rejects with `signal.reason` when aborted: then it isn't ours. CPython:
   * `acquire()`.
   */
  acquire(options?: BlockOptions): Promise<boolean>;
  /**
   * Gives it back. CPython: `release()`.
   * @throws {MisuseError} for a lock that nobody holds, an RLock that another process holds, a BoundedSemaphore that has all of
   * its permits
   */
  release(): Promise<void>;
  /**
   * Runs `fn` while holding it, and releases it whatever happens; resolves to what `fn` returned. CPython: `with`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when `fn` is no function
   */
  with<R>(fn: () => R | Promise<R>, options?: WaitOptions): Promise<R>;
}

/**
 * A Lock or RLock on a manager's server. CPython: `multiprocessing.managers.AcquirerProxy`.
 *
 * It belongs to the process (or worker) that acquired it. A Lock may be released by any, an RLock only by its holder, which may
 * acquire it again, in whatever flow of its code: an RLock keeps processes apart, a Lock flows too. When its holder ends, the next gets it. It lives as long as a DictProxy's dict. Every method but close()
 * rejects with RemoteError when the server is gone, with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const lock = await manager.Lock();
 * await lock.with(() => console.log("alone"));
 * console.log(await lock.locked()); // false
 * ```
 */
export interface LockProxy extends AcquirableProxy {
  /** True while anybody holds it. CPython 3.14: `locked()`. */
  locked(): Promise<boolean>;
}

/**
 * A Semaphore or BoundedSemaphore on a manager's server. CPython: `multiprocessing.managers.AcquirerProxy`.
 *
 * `acquire()` takes a permit for good: any process may release it, so one that a process had taken which ended stays taken. A
 * permit that `with()` took is its process's, and comes back when that ends. It lives as long as a DictProxy's dict. Every
 * method but close() rejects with RemoteError when the server is gone, with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const connections = await manager.Semaphore(4);
 * await connections.with(() => console.log("one of at most four"));
 * console.log(await connections.getValue()); // 4
 * ```
 */
export interface SemaphoreProxy extends AcquirableProxy {
  /** Free permits now. CPython: `get_value()` (which a manager's has not). */
  getValue(): Promise<number>;
}

/**
 * A condition on a manager's server: waiting under a lock for a change. CPython: `multiprocessing.managers.ConditionProxy`.
 *
 * Its lock belongs to the process (or worker) that acquired it, and is the next's when that ends. It lives as long as a
 * DictProxy's dict. Every method but close() rejects with RemoteError when the server is gone, with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const changed = await manager.Condition(await manager.Lock());
 * const waiting = changed.with(() => changed.wait({ timeout: 5000 }));
 * await changed.with(() => changed.notify()); // in another process, say
 * console.log(await waiting); // true
 * ```
 */
export interface ConditionProxy extends LockProxy {
  /**
   * Releases the lock, waits for a notification, takes the lock again; false when `timeout` milliseconds (default: no limit) ran
   * out first. Aborted, it rejects with `signal.reason`, the lock held again all the same. CPython: `Condition.wait()`.
   * @throws {MisuseError} when this process doesn't hold the lock
   */
  wait(options?: WaitOptions): Promise<boolean>;
  /**
   * Ends up to `n` waits (default 1), those that began first; they go on once the lock is free. A number below 1 ends none.
   * CPython: `Condition.notify()`.
   * @throws {MisuseError} when this process doesn't hold the lock
   */
  notify(n?: number): Promise<void>;
  /**
   * Ends all waits; they go on once the lock is free. CPython: `Condition.notify_all()`.
   * @throws {MisuseError} when this process doesn't hold the lock
   */
  notifyAll(): Promise<void>;
}

export class LockEngine extends ReferentEngine {}
export class SemaphoreEngine extends ReferentEngine {}
export class ConditionEngine extends ReferentEngine {}

/** `isHeld`: it is this process's, see SemaphoreProxy; locks always are. */
function acquire(proxy: ProxyFace, options: BlockOptions | undefined, isHeld: boolean): Promise<boolean> {
  const undo = (got: unknown) => got === true ? { method: "release", args: [isHeld] } : undefined;
  return askWaiting(proxy, "acquire", options, (waits) => [waits, isHeld], undo) as Promise<boolean>;
}

function during<R>(proxy: ProxyFace, fn: () => R | Promise<R>, options: WaitOptions | undefined): Promise<R> {
  return ProxyFace.keep(proxy, async () => {
    if (typeof fn !== "function") throw new MisuseError("Cannot run with a lock: the first argument is not a function");
    if (!await acquire(proxy, options, true)) {
      throw new TimeoutError(`Cannot acquire ${proxy}: it was not to be had within ${options?.timeout} ms`);
    }
    const release = () => ProxyFace.call(proxy, "release", () => [true]);
    let result: R;
    try {
      result = await fn();
    } catch (error) {
      await release().catch(() => {}); // what `fn` threw says more
      throw error;
    }
    await release();
    return result;
  });
}

class Lock extends ProxyFace implements LockProxy {
  acquire(options?: BlockOptions): Promise<boolean> {
    return acquire(this, options, true);
  }
  release(): Promise<void> {
    return ask(this, "release") as Promise<void>;
  }
  with<R>(fn: () => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return during(this, fn, options);
  }
  locked(): Promise<boolean> {
    return ask(this, "locked") as Promise<boolean>;
  }
}

class Condition extends Lock implements ConditionProxy {
  wait(options?: WaitOptions): Promise<boolean> {
    return askWaiting(this, "wait", options) as Promise<boolean>;
  }
  notify(n = 1): Promise<void> {
    return ask(this, "notify", () => [n]) as Promise<void>;
  }
  notifyAll(): Promise<void> {
    return this.notify(Infinity);
  }
}

class Semaphore extends ProxyFace implements SemaphoreProxy {
  acquire(options?: BlockOptions): Promise<boolean> {
    return acquire(this, options, false);
  }
  release(): Promise<void> {
    return ask(this, "release", () => [false]) as Promise<void>;
  }
  with<R>(fn: () => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return during(this, fn, options);
  }
  getValue(): Promise<number> {
    return ask(this, "getValue") as Promise<number>;
  }
}

registerSharedClass("LockProxy", Lock, LockEngine);
registerSharedClass("ConditionProxy", Condition, ConditionEngine);
registerSharedClass("SemaphoreProxy", Semaphore, SemaphoreEngine);
