/** ListProxy. */

import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, type BaseProxy, ProxyFace } from "./base.ts";

/**
 * A list on a manager's server, like an array; or an Array of a type code there, whose length is fixed. CPython:
 * `multiprocessing.managers.ListProxy`, `ArrayProxy`.
 *
 * A proxy stored in it stays a reference; a plain object stored in it is a copy. Objects are equal when their contents are.
 * Each method is atomic. Iterating goes through the items of one moment. It lives as long as a DictProxy's dict.
 *
 * Every method but close() rejects with SerializationError when a value can't travel, with RemoteError when the server is gone,
 * with ClosedError after close(). Of an Array, what would change its length rejects with MisuseError, a value of another type
 * with TypeError, one out of the type's range with RangeError.
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const words = await manager.list(["one", "three"]);
 * await words.splice(1, 0, "two");
 * for await (const word of words) console.log(word); // one, two, three
 * console.log(await words.at(-1)); // three
 * ```
 */
export interface ListProxy<T = unknown> extends AsyncIterable<T>, BaseProxy {
  /** The item, counted from the end for a negative index; undefined where there is none. CPython: `l[index]`. */
  at(index: number): Promise<T | undefined>;
  /**
   * Replaces the item, counted from the end for a negative index. CPython: `l[index] = value`.
   * @throws {RangeError} where there is none
   */
  set(index: number, value: T): Promise<void>;
  /** Number of items. CPython: `len(l)`. */
  length(): Promise<number>;
  /** Adds items at the end; resolves to the new length. CPython: `list.extend()`. */
  push(...items: T[]): Promise<number>;
  /** Takes the last item; undefined when there is none. CPython: `list.pop()`. */
  pop(): Promise<T | undefined>;
  /** Takes the first item; undefined when there is none. CPython: `list.pop(0)`. */
  shift(): Promise<T | undefined>;
  /** Adds items before the first; resolves to the new length. CPython: `list.insert(0, …)`. */
  unshift(...items: T[]): Promise<number>;
  /** Items from `start` to before `end`, as `Array.slice()`. CPython: `l[start:end]`. */
  slice(start?: number, end?: number): Promise<T[]>;
  /** Removes items and puts others there, as `Array.splice()`; resolves to those removed. CPython: `l[start:end] = …`. */
  splice(start: number, deleteCount?: number, ...items: T[]): Promise<T[]>;
  /** Whether one of its items is equal to that. CPython: `value in l`. */
  includes(value: T): Promise<boolean>;
  /** The index of the first item equal to that, or -1. CPython: `list.index()`. */
  indexOf(value: T): Promise<number>;
  /**
   * Sorts it, numbers by their value, strings by their UTF-16 code units. CPython: `list.sort()`.
   * @throws {TypeError} when its items are not all numbers, or all strings
   */
  sort(): Promise<void>;
  /** Turns it round. CPython: `list.reverse()`. */
  reverse(): Promise<void>;
  /** All of it, as it is at one moment. CPython: `list.copy()`. */
  copy(): Promise<T[]>;
}

export class ListEngine extends ReferentEngine {}

class List<T> extends ProxyFace implements ListProxy<T> {
  at(index: number): Promise<T | undefined> {
    return ask(this, "at", () => [index]) as Promise<T | undefined>;
  }
  set(index: number, value: T): Promise<void> {
    return ask(this, "set", (seal) => [index, seal(value)]) as Promise<void>;
  }
  length(): Promise<number> {
    return ask(this, "length") as Promise<number>;
  }
  push(...items: T[]): Promise<number> {
    return ask(this, "push", (seal) => items.map((item) => seal(item))) as Promise<number>;
  }
  pop(): Promise<T | undefined> {
    return ask(this, "pop") as Promise<T | undefined>;
  }
  shift(): Promise<T | undefined> {
    return ask(this, "shift") as Promise<T | undefined>;
  }
  unshift(...items: T[]): Promise<number> {
    return ask(this, "unshift", (seal) => items.map((item) => seal(item))) as Promise<number>;
  }
  slice(...range: [start?: number, end?: number]): Promise<T[]> {
    return ask(this, "slice", () => range) as Promise<T[]>;
  }
  splice(start: number, ...rest: [deleteCount?: number, ...items: T[]]): Promise<T[]> {
    const [deleteCount, ...items] = rest;
    return ask(
      this,
      "splice",
      (seal) => rest.length === 0 ? [start] : [start, deleteCount, ...items.map((item) => seal(item))],
    ) as Promise<T[]>;
  }
  includes(value: T): Promise<boolean> {
    return ask(this, "includes", (seal) => [seal(value)]) as Promise<boolean>;
  }
  indexOf(value: T): Promise<number> {
    return ask(this, "indexOf", (seal) => [seal(value)]) as Promise<number>;
  }
  sort(): Promise<void> {
    return ask(this, "sort") as Promise<void>;
  }
  reverse(): Promise<void> {
    return ask(this, "reverse") as Promise<void>;
  }
  copy(): Promise<T[]> {
    return ask(this, "copy") as Promise<T[]>;
  }
  async *[Symbol.asyncIterator](): AsyncIterableIterator<T> {
    yield* await this.copy();
  }
}

registerSharedClass("ListProxy", List, ListEngine);
