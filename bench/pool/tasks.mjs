/** What the workers of all pools from npm do; `ours.ts` has the same for ours. */

/** @param {number} x */
export function square(x) {
  return x * x;
}

/** Keeps a processor busy for so many milliseconds of the clock. @param {number} milliseconds */
export function busy(milliseconds) {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
  return milliseconds;
}
