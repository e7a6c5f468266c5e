/** JoinableQueue, as programs see it; joinable_queue_engine.ts does the work. */

import type { WaitOptions } from "../base/wait_options.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { JoinableQueueEngine } from "./joinable_queue_engine.ts";
import { Queue } from "./queue.ts";
import type { QueueOptions } from "./queue_layout.ts";

/**
 * A Queue whose consumers say when they are done with an item. CPython: `multiprocessing.JoinableQueue`.
 *
 * @example
 * ```ts
 * import { JoinableQueue } from "@manyproc/multiprocessing";
 *
 * const jobs = new JoinableQueue<string>();
 * await jobs.put("one");
 * console.log(await jobs.get()); // in a consumer
 * jobs.taskDone();
 * await jobs.join(); // in the producer: everything is dealt with
 * ```
 */
export class JoinableQueue<T = unknown> extends Queue<T> {
  readonly #engine: JoinableQueueEngine<T>;

  /**
   * A queue of at most `maxsize` items (a number, or `options.maxsize`; default 0: no limit), joined by name where
   * `options.name` is given.
   * @throws {MisuseError} when maxsize is not an integer, or the name is another class's or of another maxsize
   */
  constructor(options?: number | QueueOptions);
  constructor(options?: number | QueueOptions | JoinableQueueEngine<T>) {
    const engine = options instanceof JoinableQueueEngine ? options : new JoinableQueueEngine<T>(options);
    super(engine as QueueOptions);
    this.#engine = engine;
  }

  /**
   * One item that was taken is dealt with. CPython: `JoinableQueue.task_done()`.
   * @throws {MisuseError} when it is called more often than items were put
   * @throws {ClosedError} when this handle is closed
   */
  taskDone(): void {
    this.#engine.taskDone();
  }

  /**
   * Waits until every item that was put is dealt with; false when `timeout` milliseconds (default: no limit) ran out first.
   * Rejects with `signal.reason` when aborted. CPython: `JoinableQueue.join()`.
   * @throws {ClosedError} when this handle is closed
   */
  join(options?: WaitOptions): Promise<boolean> {
    return this.#engine.join(options);
  }
}

registerSharedClass("JoinableQueue", JoinableQueue, JoinableQueueEngine);
