/**
 * Blocks of a family's memory: handed out, in whose hands they are, taken back.
 *
 * Up to half a granule a block is one of a slab's (see slabs.ts), above that a run of granules of its own (granules.ts). Both
 * change under one robust lock, in commits of its redo log. A kill is harmless anywhere: a block is free until the commit that
 * makes it TRANSIT in its agent's hands, and from then on it is found there by whoever recovers that agent.
 *
 * Addresses are used again, for blocks of other sizes too. So a handle is an address and a GENERATION, a number that the family
 * gives out once; and an address that may be stale is looked at under the lock, where the tables say whether a block begins
 * there at all (it may be the inside of somebody's payload). 2 ** 32 allocations later the numbers begin again: then a handle
 * as old as that and the new block at its very address have the same one with a probability of 2 ** -32.
 */

import type { Arena, Segment } from "./arena.ts";
import { clearBit, hasBit, setBit } from "./bitmap.ts";
import { Granules } from "./granules.ts";
import type { Owners } from "./robust_lock.ts";
import { RobustLock } from "./robust_lock.ts";
import { Slabs } from "./slabs.ts";
import {
  BLOCK_FREE,
  BLOCK_OBJECT,
  BLOCK_PART,
  BLOCK_TRANSIT,
  C_ARENA_LOCK,
  C_GENERATION,
  C_GRANULE_TABLE,
  C_GRANULES,
  classIn,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_SHIFT,
  GRANULE_WORDS,
  granulesIn,
  H_GENERATION,
  H_HOLDERS,
  H_KIND,
  H_LINK,
  H_NAME,
  H_STATE,
  HEADER_WORDS,
  KIND_BYTES,
  MAX_BLOCK_BYTES,
  MIN_CLASS,
  OWN_SEGMENT_CLASS,
  RUN_FREE,
  RUN_USED,
  runEntry,
} from "./layout.ts";

/** The smallest page: what begins with a header isn't cleared by giving it back. */
const PAGE = 4096;

/** Empty slabs that are left to their classes as long as the memory can grow. */
const SPARE_SLABS = 16;

/** What `generation` is of no block. */
const NO_GENERATION = 0;

/** The class of the slabs whose blocks have so many bytes; from OWN_SEGMENT_CLASS on there are none. */
function classFor(whole: number): number {
  return whole > GRANULE_BYTES / 2 ? OWN_SEGMENT_CLASS : Math.max(MIN_CLASS, 32 - Math.clz32(whole - 1));
}

/** The allocator of one family, as one agent uses it. */
export class Allocator {
  readonly #arena: Arena;
  readonly #owners: Owners;
  readonly #lock: RobustLock;
  readonly #control: Int32Array;
  readonly #granules: Granules;
  readonly #slabs: Slabs;

  constructor(arena: Arena, owners: Owners) {
    this.#arena = arena;
    this.#owners = owners;
    this.#control = arena.control;
    this.#lock = new RobustLock(arena, owners, arena.segment(0), C_ARENA_LOCK, "the shared memory");
    this.#granules = new Granules(arena, this.#lock);
    this.#slabs = new Slabs(arena.control, this.#lock);
  }

  /**
   * A block for `bytes` of payload, in TRANSIT in this agent's hands: it comes back by itself if this agent dies before the
   * block's state is changed. Its payload holds whatever was there, so it is plain bytes until it is prepared and
   * `setKind` says what it is. RangeError when memory can't be had.
   * `smallestClass`: OWN_SEGMENT_CLASS for a block that must not share its segment; its payload is zero.
   */
  allocate(bytes: number, smallestClass = MIN_CLASS): number {
    const whole = bytes + HEADER_WORDS * 4;
    if (whole > MAX_BLOCK_BYTES) {
      throw new RangeError(
        `Cannot allocate ${bytes} bytes of shared memory in one block: the most is ${
          MAX_BLOCK_BYTES - HEADER_WORDS * 4
        }; ` +
          "divide it into several",
      );
    }
    const sizeClass = Math.max(smallestClass, classFor(whole));
    const lock = this.#lock;
    lock.lock();
    let address: number;
    try {
      address = sizeClass < OWN_SEGMENT_CLASS ? this.#takeSmall(sizeClass) : this.#takeRun(whole);
      lock.commit();
    } finally {
      lock.isInside = false;
      lock.unlock();
    }
    if (smallestClass === OWN_SEGMENT_CLASS) this.#clear(address);
    return address;
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

  /** This agent holds that object no more: in a `still` section, see releaseHolder(). */
  removeHolder(address: number): void {
    const segment = this.#arena.segment(address);
    clearBit(segment.i32, address - segment.start + H_HOLDERS, this.#owners.self & 0xff);
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

  /** Which of the family's blocks lies there; 0 = none does. Of an address that may be stale: in a `still` section. */
  generationOf(address: number): number {
    if (!this.#beginsBlock(address)) return NO_GENERATION;
    const segment = this.#arena.segment(address), at = address - segment.start;
    return Atomics.load(segment.i32, at + H_STATE) === BLOCK_FREE
      ? NO_GENERATION
      : Atomics.load(segment.i32, at + H_GENERATION);
  }

  /** In a `still` section: whether that object is still there. */
  isObject(address: number, generation: number): boolean {
    return this.generationOf(address) === generation && this.#arena.load(address + H_STATE) === BLOCK_OBJECT;
  }

  /** Whether this agent holds that object, which may be gone; a moment later it may be otherwise. */
  isHeld(address: number, generation: number): boolean {
    if (!this.isObject(address, generation)) return false;
    const segment = this.#arena.segment(address);
    return hasBit(segment.i32, address - segment.start + H_HOLDERS, this.#owners.self & 0xff);
  }

  /** Makes this agent a holder of an object that may be gone; false when it is. */
  hold(address: number, generation: number): boolean {
    return this.#lock.with(() => {
      if (!this.isObject(address, generation)) return false;
      this.addHolder(address);
      return true;
    });
  }

  /**
   * Takes a block back. When `generation` is given, a block that is no longer of that generation is left alone: so freeing
   * twice, or by two recoverers, is harmless.
   */
  free(address: number, generation?: number): void {
    const lock = this.#lock, granule = address >>> GRANULE_SHIFT;
    lock.with(() => {
      if (!this.#beginsBlock(address)) return;
      const { i32, start } = this.#arena.segment(address), at = address - start;
      if (i32[at + H_STATE] === BLOCK_FREE) return;
      if (generation !== undefined && generation !== i32[at + H_GENERATION]) return;
      const entry = this.#control[C_GRANULE_TABLE + granule] as number, sizeClass = classIn(entry);
      if (sizeClass !== 0) {
        // No longer handed out and not yet listed: nobody else looks at these words.
        i32.fill(0, at + H_HOLDERS, at + H_NAME + 1);
        this.#slabs.give(granule, sizeClass, i32, at);
        lock.stage(address + H_STATE, BLOCK_FREE);
        lock.commit();
        return;
      }
      this.#granules.give(granule);
      lock.commit();
      this.#granules.settle(granule, granulesIn(entry));
    });
  }

  /** Takes an object that is `unused()`, asked in a `still` section, into this agent's hands, to be freed; false when it isn't there, or used. */
  claim(address: number, generation: number, unused: () => boolean): boolean {
    return this.#lock.with(() => {
      if (!this.isObject(address, generation) || !unused()) return false;
      this.#lock.stage(address + H_LINK, this.#owners.self);
      this.#lock.stage(address + H_STATE, BLOCK_TRANSIT);
      this.#lock.commit();
      return true;
    });
  }

  /** Takes a block that is in a dead agent's hands into this one's; false when it is not. */
  adopt(address: number, dead: number): boolean {
    return this.#lock.with(() => {
      if (!this.#beginsBlock(address) || this.#arena.load(address + H_STATE) !== BLOCK_TRANSIT) return false;
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
  forEachBlock(visit: (address: number, segment: Segment, at: number, generation: number) => void): void {
    const control = this.#control;
    for (let granule = CONTROL_GRANULES; granule < Atomics.load(control, C_GRANULES);) {
      const blocks: number[] = [];
      let segment: Segment | undefined;
      // A block that is in use from the first to the last stays where it is, and so does the run that it is in.
      granule += this.#lock.with(() => {
        const entry = control[C_GRANULE_TABLE + granule] as number;
        if ((entry & RUN_USED) === 0) return (entry & RUN_FREE) !== 0 ? granulesIn(entry) : 1;
        segment = this.#arena.segment(granule * GRANULE_WORDS);
        const sizeClass = classIn(entry), { i32 } = segment;
        const count = sizeClass === 0 ? 1 : this.#slabs.begun(granule);
        for (let block = 0; block < count; block++) {
          const at = block << (sizeClass - 2);
          if (i32[at + H_STATE] !== BLOCK_FREE) blocks.push(at, i32[at + H_GENERATION] as number);
        }
        return granulesIn(entry);
      });
      if (segment === undefined) continue;
      for (let i = 0; i < blocks.length; i += 2) {
        const at = blocks[i] as number; // noUncheckedIndexedAccess: they are pairs
        visit(segment.start + at, segment, at, blocks[i + 1] as number);
      }
    }
  }

  /** Whether a block's header is there, in use or free. */
  #beginsBlock(address: number): boolean {
    const granule = address >>> GRANULE_SHIFT, at = address & (GRANULE_WORDS - 1);
    const entry = Atomics.load(this.#control, C_GRANULE_TABLE + granule);
    if ((entry & RUN_USED) === 0) return false;
    const sizeClass = classIn(entry);
    if (sizeClass === 0) return at === 0;
    const index = at >>> (sizeClass - 2);
    return index << (sizeClass - 2) === at && index < this.#slabs.begun(granule);
  }

  /** Makes the header of a block that is still nobody's that of one in this agent's hands, but for its state. */
  #fill(i32: Int32Array, at: number): void {
    const control = this.#control, next = ((control[C_GENERATION] as number) + 1 | 0) || 1;
    // Not in the commit: a number that nobody gets does no harm.
    control[C_GENERATION] = next;
    i32[at + H_GENERATION] = next;
    i32[at + H_KIND] = KIND_BYTES;
    i32[at + H_LINK] = this.#owners.self;
  }

  /** Stages the use of a small block; its address. */
  #takeSmall(sizeClass: number): number {
    const slabs = this.#slabs;
    let granule = slabs.open(sizeClass);
    if (granule === 0) {
      granule = this.#takeGranules(1, sizeClass);
      slabs.add(granule, sizeClass);
      this.#lock.commit();
    }
    const { i32, start } = this.#arena.segment(granule * GRANULE_WORDS), at = slabs.take(granule, sizeClass, i32);
    this.#fill(i32, at);
    this.#lock.stage(start + at + H_STATE, BLOCK_TRANSIT);
    return start + at;
  }

  /** Stages the use of a run for a block of so many bytes; its address. */
  #takeRun(whole: number): number {
    const count = Math.ceil(whole / GRANULE_BYTES), first = this.#takeGranules(count, 0);
    // Nobody looks here before the commit that makes it a run.
    const { i32 } = this.#arena.mapAs(first, runEntry(count, 0));
    i32.fill(0, 0, HEADER_WORDS);
    this.#fill(i32, 0);
    i32[H_STATE] = BLOCK_TRANSIT;
    return first * GRANULE_WORDS;
  }

  /** Makes the payload of a run zero. */
  #clear(address: number): void {
    const { u8 } = this.#arena.segment(address), payload = HEADER_WORDS * 4;
    const page = Math.min(PAGE, u8.length);
    u8.fill(0, payload, this.#arena.backing.discard(address * 4 + page, u8.length - page) ? page : u8.length);
  }

  /** Free or new granules, staged. Those of empty slabs are taken before the memory grows by much, or can't. */
  #takeGranules(count: number, sizeClass: number): number {
    const granules = this.#granules, slabs = this.#slabs;
    let first = granules.take(count, sizeClass);
    if (first === 0 && slabs.empty > SPARE_SLABS) {
      slabs.reclaim(granules);
      first = granules.take(count, sizeClass);
    }
    if (first !== 0) return first;
    try {
      return granules.grow(count, sizeClass);
    } catch (error) {
      if (!(error instanceof RangeError) || slabs.empty === 0) throw error;
      slabs.reclaim(granules);
      return granules.take(count, sizeClass) || granules.grow(count, sizeClass);
    }
  }
}
