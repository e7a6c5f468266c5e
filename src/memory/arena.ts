/** A family's memory as segments of typed arrays, found by address and mapped when first touched. */

import type { Backing, Range } from "./backing.ts";
import {
  C_GRANULE_TABLE,
  C_GRANULES,
  C_MAGIC,
  classIn,
  CONTROL_BYTES,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_SHIFT,
  GRANULE_WORDS,
  granulesIn,
  HEADER_WORDS,
  MAGIC,
  RUN_INNER,
  RUN_USED,
} from "./layout.ts";

/** A mapped run of granules: word `a` of the family is `i32[a - start]`. */
export class Segment {
  /** Address of its first word. */
  readonly start: number;
  readonly i32: Int32Array;
  readonly u8: Uint8Array;
  readonly range: Range;
  /** The run's first entry in the granule table: with another one it is another run. */
  readonly entry: number;
  /** Where that entry is. */
  readonly entryAt: number;

  constructor(start: number, range: Range, bytes: number, entry: number) {
    this.start = start;
    this.range = range;
    this.i32 = new Int32Array(range.buffer, range.byteOffset, bytes / 4);
    this.u8 = new Uint8Array(range.buffer, range.byteOffset, bytes);
    this.entry = entry;
    this.entryAt = C_GRANULE_TABLE + (start >>> GRANULE_SHIFT);
  }

  /** Payload bytes of each block in it. */
  get capacity(): number {
    return (classIn(this.entry) === 0 ? this.u8.length : 1 << classIn(this.entry)) - HEADER_WORDS * 4;
  }

  /** Whether it is one large block, so that nothing else is in use by means of this window. */
  get isRun(): boolean {
    return this.entry !== 0 && classIn(this.entry) === 0;
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
    const segment = new Segment(0, backing.window(0, CONTROL_BYTES), CONTROL_BYTES, 0);
    for (let granule = 0; granule < CONTROL_GRANULES; granule++) this.#segments[granule] = segment;
    this.control = segment.i32;
    if (fresh) {
      Atomics.store(this.control, C_GRANULES, CONTROL_GRANULES);
      Atomics.store(this.control, C_MAGIC, MAGIC);
    } else if (Atomics.load(this.control, C_MAGIC) !== MAGIC) {
      throw new Error("This memory belongs to another version of the package: install the same one in every process");
    }
  }

  /** The segment that holds `address`. RangeError when nothing is in use there. */
  segment(address: number): Segment {
    const segment = this.#segments[address >>> GRANULE_SHIFT];
    // Since it was mapped, its granules may have become another run's: another process gave them back and took them. A plain
    // read will do: whoever has the address of a block has it from an atomic read, and the entry was written before.
    return segment !== undefined && this.control[segment.entryAt] === segment.entry
      ? segment
      : this.#map(address >>> GRANULE_SHIFT);
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

  /** The segment of the run that has that first entry, or will have it with the next commit. */
  mapAs(first: number, entry: number): Segment {
    const count = granulesIn(entry), bytes = count * GRANULE_BYTES;
    const known = this.#segments[first];
    if (known?.entry === entry && known.start === first * GRANULE_WORDS) return known;
    const segment = new Segment(
      first * GRANULE_WORDS,
      this.backing.window(first * GRANULE_BYTES, bytes),
      bytes,
      entry,
    );
    for (let granule = first; granule < first + count; granule++) {
      this.#drop(granule);
      this.#segments[granule] = segment;
    }
    return segment;
  }

  /** Drops this process's window on a run that was given back; nothing here may use its arrays any more. */
  forget(address: number): void {
    this.#drop(address >>> GRANULE_SHIFT);
  }

  /** Of a large block nobody has views any more. On slabs that are gone there may be some: they go with the last of them. */
  #drop(granule: number): void {
    const segment = this.#segments[granule];
    if (segment === undefined) return;
    const first = segment.start >>> GRANULE_SHIFT, count = segment.i32.length / GRANULE_WORDS;
    for (let i = first; i < first + count; i++) {
      if (this.#segments[i] === segment) this.#segments[i] = undefined;
    }
    if (segment.isRun) this.backing.release(segment.range);
  }

  #map(granule: number): Segment {
    let first = granule, entry = Atomics.load(this.control, C_GRANULE_TABLE + granule);
    if ((entry & RUN_INNER) !== 0) {
      first = entry & 0xffff;
      entry = Atomics.load(this.control, C_GRANULE_TABLE + first);
    }
    if ((entry & RUN_USED) === 0 || granule >= first + granulesIn(entry)) {
      throw new RangeError(`No shared memory is in use at granule ${granule}`);
    }
    return this.mapAs(first, entry);
  }
}
