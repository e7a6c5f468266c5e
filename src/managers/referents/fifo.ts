/** A list of items that is changed at its ends only, in a time that doesn't grow with its length. */

/** Taken from at the front, where an item can also be put back. */
export class Fifo<T> {
  #front: T[] = [];
  #back: T[] = [];
  /** How many of #front are taken. */
  #taken = 0;

  /** Number of items. */
  get length(): number {
    return this.#front.length - this.#taken + this.#back.length;
  }

  /** Adds one at the end. */
  push(item: T): void {
    this.#back.push(item);
  }

  /** Puts one before all others. */
  unshift(item: T): void {
    if (this.#taken > 0) this.#front[--this.#taken] = item;
    else this.#front.unshift(item);
  }

  /** Takes the first; there must be one. */
  shift(): T {
    if (this.#taken === this.#front.length) {
      this.#front = this.#back;
      this.#back = [];
      this.#taken = 0;
    }
    const item = this.#front[this.#taken] as T;
    this.#front[this.#taken++] = undefined as T; // so that it can be collected
    return item;
  }

  /** Takes all. */
  takeAll(): T[] {
    const all: T[] = [];
    while (this.length > 0) all.push(this.shift());
    return all;
  }
}
