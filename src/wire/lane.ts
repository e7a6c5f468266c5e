/**
 * Lane: the results of one worker on their way to its pool. One writes, one reads, nobody locks; each result can be seen at once.
 *
 * ```
 * word 0     head: words read so far, modulo 2 ** 32       the reader
 * word 16    tail: words written so far                    the writer, when the entry is complete
 * word 32…   area; an entry lies at its position modulo the area's length
 *
 * entry      word: bytes of the value, SKIP = go on at the area's start      word: task      the value, encoded, in whole words
 * ```
 *
 * Killed before it stores the tail, a worker has written nothing.
 */

import { decode, decodeSmall, encodeSmall, unread } from "../codec/codec.ts";
import type { Link } from "../codec/registry.ts";

const HEAD = 0, TAIL = 16, AREA = 32;
const AREA_WORDS = 1 << 13;
const MASK = AREA_WORDS - 1;
export const LANE_WORDS = AREA + AREA_WORDS;
const ENTRY = 2;
const SKIP = -1;
/** Longest value, in words: a longer one goes another way. */
const LONGEST = 256;

/** The worker's end. */
export class LaneWriter {
  readonly #words: Int32Array;
  readonly #scratchWords = new Int32Array(LONGEST);
  readonly #scratch = new Uint8Array(this.#scratchWords.buffer);
  #tail: number;

  constructor(words: Int32Array) {
    this.#words = words;
    this.#tail = words[TAIL] as number;
  }

  /** Sends the value that a task came to; false = it must go another way, because of what it is or for want of room. */
  add(task: number, value: unknown): boolean {
    const size = encodeSmall(value, this.#scratch, 0);
    if (size < 0) return false;
    const words = this.#words, count = (size + 3) >>> 2;
    let tail = this.#tail, at = tail & MASK, left = AREA_WORDS - ((tail - Atomics.load(words, HEAD)) | 0);
    const toEnd = AREA_WORDS - at;
    if (toEnd < ENTRY + count) {
      left -= toEnd;
      if (left < ENTRY + count) return false;
      words[AREA + at] = SKIP;
      tail += toEnd;
      at = 0;
    } else if (left < ENTRY + count) return false;
    at += AREA;
    words[at] = size;
    words[at + 1] = task;
    const scratch = this.#scratchWords;
    for (let i = 0; i < count; i++) words[at + ENTRY + i] = scratch[i] as number;
    this.#tail = (tail + ENTRY + count) | 0;
    Atomics.store(words, TAIL, this.#tail);
    return true;
  }

  /** Whether there is something that the pool hasn't read. */
  readonly isDue = (): boolean => Atomics.load(this.#words, HEAD) !== this.#tail;
}

/** The pool's end. */
export class LaneReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #link: Link;
  #head: number;
  /** The task whose result `next` found. */
  task = 0;
  /** What it came to; undefined with an `error`. */
  value: unknown;
  /** Why the value couldn't be rebuilt. */
  error: { readonly reason: unknown } | undefined;

  constructor(words: Int32Array, link: Link) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
    this.#link = link;
    this.#head = words[HEAD] as number;
  }

  /** Whether there is a result. */
  get isReady(): boolean {
    return Atomics.load(this.#words, TAIL) !== this.#head;
  }

  /** Goes on to the next result; false = there is none now. */
  next(): boolean {
    const words = this.#words;
    let head = this.#head;
    if (Atomics.load(words, TAIL) === head) return false;
    let at = AREA + (head & MASK);
    if (words[at] === SKIP) {
      head += AREA_WORDS - (head & MASK);
      at = AREA;
    }
    const size = words[at] as number;
    this.task = words[at + 1] as number;
    const start = (at + ENTRY) * 4;
    this.error = undefined;
    this.value = decodeSmall(this.#bytes, start, start + size);
    if (this.value === unread) this.#readSlowly(start, size);
    this.#head = (head + ENTRY + ((size + 3) >>> 2)) | 0;
    Atomics.store(words, HEAD, this.#head);
    return true;
  }

  #readSlowly(start: number, size: number): void {
    this.value = undefined;
    try {
      this.value = decode(this.#bytes.slice(start, start + size), this.#link);
    } catch (reason) {
      this.error = { reason };
    }
  }
}
