/** QueueProxy and JoinableQueueProxy. */

import { ClosedError } from "../../errors/base.ts";
import type { BlockOptions, WaitOptions } from "../../base/wait_options.ts";
import { ensureOptions } from "../../base/options.ts";
import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import type { Seal } from "../kept.ts";
import { ask, askWaiting, type BaseProxy, nothingToUndo, ProxyFace } from "./base.ts";

/**
 * A first-in, first-out queue on a manager's server. CPython: the `Queue` of `multiprocessing.Manager()`.
 *
 * Values are copied at `put`; a proxy in it stays a reference. Whoever asked first gets the first item. It lives as long as a
 * DictProxy's dict. Every method but close() rejects with RemoteError when the server is gone, with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const words = await manager.Queue<string>();
 * await words.put("hello");
 * await words.shutdown();
 * for await (const word of words) console.log(word); // hello
 * ```
 */
export interface QueueProxy<T> extends AsyncIterable<T>, BaseProxy {
  /**
   * Appends a copy of `item`; resolves when others can get it. Aborted, it rejects with `signal.reason` if nothing was put. CPython:
   * `Queue.put()`.
   *
   * `timeout` (milliseconds; default: no limit) limits the wait for room; `block: false` means none.
   * @throws {SerializationError} when the item can't travel; nothing is put
   * @throws {Full} when there was no room in time
   * @throws {ClosedError} when the queue is shut down
   */
  put(item: T, options?: BlockOptions): Promise<void>;
  /**
   * Takes the oldest item, waiting for one. Rejects with `signal.reason` when aborted: then nothing is taken. CPython:
   * `Queue.get()`.
   *
   * `timeout`: milliseconds; default: no limit.
   * @throws {Empty} when none came within `timeout`, or at once with `block: false`
   * @throws {ClosedError} when the queue is shut down and drained
   */
  get(options?: BlockOptions): Promise<T>;
  /** Items in it now. CPython: `Queue.qsize()`. */
  qsize(): Promise<number>;
  /** True when there is nothing in it now. CPython: `Queue.empty()`. */
  empty(): Promise<boolean>;
  /** True when a put would have to wait now. CPython: `Queue.full()`. */
  full(): Promise<boolean>;
  /**
   * Ends the queue for everyone: puts are refused; gets drain what is there, then are refused. CPython 3.13: `shutdown()`.
   * @param options `immediate` (default false): what is there is thrown away too
   */
  shutdown(options?: { immediate?: boolean }): Promise<void>;
}

/**
 * A QueueProxy whose consumers say when they are done with an item. CPython: the `JoinableQueue` of
 * `multiprocessing.Manager()`.
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const jobs = await manager.JoinableQueue<string>();
 * await jobs.put("one");
 * console.log(await jobs.get()); // in a consumer
 * await jobs.taskDone();
 * console.log(await jobs.join()); // true
 * ```
 */
export interface JoinableQueueProxy<T> extends QueueProxy<T> {
  /**
   * One item that was taken is dealt with. CPython: `JoinableQueue.task_done()`.
   * @throws {MisuseError} when it is called more often than items were put
   */
  taskDone(): Promise<void>;
  /**
   * Waits until every item that was put is dealt with; false when `timeout` milliseconds (default: no limit) ran out first.
   * Rejects with `signal.reason` when aborted. CPython: `JoinableQueue.join()`.
   */
  join(options?: WaitOptions): Promise<boolean>;
}

export class QueueEngine extends ReferentEngine {}
export class JoinableQueueEngine extends ReferentEngine {}

class Queue<T> extends ProxyFace implements QueueProxy<T> {
  put(item: T, options?: BlockOptions): Promise<void> {
    return askWaiting(this, "put", options, (waits, seal) => [seal(item, "item"), waits]) as Promise<void>;
  }
  get(options?: BlockOptions): Promise<T> {
    const giveBack = (item: unknown, seal: Seal) => ({ method: "giveBack", args: [seal(item)] });
    return askWaiting(this, "get", options, undefined, giveBack) as Promise<T>;
  }
  qsize(): Promise<number> {
    return ask(this, "qsize") as Promise<number>;
  }
  empty(): Promise<boolean> {
    return ask(this, "empty") as Promise<boolean>;
  }
  full(): Promise<boolean> {
    return ask(this, "full") as Promise<boolean>;
  }
  async shutdown(options?: { immediate?: boolean }): Promise<void> {
    ensureOptions(options, "shut down a queue", { boolean: "immediate" });
    await ask(this, "shutdown", () => [options?.immediate === true]);
  }
  async *[Symbol.asyncIterator](): AsyncIterableIterator<T> {
    for (;;) {
      let item: T;
      try {
        item = await this.get();
      } catch (error) {
        if (error instanceof ClosedError && ProxyFace.isOpen(this)) return;
        throw error;
      }
      yield item;
    }
  }
}

class JoinableQueue<T> extends Queue<T> implements JoinableQueueProxy<T> {
  taskDone(): Promise<void> {
    return ask(this, "taskDone") as Promise<void>;
  }
  join(options?: WaitOptions): Promise<boolean> {
    return askWaiting(this, "join", options, undefined, nothingToUndo) as Promise<boolean>;
  }
}

registerSharedClass("QueueProxy", Queue, QueueEngine);
registerSharedClass("JoinableQueueProxy", JoinableQueue, JoinableQueueEngine);
