/** Waiting for what happens to another agent: the bell is heard, and the family table is looked at. */

import { type Family, TICK } from "../memory/family.ts";
import type { WaitOptions } from "../memory/wait_options.ts";
import { limitOf, LONGEST_TIMER } from "../memory/wait_options.ts";

/** Calls `tell` once, when it happens; it may have already. The result gives that up, and leaves nothing behind. */
export type Subscribe<T> = (tell: (value: T) => void, fail: (error: unknown) => void) => () => void;

/** What `look()` gives, as soon as it isn't undefined: it is asked again after every ring. */
function watching<T>(family: Family, look: () => T | undefined): (tell: (value: T) => void) => () => void {
  return (tell) => {
    const stop = () => {
      if (family.listeners.delete(listener)) family.unattend();
    };
    const listener = () => {
      const found = look();
      if (found === undefined) return;
      stop();
      tell(found);
    };
    family.listeners.add(listener);
    family.attend();
    listener();
    return stop;
  };
}

/** Resolves with what `look()` gives, as soon as it isn't undefined: it is asked again after every ring. */
export function watch<T>(family: Family, look: () => T | undefined): Promise<T> {
  const now = look();
  return now !== undefined ? Promise.resolve(now) : new Promise((resolve) => void watching(family, look)(resolve));
}

/** Waits for the end of an agent; false when the limit ran out. */
export async function waitForEnd(family: Family, owner: number, options?: WaitOptions): Promise<boolean> {
  // A death is rung to everyone once it is found; this asks, in case nobody else does.
  const timer = setInterval(() => family.probe(owner), TICK);
  try {
    return await limited(watching(family, () => family.alive(owner) ? undefined : true), options) ?? false;
  } finally {
    clearInterval(timer);
  }
}

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
