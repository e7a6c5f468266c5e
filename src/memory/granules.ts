/**
 * The pool of granules: which of them are in use, as runs, and which are free for whatever size is wanted next.
 *
 * ```
 * granule table, one word a granule
 *   first of a run in use    RUN_USED | size class << 16 | n     class 0: one large block
 *   first of a free run      RUN_FREE | n
 *   any other                RUN_INNER | first granule of its run
 *
 *   used 2         free 3                used 1   free 1
 *   [U|2] [I|4]    [F|3] [I|?] [I|6]     [U|1]    [F|1]     end = word 1 of the control segment
 *     4     5        6     7     8         9        10
 * ```
 *
 * Runs lie one behind the other from the control segment to the end, and no two free ones are neighbours. Of a run, the
 * first entry and the last say the truth; those between are right in a run in use, and in a free run only known not to be
 * a first one. A free run's neighbours are found from its ends: so it merges with them in a few words, whatever its length.
 *
 * A kill is harmless anywhere, because all is done under the arena lock, and
 * - words that count (first and last entries, the end, the counters) change in one commit of its redo log;
 * - the entries between are written before, while they lie inside a free run or beyond the end, where nobody looks at them:
 *   one that is written and not committed says RUN_INNER, as it did before, or lies beyond the end;
 * - the memory grows before its new end is committed (beyond a file's end is SIGBUS), and never shrinks;
 * - what a run held is thrown away after the commit that freed it, under the same lock: killed in between, its pages stay.
 *
 * Of some free granules the pages are kept, up to KEPT granules in all: a message of a mebibyte costs five times as much where
 * the system has to make each page anew, and to take it back. A bitmap says which ones. A granule's bit is set after the commit
 * that freed it and cleared before the one that uses it: killed in between, its pages stay until it is used again, and never
 * are those of a run in use thrown away.
 *
 * Without the lock only the entries of a run in use may be read, by one who knows that it stays in use.
 */

import type { Arena } from "./arena.ts";
import { maskOf, wordOf, wordsBelow } from "./bitmap.ts";
import type { RobustLock } from "./robust_lock.ts";
import {
  C_FREE_GRANULES,
  C_GRANULE_TABLE,
  C_GRANULES,
  C_KEPT,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_WORDS,
  granulesIn,
  RUN_FREE,
  RUN_INNER,
  runEntry,
} from "./layout.ts";

/** Free granules that keep their pages, at most. */
export const KEPT = 64;

/** The pool of one family, as one agent uses it. Everything is called under the arena lock; the caller commits. */
export class Granules {
  readonly #arena: Arena;
  readonly #lock: RobustLock;
  readonly #control: Int32Array;

  constructor(arena: Arena, lock: RobustLock) {
    this.#arena = arena;
    this.#lock = lock;
    this.#control = arena.control;
  }

  /** Stages the use of a free run of `count` granules, for blocks of `sizeClass` (0: for one). Its first granule, 0 = none fits. */
  take(count: number, sizeClass: number): number {
    const control = this.#control, lock = this.#lock, first = this.#bestFit(count);
    if (first === 0) return 0;
    const rest = granulesIn(control[C_GRANULE_TABLE + first] as number) - count;
    if (rest > 0) {
      lock.stage(C_GRANULE_TABLE + first + count, RUN_FREE | rest);
      if (rest > 1) lock.stage(C_GRANULE_TABLE + first + count + rest - 1, RUN_INNER | (first + count));
    }
    lock.stage(C_FREE_GRANULES, (control[C_FREE_GRANULES] as number) - count);
    this.#use(first, count, sizeClass);
    return first;
  }

  /** The same with memory that the family didn't have yet; RangeError when it can't be had. */
  grow(count: number, sizeClass: number): number {
    const control = this.#control, lock = this.#lock, end = control[C_GRANULES] as number;
    // A free run at the end becomes a part of it.
    const last = this.#freeRunBefore(end), first = last === 0 ? end : last;
    const { backing } = this.#arena, bytes = (first + count) * GRANULE_BYTES;
    if (bytes > backing.limit) throw this.#isFull(count);
    backing.grow(bytes);
    lock.stage(C_GRANULES, first + count);
    if (first < end) lock.stage(C_FREE_GRANULES, (control[C_FREE_GRANULES] as number) - (end - first));
    this.#use(first, count, sizeClass);
    return first;
  }

  /** Stages the return of a run. */
  give(first: number): void {
    const control = this.#control, lock = this.#lock;
    const count = granulesIn(control[C_GRANULE_TABLE + first] as number);
    const before = this.#freeRunBefore(first), start = before === 0 ? first : before;
    const after = first + count, entry = control[C_GRANULE_TABLE + after] as number;
    const end = after < (control[C_GRANULES] as number) && (entry & RUN_FREE) !== 0 ? after + granulesIn(entry) : after;
    if (start < first) lock.stage(C_GRANULE_TABLE + first, RUN_INNER | start);
    if (after < end) lock.stage(C_GRANULE_TABLE + after, RUN_INNER | start);
    if (end - start > 1) lock.stage(C_GRANULE_TABLE + end - 1, RUN_INNER | start);
    lock.stage(C_GRANULE_TABLE + start, RUN_FREE | (end - start));
    lock.stage(C_FREE_GRANULES, (control[C_FREE_GRANULES] as number) + count);
  }

  /**
   * After the commit that freed a run: keeps its pages for what comes next, if they are few, in place of those kept before if
   * they are too many together. Else gives them back to the system, where that can be done, and its window.
   */
  settle(first: number, count: number): void {
    if (count > KEPT) return this.#discard(first, count);
    if (this.#countKept() + count > KEPT) this.#discardKept();
    for (let granule = first; granule < first + count; granule++) this.#setKept(granule, true);
  }

  #isKept(granule: number): boolean {
    return ((this.#control[C_KEPT + wordOf(granule)] as number) & maskOf(granule)) !== 0;
  }

  #setKept(granule: number, isKept: boolean): void {
    if (this.#isKept(granule) !== isKept) (this.#control[C_KEPT + wordOf(granule)] as number) ^= maskOf(granule);
  }

  #countKept(): number {
    const control = this.#control, end = C_KEPT + wordsBelow(control[C_GRANULES] as number);
    let count = 0;
    for (let word = C_KEPT; word < end; word++) {
      for (let bits = control[word] as number; bits !== 0; bits &= bits - 1) count++;
    }
    return count;
  }

  #discardKept(): void {
    for (let first = CONTROL_GRANULES, end = this.#control[C_GRANULES] as number; first < end; first++) {
      let after = first;
      for (; this.#isKept(after); after++) this.#setKept(after, false);
      if (after > first) this.#discard(first, after - first);
      first = after;
    }
  }

  #discard(first: number, count: number): void {
    this.#arena.backing.discard(first * GRANULE_BYTES, count * GRANULE_BYTES);
    for (let granule = first; granule < first + count; granule++) this.#arena.forget(granule * GRANULE_WORDS);
  }

  /** First granule of the smallest free run of at least `count` granules, the lowest of several; 0 = there is none. */
  #bestFit(count: number): number {
    const control = this.#control, end = control[C_GRANULES] as number;
    if ((control[C_FREE_GRANULES] as number) < count) return 0;
    let best = 0, size = Infinity;
    for (let first = CONTROL_GRANULES; first < end;) {
      const entry = control[C_GRANULE_TABLE + first] as number, granules = granulesIn(entry);
      if ((entry & RUN_FREE) !== 0 && granules >= count && granules < size) {
        if (granules === count) return first;
        best = first;
        size = granules;
      }
      first += granules;
    }
    return best;
  }

  /** First granule of the free run that ends before `granule`; 0 = what ends there is in use. */
  #freeRunBefore(granule: number): number {
    if (granule === CONTROL_GRANULES) return 0;
    const last = this.#control[C_GRANULE_TABLE + granule - 1] as number;
    const first = (last & RUN_INNER) !== 0 ? last & 0xffff : granule - 1;
    return ((this.#control[C_GRANULE_TABLE + first] as number) & RUN_FREE) !== 0 ? first : 0;
  }

  /** Granules from `first` on, all of them free or new, are one run. */
  #use(first: number, count: number, sizeClass: number): void {
    for (let granule = first; granule < first + count; granule++) this.#setKept(granule, false);
    this.#control.fill(RUN_INNER | first, C_GRANULE_TABLE + first + 1, C_GRANULE_TABLE + first + count);
    this.#lock.stage(C_GRANULE_TABLE + first, runEntry(count, sizeClass));
  }

  #isFull(count: number): RangeError {
    const { backing } = this.#arena;
    const free = (this.#control[C_FREE_GRANULES] as number) * GRANULE_BYTES;
    return new RangeError(
      `Cannot allocate ${
        count * GRANULE_BYTES
      } bytes of shared memory: a family with start method "${backing.method}" ` +
        `has at most ${backing.limit / 2 ** 30} GiB${
          free === 0 ? "" : `, and of the ${free} bytes free no part is so large`
        }; ` +
        "take what lies in its queues and pipes, or close what isn't needed any more",
    );
  }
}
