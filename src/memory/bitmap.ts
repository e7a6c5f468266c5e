/** Bitmaps in shared memory, a bit for each agent by its index: who waits, spins, is impatient, or holds an object. */

/** The word of a bitmap that has an index's bit. */
export function wordOf(index: number): number {
  return index >>> 5;
}

/** An index's bit in that word. */
export function maskOf(index: number): number {
  return 1 << (index & 31);
}

/** How many words hold the bits of all indices below `end`. */
export function wordsBelow(end: number): number {
  return (end + 31) >>> 5;
}

/** Whether a bit is set in the bitmap whose first word is `i32[at]`. */
export function hasBit(i32: Int32Array, at: number, index: number): boolean {
  return (Atomics.load(i32, at + wordOf(index)) & maskOf(index)) !== 0;
}

/** Sets a bit; false when it was set. */
export function setBit(i32: Int32Array, at: number, index: number): boolean {
  const mask = maskOf(index);
  return (Atomics.or(i32, at + wordOf(index), mask) & mask) === 0;
}

/** Clears a bit; false when it was clear. */
export function clearBit(i32: Int32Array, at: number, index: number): boolean {
  const mask = maskOf(index);
  return (Atomics.and(i32, at + wordOf(index), ~mask) & mask) !== 0;
}
