/** Proxies of objects of the program's own, and of what their methods iterate. */

import { registerSharedClass } from "../../wire/handles.ts";
import { ReferentEngine } from "../blocks.ts";
import { ask, ProxyFace } from "./base.ts";

/**
 * What the methods of `T` are on a proxy: they return promises, and those that are generators resolve to one that goes on there.
 * CPython: `multiprocessing.managers.AutoProxy`.
 *
 * Only methods are there: fields and getters stay on the server, and so do methods whose names begin with `_`, those that every
 * object has, `then` and `toJSON`. Disposing the proxy drops it here; the object goes with its last proxy.
 *
 * @example
 * ```ts
 * import type { Proxied } from "@manyproc/multiprocessing";
 *
 * class Counter {
 *   #n = 0;
 *   add(by: number): number {
 *     return this.#n += by;
 *   }
 * }
 * const addTwice = async (counter: Proxied<Counter>) => await counter.add(1) + await counter.add(1);
 * console.log(addTwice.length); // 1
 * ```
 */
export type Proxied<T> =
  & {
    readonly [
      // deno-lint-ignore no-explicit-any -- methods of any arguments
      K in keyof T as K extends symbol ? never : T[K] extends (...args: any[]) => any ? K : never
    ]: T[K] extends (...args: infer A) => infer R
      ? (...args: A) => Promise<R extends Generator<infer Y> ? AsyncGenerator<Y> : Awaited<R>>
      : never;
  }
  & Disposable;

export class CustomEngine extends ReferentEngine {}

/** What the program sees of it. Of a name that is no method there, too, there is a function: only the server knows. */
class Custom extends ProxyFace {
  readonly #methods = new Map<string, (...args: unknown[]) => Promise<unknown>>();

  constructor(engine: CustomEngine) {
    super(engine);
    const face = new Proxy(this, {
      get: (target, name) => {
        if (typeof name === "symbol" || name === "then" || name === "toJSON" || name in Object.prototype) {
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return target.#method(name);
      },
      set: () => false,
    });
    engine.face = face;
    return face;
  }

  #method(name: string): (...args: unknown[]) => Promise<unknown> {
    let method = this.#methods.get(name);
    if (method === undefined) {
      method = (...args) => ask(this, name, (seal) => args.map((arg, i) => seal(arg, `args[${i}]`)));
      this.#methods.set(name, method);
    }
    return method;
  }
}

export class IteratorEngine extends ReferentEngine {}

/** What a method of the program's own iterates, here. Its end, or return(), ends it there. */
class RemoteIterator extends ProxyFace implements AsyncGenerator<unknown> {
  async next(...args: unknown[]): Promise<IteratorResult<unknown>> {
    if (!ProxyFace.isOpen(this)) return { done: true, value: undefined };
    return await this.#step("next", args);
  }
  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    if (!ProxyFace.isOpen(this)) return { done: true, value: await value };
    return await this.#step("return", [await value]);
  }
  async throw(error?: unknown): Promise<IteratorResult<unknown>> {
    await this.return();
    throw error;
  }
  [Symbol.asyncIterator](): this {
    return this;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #step(method: string, args: readonly unknown[]): Promise<IteratorResult<unknown>> {
    let isOver = true;
    try {
      const result = await ask(this, method, (seal) => args.map((arg) => seal(arg))) as IteratorResult<unknown>;
      isOver = result.done === true;
      return result;
    } finally {
      if (isOver) this.close();
    }
  }
}

registerSharedClass("Proxied", Custom, CustomEngine);
registerSharedClass("RemoteIterator", RemoteIterator, IteratorEngine);
