/**
 * Slabs: granules cut into small blocks of one size class (a power of two), and which of these are free.
 *
 * ```
 * slab table, two words a granule
 *   0  free << 16 | used       1 + index of the first block that was freed, 0 = none; blocks in use
 *   1  begun << 16 | next      blocks that were ever used, the first ones; granule of the class's next open slab, 0 = none
 * ```
 *
 * Blocks that were freed are a list through their headers; those behind the `begun` ones hold no headers yet. A slab is OPEN
 * when it has a free block of either sort: the open slabs of a class are a list that begins in the control segment. A slab
 * without a block in use stays its class's until granules run out; then it goes back to the pool.
 *
 * Everything happens under the arena lock. The two words and the list change in one commit of its redo log; a free block's
 * `next`, and all words of a header but `state`, are written before it: nobody looks at them in a block that isn't so yet.
 */

import type { Granules } from "./granules.ts";
import type { RobustLock } from "./robust_lock.ts";
import {
  C_EMPTY_SLABS,
  C_OPEN_SLABS,
  C_SLAB_TABLE,
  GRANULE_BYTES,
  H_NEXT,
  HEADER_WORDS,
  MIN_CLASS,
  OWN_SEGMENT_CLASS,
} from "./layout.ts";

/** Where a granule's two words are. */
function slabOf(granule: number): number {
  return C_SLAB_TABLE + 2 * granule;
}

/** The slabs of one family, as one agent uses them. Everything is called under the arena lock; the caller commits. */
export class Slabs {
  readonly #lock: RobustLock;
  readonly #control: Int32Array;

  constructor(control: Int32Array, lock: RobustLock) {
    this.#lock = lock;
    this.#control = control;
  }

  /** Slabs without a block in use. */
  get empty(): number {
    return this.#control[C_EMPTY_SLABS] as number;
  }

  /** Granule of the first slab of a class with a free block; 0 = there is none. */
  open(sizeClass: number): number {
    return this.#control[C_OPEN_SLABS + sizeClass] as number;
  }

  /** How many blocks of a slab have headers. */
  begun(granule: number): number {
    return (this.#control[slabOf(granule) + 1] as number) >>> 16;
  }

  /** Stages that a granule, just taken, is the first slab with room of its class. */
  add(granule: number, sizeClass: number): void {
    const lock = this.#lock, slab = slabOf(granule);
    lock.stage(slab, 0);
    lock.stage(slab + 1, this.#control[C_OPEN_SLABS + sizeClass] as number);
    lock.stage(C_OPEN_SLABS + sizeClass, granule);
    lock.stage(C_EMPTY_SLABS, this.empty + 1);
  }

  /** Stages the use of a free block of the first open slab. Its index in `i32`; its header is zero, or as it was freed. */
  take(granule: number, sizeClass: number, i32: Int32Array): number {
    const control = this.#control, lock = this.#lock, slab = slabOf(granule);
    const word = control[slab] as number, list = control[slab + 1] as number;
    let free = word >>> 16, begun = list >>> 16, at: number;
    if (free !== 0) {
      at = (free - 1) << (sizeClass - 2);
      free = i32[at + H_NEXT] as number;
    } else {
      at = begun << (sizeClass - 2);
      i32.fill(0, at, at + HEADER_WORDS);
      lock.stage(slab + 1, ++begun << 16 | list & 0xffff);
    }
    lock.stage(slab, free << 16 | (word & 0xffff) + 1);
    if (free === 0 && begun << sizeClass === GRANULE_BYTES) lock.stage(C_OPEN_SLABS + sizeClass, list & 0xffff);
    if ((word & 0xffff) === 0) lock.stage(C_EMPTY_SLABS, this.empty - 1);
    return at;
  }

  /** Stages the return of the block whose header is `i32[at]`. */
  give(granule: number, sizeClass: number, i32: Int32Array, at: number): void {
    const control = this.#control, lock = this.#lock, slab = slabOf(granule);
    const word = control[slab] as number, list = control[slab + 1] as number;
    const free = word >>> 16, used = (word & 0xffff) - 1;
    i32[at + H_NEXT] = free;
    lock.stage(slab, (at >>> (sizeClass - 2)) + 1 << 16 | used);
    if (free === 0 && list >>> 16 << sizeClass === GRANULE_BYTES) {
      lock.stage(slab + 1, list & ~0xffff | control[C_OPEN_SLABS + sizeClass] as number);
      lock.stage(C_OPEN_SLABS + sizeClass, granule);
    }
    if (used === 0) lock.stage(C_EMPTY_SLABS, this.empty + 1);
  }

  /** Gives all slabs without a block in use back to the pool, a commit each. */
  reclaim(granules: Granules): void {
    const control = this.#control, lock = this.#lock;
    for (let sizeClass = MIN_CLASS; sizeClass < OWN_SEGMENT_CLASS; sizeClass++) {
      // Where the granule that comes next is written.
      let link = C_OPEN_SLABS + sizeClass;
      for (;;) {
        const before = control[link] as number, granule = before & 0xffff;
        if (granule === 0) break;
        const slab = slabOf(granule);
        if (((control[slab] as number) & 0xffff) !== 0) {
          link = slab + 1;
          continue;
        }
        lock.stage(link, before & ~0xffff | (control[slab + 1] as number) & 0xffff);
        lock.stage(C_EMPTY_SLABS, this.empty - 1);
        granules.give(granule);
        lock.commit();
        granules.settle(granule, 1);
      }
    }
  }
}
