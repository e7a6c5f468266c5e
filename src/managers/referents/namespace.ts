/** The names and values behind a NamespaceProxy. */

import { drop } from "../kept.ts";
import type { Host, Referent } from "./referent.ts";

/** A new namespace. */
export function namespaceReferent(_host: Host, init: Iterable<readonly [string, unknown]>): Referent {
  const map = new Map<string, unknown>(init);
  return {
    methods: {
      get: (name: string) => map.get(name),
      set(name: string, value: unknown): void {
        drop(map.get(name));
        map.set(name, value);
      },
      delete(name: string) {
        drop(map.get(name));
        return map.delete(name);
      },
      copy() {
        const copy: Record<string, unknown> = {};
        for (const [name, value] of map) {
          Object.defineProperty(copy, name, { value, writable: true, enumerable: true, configurable: true });
        }
        return copy;
      },
    },
    dispose() {
      for (const value of map.values()) drop(value);
    },
  };
}
