/** Semaphore and BoundedSemaphore, as programs see them; semaphore_engine.ts does the work. */

import type { BlockOptions, WaitOptions } from "../base/wait_options.ts";
import { makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import type { Acquirable, Held } from "./acquirable.ts";
import { BoundedSemaphoreEngine, SemaphoreEngine, type SemaphoreOptions } from "./semaphore_engine.ts";

/**
 * A number of permits. CPython: `multiprocessing.Semaphore`.
 *
 * `acquire()` takes a permit for good: any process may release it, so one that a killed process had taken stays taken. A
 * permit that `hold()` or `with()` took is its process's: it comes back when that dies, and the next holder finds `abandoned`.
 *
 * @example
 * ```ts
 * import { Semaphore } from "@manyproc/multiprocessing";
 *
 * const connections = new Semaphore({ value: 4, name: "my-package/connections" });
 * await connections.with(() => console.log("one of at most four"));
 * ```
 */
export class Semaphore implements Acquirable {
  readonly #engine: SemaphoreEngine;

  static {
    makeFace(this.prototype, (semaphore) => #engine in semaphore ? semaphore.#engine : undefined);
  }

  /**
   * `value` permits (a number, or `options.value`; default 1). Where a name is given, the first creator's count.
   * @throws {RangeError} for a value below 0
   * @throws {MisuseError} when the name is another class's
   */
  constructor(options?: SemaphoreOptions);
  constructor(options?: SemaphoreOptions | SemaphoreEngine) {
    this.#engine = wear(this, options instanceof SemaphoreEngine ? options : new SemaphoreEngine(options));
  }

  /**
   * Waits for a permit and takes it. Resolves to false when `timeout` milliseconds (default: no limit) ran out, or at once
   * with `block: false`; rejects with `signal.reason` when aborted. CPython: `Semaphore.acquire()`.
   * @throws {ClosedError} when this handle is closed
   */
  acquire(options?: BlockOptions): Promise<boolean> {
    return this.#engine.acquire(options);
  }

  /**
   * The synchronous fast path: true if a permit was free and is now taken. CPython: `Semaphore.acquire(block=False)`.
   * @throws {ClosedError} when this handle is closed
   */
  acquireNowait(): boolean {
    return this.#engine.acquireNowait();
  }

  /**
   * Adds `n` permits; any process may. CPython: `Semaphore.release()`.
   * @param n How many; default 1
   * @throws {RangeError} for an `n` below 1
   * @throws {MisuseError} above 2³¹ - 1 permits; BoundedSemaphore: above the initial value
   * @throws {ClosedError} when this handle is closed
   */
  release(n = 1): void {
    this.#engine.release(n);
  }

  /**
   * Takes a permit that is this process's; what this resolves to gives it back when disposed:
   * `using held = await semaphore.hold()`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {ClosedError} when this handle is closed
   */
  hold(options?: WaitOptions): Promise<Held> {
    return this.#engine.hold(options);
  }

  /**
   * Runs `fn` with a permit, and gives it back whatever happens; resolves to what `fn` returned. CPython: `with semaphore:`.
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when `fn` is no function
   * @throws {ClosedError} when this handle is closed
   */
  with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R> {
    return this.#engine.with(fn, options);
  }

  /**
   * Free permits now. CPython: `Semaphore.get_value()`.
   * @throws {ClosedError} when this handle is closed
   */
  getValue(): number {
    return this.#engine.getValue();
  }

  /** Drops this process's handle, and gives back what hold() and with() took by it. Idempotent. */
  close(): void {
    this.#engine.close();
  }
}

/**
 * A Semaphore that refuses to have more permits than it began with. CPython: `multiprocessing.BoundedSemaphore`.
 *
 * @example
 * ```ts
 * import { BoundedSemaphore } from "@manyproc/multiprocessing";
 *
 * const permits = new BoundedSemaphore(2);
 * await permits.acquire();
 * permits.release(); // once more would be a MisuseError
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /**
   * `value` permits (a number, or `options.value`; default 1). Where a name is given, the first creator's count.
   * @throws {RangeError} for a value below 0
   * @throws {MisuseError} when the name is another class's
   */
  constructor(options?: SemaphoreOptions);
  constructor(options?: SemaphoreOptions | BoundedSemaphoreEngine) {
    super(
      (options instanceof BoundedSemaphoreEngine ? options : new BoundedSemaphoreEngine(options)) as SemaphoreOptions,
    );
  }
}

registerSharedClass("Semaphore", Semaphore, SemaphoreEngine);
registerSharedClass("BoundedSemaphore", BoundedSemaphore, BoundedSemaphoreEngine);
