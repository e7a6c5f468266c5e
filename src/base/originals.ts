/**
 * What programs and test runners replace of the runtime's global objects, as it was when this package was loaded. Of fake
 * timers whoever waits waits for ever; of a mocked JSON or crypto a child would be told nonsense.
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

/** The functions of JSON. */
export const JSON: Pick<typeof globalThis.JSON, "parse" | "stringify"> = {
  parse: globalThis.JSON.parse,
  stringify: globalThis.JSON.stringify,
};
export const TextEncoder: typeof globalThis.TextEncoder = globalThis.TextEncoder;
export const TextDecoder: typeof globalThis.TextDecoder = globalThis.TextDecoder;
export const AbortController: typeof globalThis.AbortController = globalThis.AbortController;
export const structuredClone: typeof globalThis.structuredClone = globalThis.structuredClone;
