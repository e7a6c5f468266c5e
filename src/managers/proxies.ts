/** Proxies: objects here that stand for objects in a manager's server. They travel anywhere. */

import type { BatchQueue } from "../channels/batch_queue.ts";
import { type Link, registerShareable, shareable } from "../codec/registry.ts";
import { clientOf, type ManagerClient } from "./client.ts";

/**
 * A dict on a manager's server, like a Map. CPython: `multiprocessing.managers.DictProxy`.
 *
 * A proxy stored in it stays a reference; a plain object stored in it is a copy. A key that is an object is the same key as
 * another of equal content (its properties in the same order). Each method is atomic. Iterating goes through the entries of one
 * moment.
 *
 * Every method rejects with SerializationError when a key or value can't travel, and with RemoteError when the server is gone
 * or can't read it.
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
export interface DictProxy<K = unknown, V = unknown> extends AsyncIterable<[K, V]> {
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

/** What all proxies have. */
abstract class BaseProxy {
  readonly #client: ManagerClient;
  readonly #object: number;

  constructor(client: ManagerClient, object: number) {
    this.#client = client;
    this.#object = object;
  }

  protected call(method: string, ...args: unknown[]): Promise<unknown> {
    return this.#client.call(this.#object, method, args);
  }

  /** How it travels: the server's queue (a handle), the server, the object. */
  wire(): readonly [BatchQueue, number, number] {
    return [this.#client.requests, this.#client.server, this.#object];
  }
}

class Dict<K, V> extends BaseProxy implements DictProxy<K, V> {
  get(key: K) {
    return this.call("get", key) as Promise<V | undefined>;
  }
  set(key: K, value: V) {
    return this.call("set", key, value) as Promise<void>;
  }
  has(key: K) {
    return this.call("has", key) as Promise<boolean>;
  }
  delete(key: K) {
    return this.call("delete", key) as Promise<boolean>;
  }
  clear() {
    return this.call("clear") as Promise<void>;
  }
  size() {
    return this.call("size") as Promise<number>;
  }
  keys() {
    return this.call("keys") as Promise<K[]>;
  }
  values() {
    return this.call("values") as Promise<V[]>;
  }
  entries() {
    return this.call("entries") as Promise<[K, V][]>;
  }
  copy() {
    return this.call("copy") as Promise<Map<K, V>>;
  }
  pop(key: K, ...fallback: [V?]) {
    return this.call("pop", key, ...fallback) as Promise<V>;
  }
  setdefault(key: K, value: V) {
    return this.call("setdefault", key, value) as Promise<V>;
  }
  update(entries: Iterable<readonly [K, V]> | Record<string, V>) {
    return this.call("update", entriesOf(entries)) as Promise<void>;
  }
  increment(key: K, by = 1) {
    return this.call("increment", key, by) as Promise<number>;
  }
  async *[Symbol.asyncIterator](): AsyncIterableIterator<[K, V]> {
    yield* await this.entries();
  }
}

/** Entries of an iterable or of an object's own properties. */
export function entriesOf<K, V>(
  from: Iterable<readonly [K, V]> | Record<string, V>,
): (readonly [K, V])[] {
  return Symbol.iterator in from ? [...from as Iterable<readonly [K, V]>] : Object.entries(from) as never;
}

/** A proxy of a dict on the server. */
export function dictProxy<K, V>(client: ManagerClient, object: number): DictProxy<K, V> {
  return new Dict<K, V>(client, object);
}

const dictType = {
  name: "DictProxy",
  is: (value: object): value is Dict<unknown, unknown> => value instanceof Dict,
  encode: (value: Dict<unknown, unknown>) => value.wire(),
  decode(wire: unknown, _link: Link): Dict<unknown, unknown> {
    const [requests, server, object] = wire as ReturnType<BaseProxy["wire"]>;
    return new Dict(clientOf(requests, server), object);
  },
};
registerShareable(dictType);
Object.defineProperty(Dict.prototype, shareable, { value: dictType });
