/** The objects that a manager's server holds, with the methods that proxies may call. */

/** Methods by name. Each runs in one turn of the server's event loop, so it is atomic. */
export type Referent = Readonly<Record<string, (...args: never[]) => unknown>>;

/** A Map behind a DictProxy; a key that is an object is the same key as another of equal content. */
export function dictReferent(init: Iterable<readonly [unknown, unknown]>): Referent {
  const map = new Map<unknown, unknown>(init);
  return {
    get: (key: unknown) => map.get(key),
    set: (key: unknown, value: unknown) => void map.set(key, value),
    has: (key: unknown) => map.has(key),
    delete: (key: unknown) => map.delete(key),
    clear: () => map.clear(),
    size: () => map.size,
    keys: () => [...map.keys()],
    values: () => [...map.values()],
    entries: () => [...map.entries()],
    copy: () => new Map(map),
    pop(key: unknown, ...fallback: unknown[]) {
      if (map.has(key)) {
        const value = map.get(key);
        map.delete(key);
        return value;
      }
      if (fallback.length > 0) return fallback[0];
      throw new RangeError(`Cannot pop ${describe(key)}: the dict has no such key`);
    },
    setdefault(key: unknown, value: unknown) {
      if (!map.has(key)) map.set(key, value);
      return map.get(key);
    },
    update(entries: Iterable<readonly [unknown, unknown]>) {
      for (const [key, value] of entries) map.set(key, value);
    },
    increment(key: unknown, by: number) {
      const before = map.get(key) ?? 0;
      if (typeof before !== "number") {
        throw new TypeError(`Cannot increment ${describe(key)}: its value is not a number`);
      }
      map.set(key, before + by);
      return before + by;
    },
  };
}

function describe(key: unknown): string {
  return typeof key === "string" ? JSON.stringify(key) : String(key);
}
