/**
 * Data blocks: memory that a program sees as its own array.
 *
 * "worker": the bytes are the block's payload. "process": the block is a segment of its own and the bytes begin at byte 65536
 * of it, which every process maps by itself: so that the array's buffer holds nothing else, and cloning or transferring it
 * touches nothing else.
 */

import { disposeBlock } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import { HEADER_WORDS, MIN_CLASS, OWN_SEGMENT_CLASS } from "../memory/layout.ts";

/** Bytes before the data in a segment of its own: the largest page that a system may have. */
const PAGE = 65536;

/** Where the bytes of a data block are, as this process sees them. */
export function dataOf(family: Family, data: number, bytes: number): { buffer: ArrayBufferLike; byteOffset: number } {
  if (family.method === "process") return family.arena.backing.window(data * 4 + PAGE, Math.max(bytes, 1));
  const { u8, start } = family.arena.segment(data);
  return { buffer: u8.buffer, byteOffset: u8.byteOffset + (data - start + HEADER_WORDS) * 4 };
}

/** A zeroed data block in this agent's hands. */
export function allocateData(family: Family, bytes: number): number {
  const own = family.method === "process";
  const block = family.allocator.allocate(
    own ? PAGE + bytes - HEADER_WORDS * 4 : bytes,
    own ? OWN_SEGMENT_CLASS : MIN_CLASS,
  );
  if (!own) {
    const { buffer, byteOffset } = dataOf(family, block, bytes);
    new Uint8Array(buffer, byteOffset, bytes).fill(0);
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
