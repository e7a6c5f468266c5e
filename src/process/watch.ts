/** Waiting for what happens to another agent: the bell is heard, and the family table is looked at. */

import type { Family } from "../memory/family.ts";
import type { WaitOptions } from "../memory/wait_options.ts";
import { limitOf } from "../memory/wait_options.ts";

const TICK = 250;
const LONGEST_TIMER = 2 ** 31 - 1;

/** Resolves with what `look()` gives, as soon as it isn't undefined: it is asked again after every ring. */
export function watch<T>(family: Family, look: () => T | undefined): Promise<T> {
  const now = look();
  if (now !== undefined) return Promise.resolve(now);
  return new Promise((resolve) => {
    const listener = () => {
      const found = look();
      if (found === undefined) return;
      family.listeners.delete(listener);
      family.unattend();
      resolve(found);
    };
    family.listeners.add(listener);
    family.attend();
    listener();
  });
}

/** Waits for the end of an agent; false when the limit ran out. */
export async function waitForEnd(family: Family, owner: number, options?: WaitOptions): Promise<boolean> {
  // A death is rung to everyone once it is found; this asks, in case nobody else does.
  const timer = setInterval(() => family.probe(owner), TICK);
  try {
    return await withLimit(watch(family, () => family.alive(owner) ? undefined : true), options) ?? false;
  } finally {
    clearInterval(timer);
  }
}

/** `promise`, or undefined when the limit ran out first. Rejects with `signal.reason` when aborted. */
export function withLimit<T>(promise: Promise<T>, options: WaitOptions | undefined): Promise<T | undefined> {
  const limit = limitOf(options), signal = options?.signal;
  if (signal?.aborted) return Promise.reject(signal.reason);
  if (limit === Infinity && signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const done = () => {
      if (timer !== undefined) clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    const onAbort = () => {
      done();
      reject(signal?.reason);
    };
    signal?.addEventListener("abort", onAbort);
    if (limit <= LONGEST_TIMER) {
      timer = setTimeout(() => {
        done();
        resolve(undefined);
      }, limit);
    }
    promise.then((value) => {
      done();
      resolve(value);
    }, (error) => {
      done();
      reject(error);
    });
  });
}
