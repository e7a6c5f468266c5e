/** DictProxy. */

import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import type { Seal } from "../kept.ts";
import { ask, type BaseProxy, ProxyFace } from "./base.ts";

/**
 * A dict on a manager's server, like a Map. CPython: `multiprocessing.managers.DictProxy`.
 *
 * A proxy stored in it stays a reference; a plain object stored in it is a copy. A key that is an object is the same key as
 * another of equal content (its properties in the same order). Each method is atomic. Iterating goes through the entries of one
 * moment.
 *
 * The dict lives until every process has closed its proxy of it, lost it (as the garbage collector finds out) or ended, and
 * none is on its way in a message or kept on a server, or the manager is shut down. All that a process was sent of one dict is
 * the same proxy.
 *
 * Every method but close() rejects with SerializationError when a key or value can't travel, with RemoteError when the server
 * is gone, with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const stock = await manager.dict<string, number>([["apples", 3]]);
 * await stock.set("pears", 5);
 * for await (const [fruit, count] of stock) console.log(fruit, count); // apples 3, pears 5
 * console.log(await stock.pop("plums", 0)); // 0
 * ```
 */
export interface DictProxy<K = unknown, V = unknown> extends AsyncIterable<[K, V]>, BaseProxy {
  /** The value, or undefined. CPython: `dict.get()`. */
  get(key: K): Promise<V | undefined>;
  /** Stores a copy of the value. CPython: `d[key] = value`. */
  set(key: K, value: V): Promise<void>;
  /** Whether it is there. CPython: `key in d`. */
  has(key: K): Promise<boolean>;
  /** Removes it; resolves to whether it was there. CPython: `del d[key]`. */
  delete(key: K): Promise<boolean>;
  /** Removes all. CPython: `dict.clear()`. */
  clear(): Promise<void>;
  /** Number of entries. CPython: `len(d)`. */
  size(): Promise<number>;
  /** The keys, in the order in which they came. CPython: `dict.keys()`. */
  keys(): Promise<K[]>;
  /** The values, in the order of their keys. CPython: `dict.values()`. */
  values(): Promise<V[]>;
  /** Keys and values, in that order. CPython: `dict.items()`. */
  entries(): Promise<[K, V][]>;
  /** All of it, as it is at one moment. CPython: `dict.copy()`. */
  copy(): Promise<Map<K, V>>;
  /**
   * Removes the entry and resolves to its value, or to `fallback`. CPython: `dict.pop()`.
   * @throws {RangeError} when it isn't there and no fallback is given
   */
  pop(key: K, fallback?: V): Promise<V>;
  /** The value, after setting it if it wasn't there. CPython: `dict.setdefault()`. */
  setdefault(key: K, value: V): Promise<V>;
  /** Sets all of these, at once. CPython: `dict.update()`. */
  update(entries: Iterable<readonly [K, V]> | Record<string, V>): Promise<void>;
  /**
   * Adds `by` (default 1) to a number, or to 0 where there is none; resolves to the new one. CPython has none: there
   * `d[key] += 1` is a read and a write.
   * @throws {TypeError} when the value is not a number
   */
  increment(key: K, by?: number): Promise<number>;
}

/** Entries of an iterable or of an object's own properties. */
export type Entries<K, V> = Iterable<readonly [K, V]> | Readonly<Record<string, V>>;

/** Entries as they travel. */
export function sealEntries(entries: Entries<unknown, unknown>, seal: Seal): (readonly [unknown, unknown])[] {
  const all = Symbol.iterator in entries ? entries as Iterable<readonly [unknown, unknown]> : Object.entries(entries);
  return Array.from(all, ([key, value]) => [seal(key, "key"), seal(value)]);
}

export class DictEngine extends ReferentEngine {}

class Dict<K, V> extends ProxyFace implements DictProxy<K, V> {
  get(key: K): Promise<V | undefined> {
    return ask(this, "get", (seal) => [seal(key, "key")]) as Promise<V | undefined>;
  }
  set(key: K, value: V): Promise<void> {
    return ask(this, "set", (seal) => [seal(key, "key"), seal(value)]) as Promise<void>;
  }
  has(key: K): Promise<boolean> {
    return ask(this, "has", (seal) => [seal(key, "key")]) as Promise<boolean>;
  }
  delete(key: K): Promise<boolean> {
    return ask(this, "delete", (seal) => [seal(key, "key")]) as Promise<boolean>;
  }
  clear(): Promise<void> {
    return ask(this, "clear") as Promise<void>;
  }
  size(): Promise<number> {
    return ask(this, "size") as Promise<number>;
  }
  keys(): Promise<K[]> {
    return ask(this, "keys") as Promise<K[]>;
  }
  values(): Promise<V[]> {
    return ask(this, "values") as Promise<V[]>;
  }
  entries(): Promise<[K, V][]> {
    return ask(this, "entries") as Promise<[K, V][]>;
  }
  copy(): Promise<Map<K, V>> {
    return ask(this, "copy") as Promise<Map<K, V>>;
  }
  pop(key: K, ...fallback: [V?]): Promise<V> {
    return ask(this, "pop", (seal) => [seal(key, "key"), ...fallback.map((value) => seal(value))]) as Promise<V>;
  }
  setdefault(key: K, value: V): Promise<V> {
    return ask(this, "setdefault", (seal) => [seal(key, "key"), seal(value)]) as Promise<V>;
  }
  update(entries: Iterable<readonly [K, V]> | Record<string, V>): Promise<void> {
    return ask(this, "update", (seal) => [sealEntries(entries, seal)]) as Promise<void>;
  }
  increment(key: K, by = 1): Promise<number> {
    return ask(this, "increment", (seal) => [seal(key, "key"), by]) as Promise<number>;
  }
  async *[Symbol.asyncIterator](): AsyncIterableIterator<[K, V]> {
    yield* await this.entries();
  }
}

registerSharedClass("DictProxy", Dict, DictEngine);
