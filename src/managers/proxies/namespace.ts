/** NamespaceProxy. */

import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, type BaseProxy, ProxyFace } from "./base.ts";

/**
 * Values by name on a manager's server. CPython: `multiprocessing.managers.NamespaceProxy`, whose attributes they are.
 *
 * A proxy stored in it stays a reference; a plain object stored in it is a copy. Each method is atomic. It lives as long as a
 * DictProxy's dict.
 *
 * Every method but close() rejects with SerializationError when a value can't travel, with RemoteError when the server is gone,
 * with ClosedError after close().
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const settings = await manager.Namespace({ depth: 3 });
 * await settings.set("word", "hello");
 * console.log(await settings.copy()); // { depth: 3, word: "hello" }
 * ```
 */
export interface NamespaceProxy extends BaseProxy {
  /** The value, or undefined. CPython: `ns.name`. */
  get<V = unknown>(name: string): Promise<V | undefined>;
  /** Stores a copy of the value. CPython: `ns.name = value`. */
  set(name: string, value: unknown): Promise<void>;
  /** Removes it; resolves to whether it was there. CPython: `del ns.name`. */
  delete(name: string): Promise<boolean>;
  /** All of it, as it is at one moment. CPython: `vars(ns)`. */
  copy(): Promise<Record<string, unknown>>;
}

export class NamespaceEngine extends ReferentEngine {}

class Namespace extends ProxyFace implements NamespaceProxy {
  get<V>(name: string): Promise<V | undefined> {
    return ask(this, "get", () => [String(name)]) as Promise<V | undefined>;
  }
  set(name: string, value: unknown): Promise<void> {
    return ask(this, "set", (seal) => [String(name), seal(value)]) as Promise<void>;
  }
  delete(name: string): Promise<boolean> {
    return ask(this, "delete", () => [String(name)]) as Promise<boolean>;
  }
  copy(): Promise<Record<string, unknown>> {
    return ask(this, "copy") as Promise<Record<string, unknown>>;
  }
}

registerSharedClass("NamespaceProxy", Namespace, NamespaceEngine);
