/** SetProxy. */

import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, type BaseProxy, ProxyFace } from "./base.ts";

/**
 * A set on a manager's server, like a Set. CPython 3.14: `multiprocessing.managers.SetProxy`.
 *
 * A proxy in it stays a reference; an object in it is a copy, and the same as another of equal content (its properties in the
 * same order). Each method is atomic. Iterating goes through the members of one moment. It lives as long as a DictProxy's dict.
 *
 * Every method but close() rejects with SerializationError when a value can't travel, with RemoteError when the server is gone,
 * with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const seen = await manager.set(["a", "b"]);
 * await seen.add("a");
 * console.log(await seen.size(), await seen.has("c")); // 2 false
 * ```
 */
export interface SetProxy<T = unknown> extends AsyncIterable<T>, BaseProxy {
  /** Adds a copy of the value, unless it is there. CPython: `set.add()`. */
  add(value: T): Promise<void>;
  /** Whether it is there. CPython: `value in s`. */
  has(value: T): Promise<boolean>;
  /** Removes it; resolves to whether it was there. CPython: `set.discard()`. */
  delete(value: T): Promise<boolean>;
  /** Removes all. CPython: `set.clear()`. */
  clear(): Promise<void>;
  /** Number of members. CPython: `len(s)`. */
  size(): Promise<number>;
  /** All of it, as it is at one moment, in the order in which they came. CPython: `set.copy()`. */
  copy(): Promise<Set<T>>;
}

export class SetEngine extends ReferentEngine {}

class SetOnServer<T> extends ProxyFace implements SetProxy<T> {
  add(value: T): Promise<void> {
    return ask(this, "add", (seal) => [seal(value)]) as Promise<void>;
  }
  has(value: T): Promise<boolean> {
    return ask(this, "has", (seal) => [seal(value)]) as Promise<boolean>;
  }
  delete(value: T): Promise<boolean> {
    return ask(this, "delete", (seal) => [seal(value)]) as Promise<boolean>;
  }
  clear(): Promise<void> {
    return ask(this, "clear") as Promise<void>;
  }
  size(): Promise<number> {
    return ask(this, "size") as Promise<number>;
  }
  copy(): Promise<Set<T>> {
    return ask(this, "copy") as Promise<Set<T>>;
  }
  async *[Symbol.asyncIterator](): AsyncIterableIterator<T> {
    yield* await this.copy();
  }
}

registerSharedClass("SetProxy", SetOnServer, SetEngine);
