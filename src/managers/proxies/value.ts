/** ValueProxy. */

import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, type BaseProxy, ProxyFace } from "./base.ts";

/**
 * A number of a type code on a manager's server. CPython: `multiprocessing.managers.ValueProxy` (which takes anything).
 *
 * Each method is atomic. It lives as long as a DictProxy's dict. A number of another type rejects with TypeError, one out of
 * the type's range with RangeError. Every method but close() rejects with RemoteError when the server is gone, with ClosedError
 * after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const count = await manager.Value("i", 40);
 * console.log(await count.add(2), await count.get()); // 40 42
 * ```
 */
export interface ValueProxy<V> extends BaseProxy {
  /** The number. CPython: `Value.get()`. */
  get(): Promise<V>;
  /** Stores a number. CPython: `Value.set()`. */
  set(value: V): Promise<void>;
  /** Adds (integers wrap around), also what is negative to an unsigned one; resolves to the old number. */
  add(n: V): Promise<V>;
  /** Stores `replacement` if the number is `expected`; resolves to the old number. */
  compareExchange(expected: V, replacement: V): Promise<V>;
}

export class ValueEngine extends ReferentEngine {}

class Value<V> extends ProxyFace implements ValueProxy<V> {
  get(): Promise<V> {
    return ask(this, "get") as Promise<V>;
  }
  set(value: V): Promise<void> {
    return ask(this, "set", () => [value]) as Promise<void>;
  }
  add(n: V): Promise<V> {
    return ask(this, "add", () => [n]) as Promise<V>;
  }
  compareExchange(expected: V, replacement: V): Promise<V> {
    return ask(this, "compareExchange", () => [expected, replacement]) as Promise<V>;
  }
}

registerSharedClass("ValueProxy", Value, ValueEngine);
