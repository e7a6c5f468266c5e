/** A family's memory as segments of typed arrays, found by address and mapped when first touched. */

import type { Backing, Range } from "./backing.ts";
import {
  C_GRANULE_TABLE,
  C_MAGIC,
  CONTROL_BYTES,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_SHIFT,
  GRANULE_USED,
  GRANULE_WORDS,
  MAGIC,
  MAX_GRANULES,
} from "./layout.ts";

/** A mapped piece of memory: word `a` of the family is `i32[a - start]`. */
export class Segment {
  /** Address of its first word. */
  readonly start: number;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly range: Range;

  constructor(start: number, range: Range, bytes: number) {
    this.start = start;
    this.range = range;
    this.i32 = new Int32Array(range.buffer, range.byteOffset, bytes / 4);
    this.u8 = new Uint8Array(range.buffer, range.byteOffset, bytes);
  }
}

/** All of a family's memory, as one process or worker sees it. */
export class Arena {
  readonly backing: Backing;
  /** The control segment's words. */
  readonly control: Int32Array;
  readonly #segments: (Segment | undefined)[] = [];

  /** Takes over memory that is ready, or prepares it when `fresh`. */
  constructor(backing: Backing, fresh: boolean) {
    this.backing = backing;
    if (fresh) backing.grow(CONTROL_BYTES);
    const segment = new Segment(0, backing.window(0, CONTROL_BYTES), CONTROL_BYTES);
    for (let granule = 0; granule < CONTROL_GRANULES; granule++) this.#segments[granule] = segment;
    this.control = segment.i32;
    if (fresh) Atomics.store(this.control, C_MAGIC, MAGIC);
    else if (Atomics.load(this.control, C_MAGIC) !== MAGIC) {
      throw new Error("This memory belongs to another version of the package: install the same one in every process");
    }
  }

  /** The segment that holds `address`. */
  segment(address: number): Segment {
    return this.#segments[address >>> GRANULE_SHIFT] ?? this.#map(address >>> GRANULE_SHIFT);
  }

  /** One word, read atomically. */
  load(address: number): number {
    const segment = this.segment(address);
    return Atomics.load(segment.i32, address - segment.start);
  }

  /** One word, written atomically. */
  store(address: number, value: number): void {
    const segment = this.segment(address);
    Atomics.store(segment.i32, address - segment.start, value);
  }

  /** Drops this process's window on a segment of its own; nothing here may use its arrays any more. */
  forget(address: number): void {
    const granule = address >>> GRANULE_SHIFT;
    const segment = this.#segments[granule];
    if (segment === undefined || granule < CONTROL_GRANULES) return;
    const count = segment.i32.length / GRANULE_WORDS;
    const first = segment.start >>> GRANULE_SHIFT;
    for (let i = 0; i < count; i++) this.#segments[first + i] = undefined;
    this.backing.release(segment.range);
  }

  #map(granule: number): Segment {
    const entry = Atomics.load(this.control, C_GRANULE_TABLE + granule);
    if ((entry & GRANULE_USED) === 0) throw new RangeError(`No shared memory at granule ${granule}`);
    const first = entry & 0xffff;
    let end = granule + 1;
    while (
      end < MAX_GRANULES && Atomics.load(this.control, C_GRANULE_TABLE + end) === entry
    ) end++;
    const bytes = (end - first) * GRANULE_BYTES;
    const segment = new Segment(
      first * GRANULE_WORDS,
      this.backing.window(first * GRANULE_BYTES, bytes),
      bytes,
    );
    for (let i = first; i < end; i++) this.#segments[i] = segment;
    return segment;
  }
}
