/** SimpleQueue: a queue with the least of methods. */

import { registerKind } from "../family/care.ts";
import { KIND_SIMPLE_QUEUE } from "../memory/layout.ts";
import type { Named } from "../objects/object.ts";
import { ensureOptions } from "../base/options.ts";
import type { Link } from "../codec/registry.ts";
import { registerShareable, shareable } from "../codec/registry.ts";
import { Queue } from "./queue.ts";
import type { QueuePlan } from "./queue_layout.ts";
import { QUEUE_WORDS, queueKind } from "./queue_layout.ts";

const plan: QueuePlan = { label: "SimpleQueue", kind: KIND_SIMPLE_QUEUE, words: QUEUE_WORDS };
/** So that what comes twice is one object. */
const wrappers = new WeakMap<Queue, SimpleQueue>();

/**
 * An unbounded queue without timeouts. CPython: `multiprocessing.SimpleQueue`.
 *
 * @example
 * ```ts ignore
 * const queue = new SimpleQueue<number>();
 * await queue.put(1);
 * console.log(await queue.get()); // 1
 * ```
 */
export class SimpleQueue<T = unknown> implements Disposable {
  readonly #queue: Queue<T>;

  constructor(options?: Named | Queue<T>) {
    ensureOptions(options, "create a SimpleQueue", { string: "name" });
    this.#queue = options instanceof Queue ? options : new Queue<T>({ name: options?.name }, plan);
    wrappers.set(this.#queue as Queue, this as SimpleQueue);
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
  decode: (wire: unknown, _link: Link): SimpleQueue => wrappers.get(wire as Queue) ?? new SimpleQueue(wire as Queue),
};
registerKind(KIND_SIMPLE_QUEUE, queueKind());
registerShareable(simpleQueueType);
Object.defineProperty(SimpleQueue.prototype, shareable, { value: simpleQueueType });
