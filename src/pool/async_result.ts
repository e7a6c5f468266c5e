/** AsyncResult: the promise of a pool's result, that can also be asked. */

import { MisuseError, TimeoutError } from "../errors.ts";
import type { WaitOptions } from "../memory/futex.ts";
import { withLimit } from "../process/watch.ts";

/** A result that is on its way. CPython: `multiprocessing.pool.AsyncResult`. No unhandledRejection if nobody looks. */
export class AsyncResult<R> extends Promise<R> {
  #state: "pending" | "done" | "failed" = "pending";

  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** Follows `promise`. */
  static of<R>(promise: Promise<R>): AsyncResult<R> {
    const result = new AsyncResult<R>((resolve, reject) => void promise.then(resolve, reject));
    result.then(() => {
      result.#state = "done";
    }, () => {
      result.#state = "failed";
    });
    return result;
  }

  /**
   * The value, or the task's error.
   * @throws {TimeoutError} when `timeout` milliseconds ran out; it can be asked again
   */
  async get(options?: WaitOptions): Promise<R> {
    const settled = this.then((value) => ({ value }));
    const box = await withLimit(settled, options);
    if (box === undefined) {
      throw new TimeoutError(`Cannot get the result: it was not there within ${options?.timeout} ms`);
    }
    return box.value;
  }

  /** Waits for the outcome, whatever it is; false when `timeout` milliseconds ran out. */
  async wait(options?: WaitOptions): Promise<boolean> {
    return await withLimit(this.then(() => true, () => true), options) ?? false;
  }

  /** Whether the outcome is known. */
  ready(): boolean {
    return this.#state !== "pending";
  }

  /** Whether it is a value; MisuseError while it isn't known. */
  successful(): boolean {
    if (this.#state === "pending") {
      throw new MisuseError("Cannot tell whether the task was successful: it is not ready");
    }
    return this.#state === "done";
  }
}
