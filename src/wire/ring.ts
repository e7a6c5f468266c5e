/**
 * A ring of frames: messages in a circular block, linked to a larger one when it is full. Used under its owner's robust lock.
 *
 * ```
 * ring state (in the owner's payload; all under the owner's lock, changed by its redo log)
 *   0  block that is read     1  offset in it     2  block that is written     3  offset in it
 *   4  frames                 5  bytes of all frames, large ones with their blocks
 *
 * ring block (BLOCK_PART)
 *   0  next ring block, 0 = none     1…  area of frames; offsets count words from here
 *
 * frame        word: bytes of its payload (bit 30: raw bytes; bit 29: large)      then the payload, in whole words
 * large frame  its payload is one word, the address of a message block that belongs to the ring
 * markers      WRAP: go on at offset 0      MOVE: go on in the next block, this one is done
 * ```
 *
 * Of an area, one word always stays free: head = tail means empty, and a MOVE always has room. A frame is written where no
 * reader looks yet and becomes visible with the commit of tail and count. The area of a block that is written but not read
 * begins at 0. `count` is read without the lock, to see whether locking is worth it.
 */

import type { Family } from "../family/family.ts";
import type { Segment } from "../memory/arena.ts";
import { BLOCK_PART, BLOCK_TRANSIT, H_LINK, H_STATE, HEADER_WORDS } from "../memory/layout.ts";
import { disposeBlock, leaveFlight } from "../objects/blocks.ts";
import type { Encoded } from "../codec/encoded.ts";
import type { Handle } from "../objects/messages.ts";
import { splitMessage } from "../objects/messages.ts";
import type { RobustLock } from "../memory/robust_lock.ts";

export const RING_WORDS = 6;
const HEAD_BLOCK = 0, HEAD = 1, TAIL_BLOCK = 2, TAIL = 3, COUNT = 4, BYTES = 5;

const RAW = 1 << 30;
const LARGE = 1 << 29;
const LENGTH = LARGE - 1;
const WRAP = -1;
const MOVE = -2;

/** Frames above this many bytes are a block of their own. */
export const LARGE_FRAME = 64 * 1024;
const FIRST_BLOCK = 8 * 1024 - HEADER_WORDS * 4;
const LARGEST_BLOCK = 64 * 1024 * 1024 - HEADER_WORDS * 4;
/** Up to this many words a loop is faster than a call into the runtime. */
const SHORT = 64;

/** A frame that was taken out. */
export interface Frame {
  /** True for bytes as they are; false for a message (handles and a value). */
  readonly raw: boolean;
  /** Its payload, when it isn't large: the first `size` bytes. Valid until the next frame is taken in this process. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly size: number;
  /** `bytes` as words. */
  readonly words: Int32Array;
  /** The message block with its payload, when it is large: in this agent's hands once the removal is committed. */
  readonly large: number;
  /** The ring block that reading left behind, to be freed once the lock is released; 0 = none. */
  readonly left: number;
}

/** What becomes a frame. */
export interface Parcel {
  readonly raw: boolean;
  /** Its payload, when it isn't large: the first `size` bytes. */
  readonly bytes: Uint8Array;
  size: number;
  /** `bytes` as words, where that can be had. */
  readonly words: Int32Array | undefined;
  /** When it is large: the message, until it is stored. */
  message: { readonly handles: readonly Handle[]; readonly encoded: Encoded } | undefined;
  /** When it is large: the message block with its payload, once it is stored. Else 0. */
  large: number;
  /** Bytes that it weighs in the ring. */
  weight: number;
}

const scratchWords = new Int32Array(LARGE_FRAME / 4);
const scratch = new Uint8Array(scratchWords.buffer);

interface Area {
  readonly segment: Segment;
  readonly address: number;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  /** Index in `i32` of the area's first word. */
  readonly at: number;
  /** Words. */
  readonly length: number;
}

/** Prepares the state of an empty ring in a payload that isn't published; `lock` is its lock, in the same payload. */
export function initRing(family: Family, lock: RobustLock, segment: Segment, at: number): void {
  const block = family.allocator.allocate(FIRST_BLOCK), address = segment.start + at;
  family.arena.store(block + HEADER_WORDS, 0);
  lock.with(() => {
    lock.stage(address + HEAD_BLOCK, block);
    lock.stage(address + TAIL_BLOCK, block);
    lock.stage(block + H_STATE, BLOCK_PART);
    lock.commit();
  });
}

/** The ring in an object's payload, as one agent uses it. */
export class Ring {
  readonly #family: Family;
  readonly #lock: RobustLock;
  readonly #i32: Int32Array;
  readonly #at: number;
  /** Address of the state's first word. */
  readonly #address: number;
  #headArea: Area | undefined;
  #tailArea: Area | undefined;

  constructor(family: Family, lock: RobustLock, segment: Segment, at: number) {
    this.#family = family;
    this.#lock = lock;
    this.#i32 = segment.i32;
    this.#at = at;
    this.#address = segment.start + at;
  }

  /** Frames in it; without the lock a moment old. */
  get count(): number {
    return Atomics.load(this.#i32, this.#at + COUNT);
  }

  /** Bytes of all frames in it. */
  get bytes(): number {
    return Atomics.load(this.#i32, this.#at + BYTES) >>> 0;
  }

  /** Under the lock: stages a frame at the end, of a parcel that is stored. The caller stages what else changes, and commits. */
  push(parcel: Parcel): void {
    const { large } = parcel, size = large !== 0 ? 4 : parcel.size;
    const words = 1 + ((size + 3) >>> 2);
    const i32 = this.#i32, at = this.#at, lock = this.#lock;
    const tailBlock = (i32[at + TAIL_BLOCK] as number) >>> 0;
    let area = this.#tail(tailBlock);
    const head = (i32[at + HEAD_BLOCK] as number) >>> 0 === tailBlock ? i32[at + HEAD] as number : 0;
    const tail = i32[at + TAIL] as number;
    let offset = tail;
    if (tail >= head) {
      if (area.length - tail - (head === 0 ? 1 : 0) < words) {
        if (words < head) {
          if (tail < area.length) area.i32[area.at + tail] = WRAP;
          offset = 0;
        } else offset = -1;
      }
    } else if (head - tail <= words) offset = -1;
    if (offset < 0) {
      const wanted = Math.min(LARGEST_BLOCK, Math.max((area.length + 1) * 8 + HEADER_WORDS * 4, words * 8));
      const block = this.#family.allocator.allocate(wanted);
      this.#family.arena.store(block + HEADER_WORDS, 0);
      // At the area's very end the reader wraps first; the word at 0 is free then.
      area.i32[area.at + (tail === area.length ? 0 : tail)] = MOVE;
      lock.stage(tailBlock + HEADER_WORDS, block);
      lock.stage(block + H_STATE, BLOCK_PART);
      lock.stage(this.#address + TAIL_BLOCK, block);
      area = this.#tail(block);
      offset = 0;
    }
    area.i32[area.at + offset] = size | (parcel.raw ? RAW : 0) | (large !== 0 ? LARGE : 0);
    if (large !== 0) {
      area.i32[area.at + offset + 1] = large;
      lock.stage(large + H_STATE, BLOCK_PART);
    } else write(area, offset + 1, parcel);
    lock.stage(this.#address + TAIL, offset + words);
    lock.stage(this.#address + COUNT, (i32[at + COUNT] as number) + 1);
    lock.stage(this.#address + BYTES, (i32[at + BYTES] as number) + parcel.weight);
  }

  /** Under the lock, `count` > 0: is the frame at the front raw? */
  get raw(): boolean {
    const { area, offset } = this.#front();
    return ((area.i32[area.at + offset] as number) & RAW) !== 0;
  }

  /** Under the lock, `count` > 0: stages the removal of the frame at the front. The caller commits. */
  shift(): Frame {
    const i32 = this.#i32, at = this.#at, lock = this.#lock, family = this.#family;
    const { area, offset, left } = this.#front();
    if (left !== 0) {
      lock.stage(left + H_LINK, family.self);
      lock.stage(left + H_STATE, BLOCK_TRANSIT);
      lock.stage(this.#address + HEAD_BLOCK, area.address);
    }
    const word = area.i32[area.at + offset] as number;
    const raw = (word & RAW) !== 0, size = word & LENGTH;
    let weight = size, large = 0;
    if ((word & LARGE) !== 0) {
      large = (area.i32[area.at + offset + 1] as number) >>> 0;
      weight = family.arena.load(large + HEADER_WORDS) >>> 0;
      lock.stage(large + H_LINK, family.self);
      lock.stage(large + H_STATE, BLOCK_TRANSIT);
    } else read(area, offset + 1, size);
    lock.stage(this.#address + HEAD, offset + 1 + ((size + 3) >>> 2));
    lock.stage(this.#address + COUNT, (i32[at + COUNT] as number) - 1);
    lock.stage(this.#address + BYTES, (i32[at + BYTES] as number) - weight);
    return { raw, bytes: scratch, size, words: scratchWords, large, left };
  }

  /** Where the front frame is, past markers. `left`: the block that reading leaves behind, 0 = none. */
  #front(): { area: Area; offset: number; left: number } {
    const i32 = this.#i32, at = this.#at;
    const block = (i32[at + HEAD_BLOCK] as number) >>> 0;
    let area = this.#head(block), offset = i32[at + HEAD] as number, left = 0;
    for (;;) {
      if (offset === area.length) offset = 0;
      const word = area.i32[area.at + offset] as number;
      if (word === WRAP) offset = 0;
      else if (word === MOVE) {
        left = block;
        area = this.#head((area.i32[area.at - 1] as number) >>> 0);
        offset = 0;
      } else return { area, offset, left };
    }
  }

  #head(address: number): Area {
    return this.#headArea = this.#area(this.#headArea, address);
  }

  #tail(address: number): Area {
    return this.#tailArea = this.#area(this.#tailArea, address);
  }

  /** `cached` as long as it is still the window on that block. */
  #area(cached: Area | undefined, address: number): Area {
    const segment = this.#family.arena.segment(address);
    return cached?.address === address && cached.segment === segment ? cached : areaOf(segment, address);
  }
}

function areaOf(segment: Segment, address: number): Area {
  const block = address - segment.start;
  return {
    segment,
    address,
    i32: segment.i32,
    u8: segment.u8,
    at: block + HEADER_WORDS + 1,
    length: segment.capacity / 4 - 1,
  };
}

function write(area: Area, offset: number, { bytes, words, size }: Parcel): void {
  const { i32, u8 } = area, at = area.at + offset, count = (size + 3) >>> 2;
  if (words === undefined) u8.set(size === bytes.length ? bytes : bytes.subarray(0, size), at * 4);
  else if (count > SHORT) i32.set(words.subarray(0, count), at);
  else for (let i = 0; i < count; i++) i32[at + i] = words[i] as number;
}

/** Into the scratch buffer. */
function read(area: Area, offset: number, size: number): void {
  const { i32 } = area, at = area.at + offset, count = (size + 3) >>> 2;
  if (count > SHORT) scratchWords.set(i32.subarray(at, at + count));
  else for (let i = 0; i < count; i++) scratchWords[i] = i32[at + i] as number;
}

/** Frees a ring and all that is in it; idempotent, part of its owner's disposal. Nobody else has a handle any more. */
export function disposeRing(family: Family, lock: RobustLock, segment: Segment, at: number): void {
  const ring = new Ring(family, lock, segment, at);
  lock.with(() => {
    for (;;) {
      // The last block stays until all frames are out; then it leaves the state in one commit.
      if (segment.i32[at + HEAD_BLOCK] === 0) return;
      if (ring.count === 0) break;
      const { raw, bytes, size, large, left } = ring.shift();
      const handles = raw || large !== 0 ? [] : splitMessage(bytes.subarray(0, size)).handles;
      lock.commit();
      for (const handle of handles) leaveFlight(family, handle);
      if (left !== 0) disposeBlock(family, left);
      if (large !== 0) disposeBlock(family, large);
    }
    const block = (segment.i32[at + HEAD_BLOCK] as number) >>> 0;
    const address = segment.start + at;
    lock.stage(address + HEAD_BLOCK, 0);
    lock.stage(address + TAIL_BLOCK, 0);
    lock.stage(block + H_LINK, family.self);
    lock.stage(block + H_STATE, BLOCK_TRANSIT);
    lock.commit();
    disposeBlock(family, block);
  });
}
