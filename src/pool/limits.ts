/** The limits of a call: its time, and the signal that ends it. */

import { TimeoutError } from "../errors/outcomes.ts";
import { limitOf, LONGEST_TIMER, type WaitOptions } from "../base/wait_options.ts";
import { clearTimeout, setTimeout } from "../base/originals.ts";

/** Limits that are being watched. */
export class Limits {
  readonly #signal: AbortSignal | undefined;
  readonly #cancel: (reason: unknown) => void;
  readonly #timer: ReturnType<typeof setTimeout> | undefined;

  /** Undefined when there are none. `cancel` is called when one is reached; what was aborted before throws. `doing` is for errors. */
  static of(options: WaitOptions, doing: string, cancel: (reason: unknown) => void): Limits | undefined {
    const limit = limitOf(options);
    if (limit > LONGEST_TIMER && options.signal === undefined) return undefined;
    options.signal?.throwIfAborted();
    return new Limits(options.signal, limit, doing, cancel);
  }

  private constructor(
    signal: AbortSignal | undefined,
    limit: number,
    doing: string,
    cancel: (reason: unknown) => void,
  ) {
    this.#signal = signal;
    this.#cancel = cancel;
    signal?.addEventListener("abort", this.#onAbort);
    if (limit > LONGEST_TIMER) return;
    this.#timer = setTimeout(() => {
      cancel(new TimeoutError(`Cannot ${doing}: it was not done within ${limit} ms`));
    }, limit);
  }

  /** They don't matter any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
  }

  readonly #onAbort = (): void => this.#cancel(this.#signal?.reason);
}
