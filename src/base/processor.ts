/** Leaving the processor to others, in code that may not await. */

const bed = new Int32Array(new SharedArrayBuffer(4));

/** For a moment that is shorter than a nap, where the runtime can. */
export const pause: () => void = (Atomics as unknown as { pause?: () => void }).pause ?? (() => {});

/** For so many milliseconds, or fractions of one. */
export function nap(milliseconds: number): void {
  Atomics.wait(bed, 0, 0, milliseconds);
}
