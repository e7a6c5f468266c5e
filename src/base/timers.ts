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

export const {
  setTimeout,
  clearTimeout,
  setInterval,
  clearInterval,
  setImmediate,
  queueMicrotask,
}: Pick<
  typeof globalThis,
  "setTimeout" | "clearTimeout" | "setInterval" | "clearInterval" | "setImmediate" | "queueMicrotask"
> = globalThis;
