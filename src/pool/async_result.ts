/** AsyncResult: the promise of a pool's result, that can also be asked. */

import { MisuseError } from "../errors/base.ts";
import { TimeoutError } from "../errors/outcomes.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { withLimit } from "../base/limited.ts";
import { deferred } from "../base/deferred.ts";

/** How a result comes about, and how it can be cancelled. */
type Begin<R> = (resolve: (value: R) => void, reject: (error: unknown) => void) => { cancel(reason: unknown): boolean };

/**
 * A result that is on its way: a promise that can also be asked and cancelled. There is no unhandledRejection if nobody looks.
 * CPython: `multiprocessing.pool.AsyncResult`.
 *
 * @example
 * ```ts
 * import { Pool } from "@manyproc/multiprocessing";
 *
 * await using pool = new Pool(1);
 * const result = pool.applyAsync<string>(new URL("node:path#basename"), ["/home/ada"]);
 * if (await result.wait({ timeout: 60_000 })) console.log(result.successful(), await result.get()); // true ada
 * ```
 */
export class AsyncResult<R> extends Promise<R> {
  #state: "pending" | "done" | "failed" = "pending";
  #cancel: (reason: unknown) => boolean = () => false;

  /** What `then` makes is a plain promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** Begins what the result comes from. What `begin` throws rejects it. */
  static of<R>(begin: Begin<R>): AsyncResult<R> {
    const { promise, resolve, reject } = deferred<R>();
    const result = new AsyncResult<R>((accept, refuse) => void promise.then(accept, refuse));
    try {
      const call = begin((value) => {
        result.#state = "done";
        resolve(value);
      }, (error) => {
        result.#state = "failed";
        reject(error);
      });
      result.#cancel = (reason) => call.cancel(reason);
    } catch (error) {
      result.#state = "failed";
      reject(error);
    }
    result.catch(() => {});
    return result;
  }

  /**
   * Withdraws the task, or stops it by replacing its worker; the result rejects with `reason`, by default a DOMException whose
   * name is "AbortError". False when there is an outcome already.
   */
  cancel(reason: unknown = new DOMException("The task was cancelled", "AbortError")): boolean {
    return this.#cancel(reason);
  }

  /**
   * The value; rejects with the task's error, and with `signal.reason` when aborted (which ends this wait, not the task).
   * CPython: `AsyncResult.get()`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out; it can be asked again
   */
  async get(options?: WaitOptions): Promise<R> {
    const settled = this.then((value) => ({ value }));
    settled.catch(() => {}); // the wait may be over before
    const box = await withLimit(settled, options);
    if (box === undefined) {
      throw new TimeoutError(`Cannot get the result: it was not there within ${options?.timeout} ms`);
    }
    return box.value;
  }

  /**
   * Waits for the outcome, whatever it is; false when `timeout` milliseconds (default: no limit) ran out. Rejects with
   * `signal.reason` when aborted. CPython: `AsyncResult.wait()`, which doesn't tell.
   */
  async wait(options?: WaitOptions): Promise<boolean> {
    return await withLimit(this.then(() => true, () => true), options) ?? false;
  }

  /** Whether the outcome is known. CPython: `AsyncResult.ready()`. */
  ready(): boolean {
    return this.#state !== "pending";
  }

  /**
   * Whether the outcome is a value. CPython: `AsyncResult.successful()`.
   * @throws {MisuseError} while it isn't known
   */
  successful(): boolean {
    if (this.#state === "pending") {
      throw new MisuseError("Cannot tell whether the task was successful: it is not ready");
    }
    return this.#state === "done";
  }
}
