/** Proxies: objects here that stand for objects in a manager's server. They travel anywhere. */

import { makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { clientOf, gone, type ManagerClient } from "./client.ts";
import { ReferentEngine } from "./holdings.ts";

/**
 * A dict on a manager's server, like a Map. CPython: `multiprocessing.managers.DictProxy`.
 *
 * A proxy stored in it stays a reference; a plain object stored in it is a copy. A key that is an object is the same key as
 * another of equal content (its properties in the same order). Each method is atomic. Iterating goes through the entries of one
 * moment.
 *
 * The dict lives until every process has closed its proxy of it, lost it (as the garbage collector finds out) or ended, and
 * none is on its way in a message, or the manager is shut down. All that a process was sent of one dict is the same proxy.
 *
 * Every method but close() rejects with SerializationError when a key or value can't travel, and with RemoteError when
 * the server is gone or can't read it, with ClosedError after close().
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
export interface DictProxy<K = unknown, V = unknown> extends AsyncIterable<[K, V]>, Disposable {
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
  /**
   * Drops this process's proxy; the dict goes with the last one. Calls that are under way are done. Idempotent. CPython: what
   * `del d` does.
   */
  close(): void;
  /** As close(). */
  [Symbol.dispose](): void;
}

class Dict<K, V> implements DictProxy<K, V> {
  readonly #engine: ReferentEngine;
  /** From the first call on. */
  #client: ManagerClient | undefined;

  static {
    makeFace(this.prototype, (proxy) => #engine in proxy ? proxy.#engine : undefined);
  }

  constructor(engine: ReferentEngine) {
    this.#engine = wear(this, engine);
  }

  async #call(method: string, ...args: unknown[]): Promise<unknown> {
    const engine = this.#engine;
    engine.ensureOpen(`call ${method} of`);
    const { server, requests, number } = engine.place;
    if (!engine.family.alive(server)) throw gone(method);
    const client = this.#client ??= clientOf(engine.family, requests, server);
    return await engine.during(() => client.call(number, method, args));
  }
  get(key: K) {
    return this.#call("get", key) as Promise<V | undefined>;
  }
  set(key: K, value: V) {
    return this.#call("set", key, value) as Promise<void>;
  }
  has(key: K) {
    return this.#call("has", key) as Promise<boolean>;
  }
  delete(key: K) {
    return this.#call("delete", key) as Promise<boolean>;
  }
  clear() {
    return this.#call("clear") as Promise<void>;
  }
  size() {
    return this.#call("size") as Promise<number>;
  }
  keys() {
    return this.#call("keys") as Promise<K[]>;
  }
  values() {
    return this.#call("values") as Promise<V[]>;
  }
  entries() {
    return this.#call("entries") as Promise<[K, V][]>;
  }
  copy() {
    return this.#call("copy") as Promise<Map<K, V>>;
  }
  pop(key: K, ...fallback: [V?]) {
    return this.#call("pop", key, ...fallback) as Promise<V>;
  }
  setdefault(key: K, value: V) {
    return this.#call("setdefault", key, value) as Promise<V>;
  }
  update(entries: Iterable<readonly [K, V]> | Record<string, V>) {
    return this.#call("update", entriesOf(entries)) as Promise<void>;
  }
  increment(key: K, by = 1) {
    return this.#call("increment", key, by) as Promise<number>;
  }
  async *[Symbol.asyncIterator](): AsyncIterableIterator<[K, V]> {
    yield* await this.entries();
  }
  close() {
    this.#engine.close();
  }
  [Symbol.dispose]() {
    this.#engine.close();
  }
}

/** Entries of an iterable or of an object's own properties. */
export function entriesOf<K, V>(
  from: Iterable<readonly [K, V]> | Record<string, V>,
): (readonly [K, V])[] {
  return Symbol.iterator in from ? [...from as Iterable<readonly [K, V]>] : Object.entries(from) as never;
}

registerSharedClass("DictProxy", Dict, ReferentEngine);
