/**
 * Claims: which tasks a worker has begun. The pool takes back the others at any moment, whatever the worker is doing.
 *
 * A worker is sent batches, and does their tasks in order. Each batch has a word, which says which of its tasks are to be had:
 *
 * ```
 * word n % 256    n, the batch's number modulo 2 ** 18 | next: 7 bits | end: 7 bits
 * ```
 *
 * - The pool stores the word before it sends the batch, once the batch that had the word before is used up (next = end).
 * - The worker adds one to `next` for the task that it is about to begin.
 * - The pool lowers `end` for tasks that it gives to others.
 *
 * The last two are one compareExchange of all three parts, so each task is either begun here or given elsewhere. Killed at any
 * moment, a worker has begun a task or hasn't; what it hasn't is the pool's.
 */

export const CLAIM_WORDS = 256;
const NUMBER_SHIFT = 14, NEXT_SHIFT = 7, MASK = 0x7f;
/** Batch numbers are below this. */
const NUMBERS = 1 << 18;

/** A worker's side. */
export class WorkerClaims {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Claims the next task of a batch; false = it and all after it are somebody else's. */
  take(batch: number): boolean {
    const words = this.#words, at = batch % CLAIM_WORDS;
    for (;;) {
      const word = Atomics.load(words, at);
      // Another number: the batch was taken back as a whole, and its word is in use again.
      if (word >>> NUMBER_SHIFT !== batch || (word >>> NEXT_SHIFT & MASK) >= (word & MASK)) return false;
      if (Atomics.compareExchange(words, at, word, word + (1 << NEXT_SHIFT)) === word) return true;
    }
  }
}

/** The pool's side: the batches that a worker was sent, with the tasks in them. */
export class PoolClaims<T> {
  readonly #words: Int32Array;
  /** The last of them, without those that are used up. */
  #batches: { readonly at: number; readonly tasks: readonly T[] }[] = [];
  #last = 0;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** The number of the next batch. */
  get next(): number {
    return (this.#last + 1) % NUMBERS;
  }

  /** Whether it can be sent now. */
  get hasRoom(): boolean {
    return this.#left(this.next % CLAIM_WORDS) === 0;
  }

  /** The next batch is about to be sent. */
  open(tasks: readonly T[]): void {
    let used = 0;
    while (used < this.#batches.length && this.#left((this.#batches[used] as { at: number }).at) === 0) used++;
    if (used > 0) this.#batches = this.#batches.slice(used);
    const batch = this.#last = this.next, at = batch % CLAIM_WORDS;
    this.#batches.push({ at, tasks });
    Atomics.store(this.#words, at, batch << NUMBER_SHIFT | tasks.length);
  }

  /** The batch just opened couldn't be sent. */
  cancel(): void {
    const { at } = this.#batches.pop() as { at: number };
    Atomics.store(this.#words, at, 0);
  }

  /** Tasks that the worker hasn't begun. */
  get unclaimed(): number {
    let sum = 0;
    for (const { at } of this.#batches) sum += this.#left(at);
    return sum;
  }

  /** Takes back up to `most` tasks that the worker hasn't begun, the last ones, in their order. */
  takeBack(most: number): T[] {
    const taken: (readonly T[])[] = [];
    for (let i = this.#batches.length - 1; i >= 0 && most > 0; i--) {
      const { at, tasks } = this.#batches[i] as { at: number; tasks: readonly T[] };
      for (;;) {
        const word = Atomics.load(this.#words, at), end = word & MASK;
        const count = Math.min(most, end - (word >>> NEXT_SHIFT & MASK));
        if (count <= 0) break;
        if (Atomics.compareExchange(this.#words, at, word, word - count) !== word) continue;
        taken.push(tasks.slice(end - count, end));
        most -= count;
        break;
      }
    }
    return taken.reverse().flat();
  }

  #left(at: number): number {
    const word = Atomics.load(this.#words, at);
    return (word & MASK) - (word >>> NEXT_SHIFT & MASK);
  }
}
