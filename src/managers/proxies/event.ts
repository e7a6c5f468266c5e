/** EventProxy and BarrierProxy: what is waited for together. */

import { limitOf, type WaitOptions } from "../../base/wait_options.ts";
import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, askWaiting, type BaseProxy, nothingToUndo, ProxyFace } from "./base.ts";

/**
 * A flag on a manager's server. CPython: `multiprocessing.managers.EventProxy`.
 *
 * It lives as long as a DictProxy's dict. Every method but close() rejects with RemoteError when the server is gone, with
 * ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const ready = await manager.Event();
 * const waiting = ready.wait({ timeout: 5000 });
 * await ready.set(); // in another process, say
 * console.log(await waiting, await ready.isSet()); // true true
 * ```
 */
export interface EventProxy extends BaseProxy {
  /** Sets the flag and wakes everyone who waits. CPython: `Event.set()`. */
  set(): Promise<void>;
  /** Takes the flag back. CPython: `Event.clear()`. */
  clear(): Promise<void>;
  /** Whether the flag is set now. CPython: `Event.is_set()`. */
  isSet(): Promise<boolean>;
  /**
   * Waits until it is set (a set that is cleared again at once counts); false when `timeout` milliseconds (default: no limit)
   * ran out first. Rejects with `signal.reason` when aborted. CPython: `Event.wait()`.
   */
  wait(options?: WaitOptions): Promise<boolean>;
}

/**
 * A number of parties that wait for each other at a manager's server. CPython: `multiprocessing.managers.BarrierProxy`.
 *
 * A party that times out, is aborted or ends while it waits breaks the barrier for all, until reset(). It lives as long as a
 * DictProxy's dict. Every method but close() rejects with RemoteError when the server is gone, with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const start = await manager.Barrier(2, { timeout: 5000 });
 * console.log(await Promise.all([start.wait(), start.wait()])); // [0, 1]
 * ```
 */
export interface BarrierProxy extends BaseProxy {
  /**
   * Waits for the others; resolves to this party's index in the round, 0 to parties - 1. Rejects with `signal.reason` when
   * aborted. CPython: `Barrier.wait()`.
   *
   * `timeout`: milliseconds; default: the barrier's own.
   * @throws {BrokenBarrierError} when the barrier is or gets broken: by a timeout (also this one's), an abort, a death, reset()
   */
  wait(options?: WaitOptions): Promise<number>;
  /** Back to empty and whole; those who wait get BrokenBarrierError. CPython: `Barrier.reset()`. */
  reset(): Promise<void>;
  /** Breaks it: those who wait, and who come, get BrokenBarrierError until reset(). CPython: `Barrier.abort()`. */
  abort(): Promise<void>;
  /** How many it takes. CPython: `Barrier.parties`. */
  parties(): Promise<number>;
  /** How many wait now. CPython: `Barrier.n_waiting`. */
  nWaiting(): Promise<number>;
  /** Whether waits are refused until reset(). CPython: `Barrier.broken`. */
  broken(): Promise<boolean>;
}

export class EventEngine extends ReferentEngine {}
export class BarrierEngine extends ReferentEngine {}

class Event extends ProxyFace implements EventProxy {
  set(): Promise<void> {
    return ask(this, "set") as Promise<void>;
  }
  clear(): Promise<void> {
    return ask(this, "clear") as Promise<void>;
  }
  isSet(): Promise<boolean> {
    return ask(this, "isSet") as Promise<boolean>;
  }
  wait(options?: WaitOptions): Promise<boolean> {
    return askWaiting(this, "wait", options, undefined, nothingToUndo) as Promise<boolean>;
  }
}

class Barrier extends ProxyFace implements BarrierProxy {
  wait(options?: WaitOptions): Promise<number> {
    // Without a timeout of its own, the server keeps the barrier's.
    const args = () => [options?.timeout === undefined ? undefined : limitOf(options)];
    return askWaiting(this, "wait", options, args, nothingToUndo) as Promise<number>;
  }
  reset(): Promise<void> {
    return ask(this, "reset") as Promise<void>;
  }
  abort(): Promise<void> {
    return ask(this, "abort") as Promise<void>;
  }
  parties(): Promise<number> {
    return ask(this, "parties") as Promise<number>;
  }
  nWaiting(): Promise<number> {
    return ask(this, "nWaiting") as Promise<number>;
  }
  broken(): Promise<boolean> {
    return ask(this, "broken") as Promise<boolean>;
  }
}

registerSharedClass("EventProxy", Event, EventEngine);
registerSharedClass("BarrierProxy", Barrier, BarrierEngine);
