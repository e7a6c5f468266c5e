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
const NUMBER_SHIFT = 14, NEXT_SHIFT = 7, END_MASK = 0x7f;
/** Batch numbers are below this. */
const NUMBERS = 1 << 18;
/** Added to a word, it moves `next` on by one task. */
const ONE_BEGUN = 1 << NEXT_SHIFT;
/** A word of which nothing is to be had. */
const USED_UP = 0;

function wordOf(batch: number): number {
  return batch % CLAIM_WORDS;
}

function numberIn(word: number): number {
  return word >>> NUMBER_SHIFT;
}

function nextIn(word: number): number {
  return word >>> NEXT_SHIFT & END_MASK;
}

function endIn(word: number): number {
  return word & END_MASK;
}

/** How many tasks are to be had. */
function leftIn(word: number): number {
  return endIn(word) - nextIn(word);
}

/** A worker's side. */
export class WorkerClaims {
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** Claims the next task of a batch; false = it and all after it are somebody else's. */
  take(batch: number): boolean {
    const words = this.#words, at = wordOf(batch);
    for (;;) {
      const word = Atomics.load(words, at);
      // Another number: the batch was taken back as a whole, and its word is in use again.
      if (numberIn(word) !== batch || leftIn(word) <= 0) return false;
      if (Atomics.compareExchange(words, at, word, word + ONE_BEGUN) === word) return true;
    }
  }
}

/** A batch that a worker was sent, and where its word is. */
interface SentBatch<T> {
  readonly batch: number;
  readonly at: number;
  readonly tasks: readonly T[];
}

/** The pool's side: the batches that a worker was sent, with the tasks in them. */
export class PoolClaims<T> {
  readonly #words: Int32Array;
  /** The last of them, without those that are used up. */
  #batches: SentBatch<T>[] = [];
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
    return this.#left(wordOf(this.next)) === 0;
  }

  /** The next batch is about to be sent. */
  open(tasks: readonly T[]): void {
    const batches = this.#batches;
    let used = 0;
    while (used < batches.length && this.#left((batches[used] as SentBatch<T>).at) === 0) used++;
    if (used > 0) this.#batches = batches.slice(used);
    const batch = this.#last = this.next, at = wordOf(batch);
    this.#batches.push({ batch, at, tasks });
    Atomics.store(this.#words, at, batch << NUMBER_SHIFT | tasks.length);
  }

  /** A batch that was opened couldn't be sent: those of its tasks that weren't taken back. */
  cancel(batch: number): readonly T[] {
    const index = this.#batches.findIndex((sent) => sent.batch === batch);
    if (index < 0) return []; // used up
    const [{ at, tasks }] = this.#batches.splice(index, 1) as [SentBatch<T>];
    const word = Atomics.exchange(this.#words, at, USED_UP);
    return tasks.slice(nextIn(word), endIn(word));
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
      const { at, tasks } = this.#batches[i] as SentBatch<T>; // noUncheckedIndexedAccess
      for (;;) {
        const word = Atomics.load(this.#words, at), end = endIn(word);
        const count = Math.min(most, leftIn(word));
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
    return leftIn(Atomics.load(this.#words, at));
  }
}
