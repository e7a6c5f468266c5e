/** SimpleQueue: a queue with the least of methods. */

import { ensureOptions } from "../base/options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_SIMPLE_QUEUE } from "../memory/layout.ts";
import { makeFace, wear } from "../objects/face.ts";
import type { Attachment, Named } from "../objects/object.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { QueueEngine } from "./queue_engine.ts";
import { QUEUE_WORDS, queueCare } from "./queue_layout.ts";

class SimpleQueueEngine<T = unknown> extends QueueEngine<T> {
  constructor(options?: Named | Attachment) {
    ensureOptions(options, "create a SimpleQueue", { string: "name" });
    super(options, { label: "SimpleQueue", kind: KIND_SIMPLE_QUEUE, words: QUEUE_WORDS });
  }
}

/**
 * An unbounded queue without timeouts. CPython: `multiprocessing.SimpleQueue`.
 *
 * @example
 * ```ts
 * import { SimpleQueue } from "@manyproc/multiprocessing";
 *
 * const queue = new SimpleQueue<number>();
 * await queue.put(1);
 * console.log(await queue.get()); // 1
 * ```
 */
export class SimpleQueue<T = unknown> implements Disposable {
  readonly #engine: SimpleQueueEngine<T>;

  static {
    makeFace(this.prototype, (queue) => #engine in queue ? queue.#engine as SimpleQueueEngine : undefined);
  }

  /**
   * A new queue, or the one of that name.
   * @throws {MisuseError} when the name is another class's
   */
  constructor(options?: Named);
  constructor(options?: Named | SimpleQueueEngine<T>) {
    this.#engine = wear(this, options instanceof SimpleQueueEngine ? options : new SimpleQueueEngine<T>(options));
  }

  /**
   * Appends a copy of `item`; resolves when others can see it. CPython: `SimpleQueue.put()`.
   * @throws {SerializationError} when it can't travel
   * @throws {ClosedError} when this handle is closed
   */
  put(item: T): Promise<void> {
    return this.#engine.put(item);
  }

  /**
   * Takes the oldest item, waiting for one. CPython: `SimpleQueue.get()`.
   * @throws {ClosedError} when this handle is closed
   */
  get(): Promise<T> {
    return this.#engine.get();
  }

  /**
   * True when there is nothing in it now. CPython: `SimpleQueue.empty()`.
   * @throws {ClosedError} when this handle is closed
   */
  empty(): boolean {
    return this.#engine.empty();
  }

  /** Drops this process's handle; the queue goes with the last one. Idempotent. */
  close(): void {
    this.#engine.close();
  }

  /** As close(). */
  [Symbol.dispose](): void {
    this.#engine.close();
  }
}

registerCare(KIND_SIMPLE_QUEUE, queueCare());
registerSharedClass("SimpleQueue", SimpleQueue, SimpleQueueEngine);
