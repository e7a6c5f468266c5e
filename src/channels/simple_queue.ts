/** SimpleQueue: a queue with the least of methods. */

import type { Named } from "../memory/object.ts";
import type { Link } from "../wire/registry.ts";
import { registerShareable, shareable } from "../wire/registry.ts";
import { Queue } from "./queue.ts";

/** An unbounded queue without timeouts. CPython: `multiprocessing.SimpleQueue`. */
export class SimpleQueue<T = unknown> implements Disposable {
  readonly #queue: Queue<T>;

  constructor(options?: Named | Queue<T>) {
    this.#queue = options instanceof Queue ? options : new Queue<T>({ name: options?.name });
  }

  /** The queue behind it; internal. */
  get queue(): Queue<T> {
    return this.#queue;
  }

  /** Appends a copy of `item`. SerializationError when it can't travel, ClosedError after close(). */
  put(item: T): Promise<void> {
    return this.#queue.put(item);
  }

  /** Takes the oldest item, waiting for one. ClosedError after close(). */
  get(): Promise<T> {
    return this.#queue.get();
  }

  /** True when there is nothing in it now. */
  empty(): boolean {
    return this.#queue.empty();
  }

  /** Drops this process's handle. Idempotent. */
  close(): void {
    this.#queue.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

const simpleQueueType = {
  name: "SimpleQueue",
  is: (value: object): value is SimpleQueue => value instanceof SimpleQueue,
  encode: (value: SimpleQueue) => value.queue,
  decode: (wire: unknown, _link: Link): SimpleQueue => new SimpleQueue(wire as Queue),
};
registerShareable(simpleQueueType);
Object.defineProperty(SimpleQueue.prototype, shareable, { value: simpleQueueType });
