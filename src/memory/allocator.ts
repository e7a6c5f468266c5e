/** Hands out and takes back blocks of a family's memory: power-of-two classes, free lists, one robust lock. */

import type { Arena, Segment } from "./arena.ts";
import { setBit } from "./bitmap.ts";
import type { Owners } from "./robust_lock.ts";
import { RobustLock } from "./robust_lock.ts";
import {
  BLOCK_FREE,
  BLOCK_OBJECT,
  BLOCK_PART,
  BLOCK_TRANSIT,
  C_ARENA_LOCK,
  C_BUMP,
  C_BUMP_END,
  C_FREE,
  C_GRANULE_TABLE,
  C_GRANULES,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_USED,
  GRANULE_WORDS,
  H_CLASS,
  H_GENERATION,
  H_HOLDERS,
  H_IN_FLIGHT,
  H_KIND,
  H_LINK,
  H_NAME,
  H_STATE,
  HEADER_WORDS,
  KIND_BYTES,
  MAX_CLASS,
  MAX_GRANULES,
  MIN_CLASS,
  OWN_SEGMENT_CLASS,
} from "./layout.ts";

/** Bytes at the start of a segment of its own that are kept when it is freed. */
const PAGE = 4096;

/** The class whose blocks have room for `bytes` of payload. */
function classFor(bytes: number): number {
  const whole = bytes + HEADER_WORDS * 4;
  return Math.ceil(Math.log2(whole));
}

/** Payload bytes of a block of `sizeClass`. */
export function capacityOf(sizeClass: number): number {
  return 2 ** sizeClass - HEADER_WORDS * 4;
}

/** The allocator of one family, as one agent uses it. */
export class Allocator {
  readonly #arena: Arena;
  readonly #owners: Owners;
  readonly #lock: RobustLock;
  readonly #control: Int32Array;

  constructor(arena: Arena, owners: Owners) {
    this.#arena = arena;
    this.#owners = owners;
    this.#control = arena.control;
    this.#lock = new RobustLock(arena, owners, arena.segment(0), C_ARENA_LOCK, "the shared memory");
  }

  /** Prepares fresh memory. */
  static prepare(arena: Arena): void {
    Atomics.store(arena.control, C_GRANULES, CONTROL_GRANULES);
  }

  /**
   * A block for `bytes` of payload, in TRANSIT in this agent's hands: it comes back by itself if this agent dies before the
   * block's state is changed. Its payload holds whatever was there, so it is plain bytes until it is prepared and
   * `setKind` says what it is. RangeError when memory can't be had.
   * `smallestClass`: OWN_SEGMENT_CLASS for a block that must not share its segment.
   */
  allocate(bytes: number, smallestClass = MIN_CLASS): number {
    const sizeClass = Math.max(smallestClass, classFor(bytes));
    if (sizeClass > MAX_CLASS) throw new RangeError(`Cannot allocate ${bytes} bytes of shared memory in one block`);
    return this.#lock.with(() => {
      const lock = this.#lock;
      const free = (this.#control[C_FREE + sizeClass] as number) >>> 0;
      const address = free !== 0 ? free : this.#carve(sizeClass);
      const segment = this.#arena.segment(address), at = address - segment.start;
      if (free !== 0) lock.stage(C_FREE + sizeClass, segment.i32[at + H_LINK] as number);
      lock.stage(address + H_GENERATION, (segment.i32[at + H_GENERATION] as number) + 1);
      lock.stage(address + H_KIND, KIND_BYTES);
      lock.stage(address + H_CLASS, sizeClass);
      lock.stage(address + H_LINK, this.#owners.self);
      lock.stage(address + H_STATE, BLOCK_TRANSIT);
      lock.commit();
      return address;
    });
  }

  /** The payload of a block in this agent's hands is prepared: from now on recovery takes it for that kind. */
  setKind(address: number, kind: number): void {
    this.#arena.store(address + H_KIND, kind);
  }

  /** A prepared block in this agent's hands is an object from now on, which this agent holds. */
  publish(address: number): void {
    this.addHolder(address);
    this.#arena.store(address + H_STATE, BLOCK_OBJECT);
  }

  /** This agent holds that object; false when it did before. Whether it is still there, the caller knows. */
  addHolder(address: number): boolean {
    const segment = this.#arena.segment(address);
    return setBit(segment.i32, address - segment.start + H_HOLDERS, this.#owners.self & 0xff);
  }

  /** A block in this agent's hands belongs to an object from now on, which names it in its payload. */
  embed(address: number): void {
    this.#arena.store(address + H_STATE, BLOCK_PART);
  }

  /** A block that belonged to an object is in this agent's hands, to be disposed of. */
  extract(address: number): void {
    this.#arena.store(address + H_LINK, this.#owners.self);
    this.#arena.store(address + H_STATE, BLOCK_TRANSIT);
  }

  /** Which of the blocks that have lain there this one is. */
  generationOf(address: number): number {
    return this.#arena.load(address + H_GENERATION);
  }

  /**
   * Takes a block back. When `generation` is given, a block that is no longer of that generation is left alone: so freeing
   * twice, or by two recoverers, is harmless.
   */
  free(address: number, generation?: number): void {
    const isOwnSegment = this.#lock.with(() => {
      const segment = this.#arena.segment(address), i32 = segment.i32, at = address - segment.start;
      const current = i32[at + H_GENERATION] as number;
      if (i32[at + H_STATE] === BLOCK_FREE || (generation !== undefined && generation !== current)) return false;
      const sizeClass = i32[at + H_CLASS] as number;
      // No longer handed out and not yet listed: nobody else looks at these words.
      i32.fill(0, at + H_HOLDERS, at + H_IN_FLIGHT + 1);
      i32[at + H_NAME] = 0;
      const isOwnSegment = sizeClass >= OWN_SEGMENT_CLASS;
      // Everything but the page with the header, while it is still nobody else's: such blocks are handed out zeroed.
      if (isOwnSegment && !this.#arena.backing.discard(address * 4 + PAGE, 2 ** sizeClass - PAGE)) {
        i32.fill(0, at + PAGE / 4, at + 2 ** (sizeClass - 2));
      }
      const lock = this.#lock;
      lock.stage(address + H_GENERATION, current + 1);
      lock.stage(address + H_STATE, BLOCK_FREE);
      lock.stage(address + H_LINK, this.#control[C_FREE + sizeClass] as number);
      lock.stage(C_FREE + sizeClass, address);
      lock.commit();
      return isOwnSegment;
    });
    if (isOwnSegment) this.#arena.forget(address);
  }

  /** Takes an object that `unused()` into this agent's hands, to be freed; false when somebody else did, or it is used. */
  claim(address: number, unused: () => boolean): boolean {
    return this.#lock.with(() => {
      if (this.#arena.load(address + H_STATE) !== BLOCK_OBJECT || !unused()) return false;
      this.#lock.stage(address + H_LINK, this.#owners.self);
      this.#lock.stage(address + H_STATE, BLOCK_TRANSIT);
      this.#lock.commit();
      return true;
    });
  }

  /** Takes a block that is in a dead agent's hands into this one's; false when it is not. */
  adopt(address: number, dead: number): boolean {
    return this.#lock.with(() => {
      if (this.#arena.load(address + H_STATE) !== BLOCK_TRANSIT) return false;
      if (this.#arena.load(address + H_LINK) !== dead) return false;
      this.#arena.store(address + H_LINK, this.#owners.self);
      return true;
    });
  }

  /** Runs `section` while no block can be handed out or taken back: what is in use stays what it is. */
  still<R>(section: () => R): R {
    return this.#lock.with(section);
  }

  /** Calls `visit` for every block in use. Blocks that come or go meanwhile may or may not be seen. */
  forEachBlock(visit: (address: number, segment: Segment, at: number) => void): void {
    const end = Atomics.load(this.#control, C_GRANULES);
    for (let granule = CONTROL_GRANULES; granule < end; granule++) {
      const entry = Atomics.load(this.#control, C_GRANULE_TABLE + granule);
      const sizeClass = (entry >>> 16) & 0xff;
      if ((entry & GRANULE_USED) === 0 || (entry & 0xffff) !== granule || sizeClass === 0) continue;
      const start = granule * GRANULE_WORDS, step = 2 ** (sizeClass - 2);
      const words = Math.max(GRANULE_WORDS, step);
      const segment = this.#arena.segment(start);
      for (let at = 0; at < words; at += step) {
        const state = Atomics.load(segment.i32, at + H_STATE);
        if (state !== BLOCK_FREE) visit(start + at, segment, at);
        else if (Atomics.load(segment.i32, at + H_GENERATION) === 0) break; // never used, nor what follows
      }
    }
  }

  /** A never used block, its granule table entries and bump pointers staged. */
  #carve(sizeClass: number): number {
    if (sizeClass >= OWN_SEGMENT_CLASS) return this.#carveGranules(2 ** sizeClass / GRANULE_BYTES, sizeClass);
    const step = 2 ** (sizeClass - 2);
    let next = (this.#control[C_BUMP + sizeClass] as number) >>> 0;
    let end = (this.#control[C_BUMP_END + sizeClass] as number) >>> 0;
    if (next === end) {
      next = this.#carveGranules(1, sizeClass);
      end = next + GRANULE_WORDS;
      this.#lock.stage(C_BUMP_END + sizeClass, end);
    }
    this.#lock.stage(C_BUMP + sizeClass, next + step);
    return next;
  }

  #carveGranules(count: number, sizeClass: number): number {
    const first = this.#control[C_GRANULES] as number;
    if (first + count > MAX_GRANULES) {
      throw new RangeError(
        `Cannot allocate ${count * GRANULE_BYTES} bytes: the shared memory of this family is full (16 GiB)`,
      );
    }
    // The file grows before anyone can touch what lies beyond its end (SIGBUS).
    this.#arena.backing.grow((first + count) * GRANULE_BYTES);
    // Entries beyond C_GRANULES are nobody's: written plainly, they count once C_GRANULES is committed.
    const entry = GRANULE_USED | (sizeClass << 16) | first;
    for (let granule = first; granule < first + count; granule++) {
      Atomics.store(this.#control, C_GRANULE_TABLE + granule, entry);
    }
    this.#lock.stage(C_GRANULES, first + count);
    return first * GRANULE_WORDS;
  }
}
