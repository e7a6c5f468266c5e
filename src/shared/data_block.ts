/**
 * Data blocks: memory that a program sees as its own array.
 *
 * "worker": the bytes are the block's payload. "process": the block is a segment of its own and the bytes begin at byte 65536
 * of it, which every process maps by itself: so that the array's buffer holds nothing else, and cloning or transferring it
 * touches nothing else.
 *
 * A program may keep views of the bytes for longer than the object. They must never see what lies there next, so the object is
 * kept (and its memory not given to anybody else) as long as there may be one. Each object has a buffer of its own, which all
 * its views refer to, however they were made: on "process" its mapping, on "worker" a SharedArrayBuffer of its own over the
 * family's whole memory, as cloning one makes it. When that buffer is garbage, there is no view. close() need not wait for the
 * collector on "process", where it detaches the buffer: views are empty from then on. A SharedArrayBuffer can't be detached, so
 * on "worker" they go on seeing the old bytes, and the collector is told how many wait for it.
 */

import { structuredClone } from "../base/originals.ts";
import { disposeBlock } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import { HEADER_WORDS, MIN_CLASS, OWN_SEGMENT_CLASS } from "../memory/layout.ts";

/** Bytes before the data in a segment of its own: the largest page that a system may have. */
const PAGE = 65536;

/** Where the bytes of a data block are, in a buffer that only the caller has. */
export function dataOf(family: Family, data: number, bytes: number): { buffer: ArrayBufferLike; byteOffset: number } {
  if (family.method === "process") return family.arena.backing.window(data * 4 + PAGE, Math.max(bytes, 1));
  const { u8, start } = family.arena.segment(data);
  return { buffer: structuredClone(u8.buffer), byteOffset: u8.byteOffset + (data - start + HEADER_WORDS) * 4 };
}

/** What is kept for the views of a buffer. */
const viewed = new WeakMap<ArrayBufferLike, object>();

/** Keeps `kept` as long as anything views that buffer. */
export function keepWhileViewed(buffer: ArrayBufferLike, kept: object): void {
  viewed.set(buffer, kept);
}

/** Empties all views of a buffer that dataOf() gave. False = that can't be done: there may be some until it is garbage. */
export function detachViews(family: Family, buffer: ArrayBufferLike): boolean {
  // Node 20 has no transfer(). A buffer that is detached already was transferred by the program, which has the memory elsewhere.
  if (family.method !== "process" || (buffer as Partial<ArrayBuffer>).detached !== false) return false;
  family.arena.backing.release({ buffer, byteOffset: 0 });
  return true;
}

/** Of so much garbage the collector hears at a time. */
const MAX_BALLAST_BYTES = 64 * 1024 ** 2;

/**
 * Lets the collector know that so much memory waits for it: to V8 a SharedArrayBuffer weighs nothing, so the memory of closed
 * objects would be all of it long before it looks for their views. Zeroed memory that nobody touches costs next to nothing.
 */
export function hastenCollection(bytes: number): void {
  try {
    new ArrayBuffer(Math.min(bytes, MAX_BALLAST_BYTES));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // no room even for that: it has collected what there was
  }
}

/** A zeroed data block in this agent's hands. */
export function allocateData(family: Family, bytes: number): number {
  const own = family.method === "process";
  const block = family.allocator.allocate(
    own ? PAGE + bytes - HEADER_WORDS * 4 : bytes,
    own ? OWN_SEGMENT_CLASS : MIN_CLASS,
  );
  if (!own) {
    const { u8, start } = family.arena.segment(block), at = (block - start + HEADER_WORDS) * 4;
    u8.fill(0, at, at + bytes);
  }
  return block;
}

/** Frees the data block named in a word of a payload, and clears the word; part of the payload's disposal. */
export function disposeData(family: Family, i32: Int32Array, word: number): void {
  const data = (i32[word] as number) >>> 0;
  if (data === 0) return;
  family.allocator.extract(data);
  i32[word] = 0;
  disposeBlock(family, data);
}
