/** Queue, as programs see it; queue_engine.ts does the work. */

import type { BlockOptions } from "../base/wait_options.ts";
import { makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { QueueEngine } from "./queue_engine.ts";
import type { QueueOptions } from "./queue_layout.ts";

/**
 * A first-in, first-out queue between processes. CPython: `multiprocessing.Queue`.
 *
 * Values are copied at `put`. There is no feeder thread: when `put` resolves, others can see the item, and it survives the
 * death of the process that put it. Joining a child before draining its queue never deadlocks.
 *
 * @example
 * ```ts
 * import { Queue } from "@manyproc/multiprocessing";
 *
 * const queue = new Queue<string>({ name: "my-package/words" });
 * await queue.put("hello");
 * console.log(await queue.get()); // hello
 * ```
 */
export class Queue<T = unknown> implements AsyncIterable<T>, Disposable {
  readonly #engine: QueueEngine<T>;

  static {
    makeFace(this.prototype, (queue) => #engine in queue ? queue.#engine as QueueEngine : undefined);
  }

  /**
   * A queue of at most `maxsize` items (a number, or `options.maxsize`; default 0: no limit), joined by name where
   * `options.name` is given.
   * @throws {MisuseError} when maxsize is not an integer, or the name is another class's or of another maxsize
   */
  constructor(options?: number | QueueOptions);
  constructor(options?: number | QueueOptions | QueueEngine<T>) {
    this.#engine = wear(this, options instanceof QueueEngine ? options : new QueueEngine<T>(options));
  }

  /**
   * Appends a copy of `item`; resolves when others can see it. Rejects with `signal.reason` when aborted: then nothing is put.
   * CPython: `Queue.put()`.
   *
   * `timeout` (milliseconds; default: no limit) limits the wait for room; `block: false` means none.
   * @throws {SerializationError} when the item can't travel; nothing is put
   * @throws {Full} when there was no room in time
   * @throws {ClosedError} when the queue is shut down or this handle is closed
   */
  put(item: T, options?: BlockOptions): Promise<void> {
    return this.#engine.put(item, options);
  }

  /**
   * As `put`, at once or not at all. CPython: `Queue.put_nowait()`.
   * @throws {Full} when there is no room now
   * @throws {SerializationError} when the item can't travel
   * @throws {ClosedError} when the queue is shut down or this handle is closed
   */
  putNowait(item: T): void {
    this.#engine.putNowait(item);
  }

  /**
   * Takes the oldest item, waiting for one. Rejects with `signal.reason` when aborted: then nothing is taken.
   * CPython: `Queue.get()`.
   *
   * `timeout`: milliseconds; default: no limit.
   * @throws {Empty} when none came within `timeout`, or at once with `block: false`
   * @throws {ClosedError} when the queue is shut down and drained, or this handle is closed
   */
  get(options?: BlockOptions): Promise<T> {
    return this.#engine.get(options);
  }

  /**
   * As `get`, at once or not at all. CPython: `Queue.get_nowait()`.
   * @throws {Empty} when there is nothing now
   * @throws {ClosedError} when the queue is shut down and drained, or this handle is closed
   */
  getNowait(): T {
    return this.#engine.getNowait();
  }

  /**
   * Items in it now. CPython: `Queue.qsize()`.
   * @throws {ClosedError} when this handle is closed
   */
  qsize(): number {
    return this.#engine.qsize();
  }

  /**
   * True when there is nothing in it now. CPython: `Queue.empty()`.
   * @throws {ClosedError} when this handle is closed
   */
  empty(): boolean {
    return this.#engine.empty();
  }

  /**
   * True when a put would have to wait now. CPython: `Queue.full()`.
   * @throws {ClosedError} when this handle is closed
   */
  full(): boolean {
    return this.#engine.full();
  }

  /**
   * Ends the queue for everyone: puts are refused; gets drain what is there, then are refused. CPython 3.13: `shutdown()`.
   * @param options `immediate` (default false): what is there is thrown away too
   * @throws {ClosedError} when this handle is closed
   */
  shutdown(options?: { immediate?: boolean }): void {
    this.#engine.shutdown(options);
  }

  /** Drops this process's handle; the queue goes with the last one. What waits by it is refused. Idempotent. */
  close(): void {
    this.#engine.close();
  }

  /** Items as they come, taken one by one, until the queue is shut down and drained. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this.#engine.items();
  }

  /** As close(): `using queue = new Queue()`. */
  [Symbol.dispose](): void {
    this.#engine.close();
  }
}

registerSharedClass("Queue", Queue, QueueEngine);
