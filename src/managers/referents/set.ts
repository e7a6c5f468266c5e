/** The Set behind a SetProxy. */

import { drop } from "../kept.ts";
import { idOf, idOfLookup } from "./content.ts";
import type { Host, Referent } from "./referent.ts";

/** A new set. A member that is an object is the same as another of equal content. */
export function setReferent({ family }: Host, init: Iterable<unknown>): Referent {
  const map = new Map<unknown, unknown>();
  const add = (value: unknown): void => {
    const id = idOf(value, family);
    if (map.has(id)) drop(value);
    else map.set(id, value === 0 ? 0 : value); // -0 becomes 0, as in any Set
  };
  const clear = (): void => {
    for (const value of map.values()) drop(value);
    map.clear();
  };
  for (const value of init) add(value);
  return {
    methods: {
      add,
      has: (value: unknown) => map.has(idOfLookup(value, family)),
      delete(value: unknown) {
        const id = idOfLookup(value, family), isThere = map.has(id);
        drop(map.get(id));
        map.delete(id);
        return isThere;
      },
      clear,
      size: () => map.size,
      copy: () => new Set(map.values()),
    },
    dispose: clear,
  };
}
