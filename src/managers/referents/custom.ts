/** Objects of the program's own on a manager's server: which of their methods can be called, and what comes of a call. */

import { MisuseError } from "../../errors/base.ts";
import { type Call, LATER } from "../call.ts";
import { Kept } from "../kept.ts";
import { isExposable } from "../names.ts";
import type { CallMethods, Referent } from "./referent.ts";

/** Makes of what a method returned what is answered. */
export type Answer = (value: unknown, method: string) => unknown;

/** The methods of an object that can be called: those of that name, by default all but those that begin with `_`. */
export function customReferent(object: object, exposed: readonly string[] | undefined, answer: Answer): Referent {
  const callMethods: Record<string, CallMethods[string]> = {};
  for (const name of exposed ?? publicMethods(object)) {
    const method = (object as Record<string, unknown>)[name];
    if (!isExposable(name) || typeof method !== "function") {
      throw new MisuseError(
        `Cannot expose ${name} of the object: it has no such method that can be called from elsewhere`,
      );
    }
    callMethods[name] = (call, ...args) =>
      later(call, Reflect.apply(method, object, openAll(args)), (value) => answer(value, name));
  }
  return { callMethods };
}

/** Arguments as the program's code takes them. */
export function openAll(args: readonly unknown[]): unknown[] {
  return args.map((arg) => arg instanceof Kept ? arg.open() : arg);
}

/** Answers a call when `value` is there, if it is a promise. */
export function later(call: Call, value: unknown, answer: (value: unknown) => unknown): unknown {
  if (!isPromise(value)) return answer(value);
  value.then(answer).then((value) => call.reply(value), (error: unknown) => call.fail(error));
  return LATER;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (Object(value) as { then?: unknown }).then === "function";
}

/** Names of the methods that an object or its class has, by getter or not; those of the built-in classes too. */
function publicMethods(object: object): string[] {
  const names = new Set<string>();
  for (let at: object | null = object; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === "function" && isExposable(name) && !name.startsWith("_")) names.add(name);
    }
  }
  return [...names];
}

/** The iterator of something that is iterated while it is made; undefined for anything else. */
export function iteratorOf(value: unknown): AsyncIterator<unknown> | Iterator<unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { next, [Symbol.asyncIterator]: asyncIterator, [Symbol.iterator]: iterator } = value as Partial<
    AsyncIterableIterator<unknown> & Iterable<unknown>
  >;
  if (typeof asyncIterator === "function") return asyncIterator.call(value);
  // An array or a Map travels as it is.
  return typeof iterator === "function" && typeof next === "function"
    ? value as unknown as Iterator<unknown>
    : undefined;
}

/** An iterator that proxies go on with. Its last proxy ends it. */
export function iteratorReferent(iterator: AsyncIterator<unknown> | Iterator<unknown>): Referent {
  let isOver = false;
  const step = (call: Call, value: unknown): unknown =>
    later(call, value, (result) => {
      isOver ||= (result as IteratorResult<unknown>).done === true;
      return { ...result as IteratorResult<unknown> };
    });
  return {
    callMethods: {
      next: (call: Call, ...args: []) => step(call, iterator.next(...openAll(args) as [])),
      return: (call: Call, ...args: unknown[]) =>
        step(call, iterator.return?.(...openAll(args)) ?? { done: true, value: openAll(args)[0] }),
    },
    dispose() {
      if (isOver) return;
      try {
        const ending: unknown = iterator.return?.();
        if (isPromise(ending)) ending.catch(() => {}); // nobody is there to hear of it
      } catch {
        // The same of an iterator that isn't asynchronous.
      }
    },
  };
}
