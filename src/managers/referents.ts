/** The objects that a manager's server holds, with the methods that proxies may call. */

import { JSON } from "../base/originals.ts";
import type { Family } from "../family/family.ts";
import { encode } from "../codec/codec.ts";
import { FamilyLink } from "../wire/handles.ts";

/** Methods by name. Each runs in one turn of the server's event loop, so it is atomic. */
export type Referent = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Entry {
  /** As it came first. */
  readonly key: unknown;
  value: unknown;
}

/**
 * A Map behind a DictProxy. A key that is an object is the same key as another of equal content: each call brings a copy of its
 * own. Content is what would travel, so the order of its properties counts.
 */
export function dictReferent(family: Family, init: Iterable<readonly [unknown, unknown]>): Referent {
  const map = new Map<unknown, Entry>();
  /** What stands for a key in the map: for an object its content, told from strings by the first letter. */
  const idOf = (key: unknown): unknown => {
    if (typeof key === "string") return `s${key}`;
    return isObject(key) ? `o${encode(key, new FamilyLink(family), "key").join()}` : key;
  };
  const add = (id: unknown, key: unknown, value: unknown): void => {
    map.set(id, { key: key === 0 ? 0 : key, value }); // -0 becomes 0, as in any Map
  };
  const get = (key: unknown): unknown => map.get(idOf(key))?.value;
  const set = (key: unknown, value: unknown): void => {
    const id = idOf(key), entry = map.get(id);
    if (entry === undefined) add(id, key, value);
    else entry.value = value;
  };
  const update = (entries: Iterable<readonly [unknown, unknown]>): void => {
    for (const [key, value] of entries) set(key, value);
  };
  const entries = () => [...map.values()].map(({ key, value }): [unknown, unknown] => [key, value]);
  update(init);
  return {
    get,
    set,
    has: (key: unknown) => map.has(idOf(key)),
    delete: (key: unknown) => map.delete(idOf(key)),
    clear: () => map.clear(),
    size: () => map.size,
    keys: () => [...map.values()].map(({ key }) => key),
    values: () => [...map.values()].map(({ value }) => value),
    entries,
    copy: () => new Map(entries()),
    pop(key: unknown, ...fallback: unknown[]) {
      const id = idOf(key), entry = map.get(id);
      if (entry !== undefined) {
        map.delete(id);
        return entry.value;
      }
      if (fallback.length > 0) return fallback[0];
      throw new RangeError(`Cannot pop ${keyText(key)}: the dict has no such key`);
    },
    setdefault(key: unknown, value: unknown) {
      const id = idOf(key), entry = map.get(id);
      if (entry === undefined) add(id, key, value);
      return entry === undefined ? value : entry.value;
    },
    update,
    increment(key: unknown, by: number) {
      const before = get(key) ?? 0;
      if (typeof before !== "number") {
        throw new TypeError(`Cannot increment ${keyText(key)}: its value is not a number`);
      }
      set(key, before + by);
      return before + by;
    },
  };
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function keyText(key: unknown): string {
  if (isObject(key)) return "that object";
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}
