/**
 * The clocks and timers of the runtime, as they were when this package was loaded: what test runners put in their place later
 * (fake timers) stands still, and whoever waits by it waits for ever.
 */

// As variables, not as properties of an object: those of a module are constants to a compiler.
const { performance, Date: { now: wallClock } } = globalThis;
const monotonicClock = performance.now;

/** Milliseconds since some moment; it never goes back. */
export function now(): number {
  return monotonicClock.call(performance);
}

/** Milliseconds since 1970, the same in all processes. */
export const wallTime: () => number = wallClock;

/**
 * A function of the runtime's, as it is now. Deno loads its timers when their property is read, which takes 7 ms: a child that
 * needs none is spared that.
 */
function kept<K extends "setTimeout" | "clearTimeout" | "setInterval" | "clearInterval" | "setImmediate">(
  name: K,
): typeof globalThis[K] {
  const get = Object.getOwnPropertyDescriptor(globalThis, name)?.get;
  if (get === undefined) return globalThis[name];
  type Timer = (...args: unknown[]) => unknown;
  let loaded: Timer | undefined;
  return ((...args: unknown[]) => (loaded ??= get.call(globalThis) as Timer)(...args)) as typeof globalThis[K] & Timer;
}

export const setTimeout: typeof globalThis.setTimeout = kept("setTimeout");
export const clearTimeout: typeof globalThis.clearTimeout = kept("clearTimeout");
export const setInterval: typeof globalThis.setInterval = kept("setInterval");
export const clearInterval: typeof globalThis.clearInterval = kept("clearInterval");
export const setImmediate: typeof globalThis.setImmediate = kept("setImmediate");
export const queueMicrotask: typeof globalThis.queueMicrotask = globalThis.queueMicrotask;
