/** The Map behind a DictProxy. */

import { drop } from "../kept.ts";
import { idOf, idOfLookup, nameOf } from "./content.ts";
import type { Host, Referent } from "./referent.ts";

interface Entry {
  /** As it came first. */
  readonly key: unknown;
  value: unknown;
}

/** A new dict. A key that is an object is the same key as another of equal content. */
export function dictReferent({ family }: Host, init: Iterable<readonly [unknown, unknown]>): Referent {
  const map = new Map<unknown, Entry>();
  const add = (id: unknown, key: unknown, value: unknown): void => {
    map.set(id, { key: key === 0 ? 0 : key, value }); // -0 becomes 0, as in any Map
  };
  const get = (key: unknown): unknown => map.get(idOfLookup(key, family))?.value;
  const set = (key: unknown, value: unknown): void => {
    const id = idOf(key, family), entry = map.get(id);
    if (entry === undefined) return add(id, key, value);
    drop(key);
    drop(entry.value);
    entry.value = value;
  };
  const remove = (id: unknown, { key, value }: Entry): void => {
    map.delete(id);
    drop(key);
    drop(value);
  };
  const update = (entries: Iterable<readonly [unknown, unknown]>): void => {
    for (const [key, value] of entries) set(key, value);
  };
  const clear = (): void => {
    for (const [id, entry] of map) remove(id, entry);
  };
  const entries = () => [...map.values()].map(({ key, value }): [unknown, unknown] => [key, value]);
  update(init);
  return {
    methods: {
      get,
      set,
      has: (key: unknown) => map.has(idOfLookup(key, family)),
      delete(key: unknown) {
        const id = idOfLookup(key, family), entry = map.get(id);
        if (entry !== undefined) remove(id, entry);
        return entry !== undefined;
      },
      clear,
      size: () => map.size,
      keys: () => [...map.values()].map(({ key }) => key),
      values: () => [...map.values()].map(({ value }) => value),
      entries,
      copy: () => new Map(entries()),
      pop(key: unknown, ...fallback: unknown[]) {
        const id = idOfLookup(key, family), entry = map.get(id);
        drop(fallback[0]); // when the answer has been sent
        if (entry !== undefined) {
          remove(id, entry);
          return entry.value;
        }
        if (fallback.length > 0) return fallback[0];
        throw new RangeError(`Cannot pop ${nameOf(key)}: the dict has no such key`);
      },
      setdefault(key: unknown, value: unknown) {
        const id = idOf(key, family), entry = map.get(id);
        if (entry === undefined) {
          add(id, key, value);
          return value;
        }
        drop(key);
        drop(value);
        return entry.value;
      },
      update,
      increment(key: unknown, by: number) {
        const before = map.get(idOf(key, family))?.value ?? 0;
        if (typeof before !== "number") {
          throw new TypeError(`Cannot increment ${nameOf(key)}: its value is not a number`);
        }
        set(key, before + by);
        return before + by;
      },
    },
    dispose: clear,
  };
}
