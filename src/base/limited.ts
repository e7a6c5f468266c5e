/** Waits with a limit and a signal. */

import { limitOf, LONGEST_TIMER, type WaitOptions } from "./wait_options.ts";
import { clearTimeout, setTimeout } from "./originals.ts";

/** Calls `tell` once, when it happens; it may have already. The result gives that up, and leaves nothing behind. */
export type Subscribe<T> = (tell: (value: T) => void, fail: (error: unknown) => void) => () => void;

/** `promise`, or undefined when the limit ran out first. Rejects with `signal.reason` when aborted. */
export function withLimit<T>(promise: Promise<T>, options: WaitOptions | undefined): Promise<T | undefined> {
  if (limitOf(options) === Infinity && options?.signal === undefined) return promise;
  return limited((tell, fail) => {
    promise.then(tell, fail);
    return () => {};
  }, options);
}

/** What is told, or undefined when the limit ran out first; it is given up then. Rejects with `signal.reason` when aborted. */
export function limited<T>(subscribe: Subscribe<T>, options: WaitOptions | undefined): Promise<T | undefined> {
  const limit = limitOf(options), signal = options?.signal;
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let over = false;
    let giveUp = () => {};
    const done = () => {
      over = true;
      giveUp();
    };
    const onAbort = () => {
      done();
      reject(signal?.reason);
    };
    const stop = subscribe((value) => {
      done();
      resolve(value);
    }, (error) => {
      done();
      reject(error);
    });
    if (over) return; // it was told at once
    signal?.addEventListener("abort", onAbort);
    const timer = limit > LONGEST_TIMER ? undefined : setTimeout(() => {
      done();
      resolve(undefined);
    }, limit);
    giveUp = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      stop();
    };
  });
}
