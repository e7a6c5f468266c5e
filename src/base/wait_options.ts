/** How long a wait may take: what the public functions take, in milliseconds inside. */

import { MisuseError } from "../errors/base.ts";
import { ensureOptions } from "./options.ts";
import { describe } from "./words.ts";

/** setTimeout takes at most this many milliseconds; a longer limit is as good as none (24 days). */
export const LONGEST_TIMER: number = 2 ** 31 - 1;

/**
 * How long to wait.
 *
 * @example
 * ```ts
 * import { Empty, Queue } from "@manyproc/multiprocessing";
 *
 * const queue = new Queue<string>();
 * const canceller = new AbortController();
 * await queue.get({ timeout: 10, signal: canceller.signal }).catch((error) => {
 *   console.log(error instanceof Empty); // true
 * });
 * ```
 */
export interface WaitOptions {
  /**
   * Milliseconds; a negative number means 0. What isn't a number, or is NaN, is a MisuseError.
   * @default Infinity
   */
  timeout?: number | undefined;
  /** Rejects the wait with `signal.reason`; nothing is lost, left held, or left waiting. */
  signal?: AbortSignal | undefined;
}

/** How long to wait, if at all. CPython: the parameters `block` and `timeout`. */
export interface BlockOptions extends WaitOptions {
  /**
   * False: don't wait, whatever `timeout` is.
   * @default true
   */
  block?: boolean | undefined;
}

/** Whether that can be used as an AbortSignal: it may be one of another realm, or a library's. */
export function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, throwIfAborted } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function" && typeof throwIfAborted === "function";
}

/** Milliseconds that `timeout` means, `unsaid` where there is none; Infinity = no limit. */
export function limitOf(options: BlockOptions | undefined, unsaid = Infinity): number {
  if (options === undefined) return unsaid;
  if (typeof options !== "object" || options === null) {
    ensureOptions(options, "wait", { number: "timeout", boolean: "block" });
  }
  const signal: unknown = options.signal;
  if (signal !== undefined && !isSignal(signal)) {
    throw new MisuseError(`Cannot wait: signal is ${describe(signal)}, it takes an AbortSignal`);
  }
  if (options.block === false) return 0;
  const timeout = options.timeout;
  if (timeout === undefined) return unsaid;
  if (typeof timeout !== "number" || Number.isNaN(timeout)) {
    throw new MisuseError(`Cannot wait: timeout is ${String(timeout)}, it takes milliseconds`);
  }
  return Math.max(0, timeout);
}
