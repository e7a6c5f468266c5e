/** What a function must be to be a target, and how two of one name are told apart. */

import { describe } from "../base/words.ts";
import { MisuseError, TargetError } from "../errors/base.ts";

// deno-lint-ignore no-explicit-any -- the public contract: a target may take and return anything
export type AnyFunction = (...args: any[]) => unknown;

/** Throws for what is no plain function, or an async one. */
export function refuseUnfit(fn: unknown, doing: string): void {
  if (typeof fn !== "function") throw new MisuseError(`Cannot ${doing}: ${describe(fn)} is not a function`);
  // No regular expressions: every child comes here, and the first ones of a process are slow to make.
  if (Object.prototype.toString.call(fn).includes("Generator")) {
    throw new TargetError(
      `Cannot ${doing}: ${fn.name || "it"} is a generator; return an array, or put items on a Queue`,
    );
  }
  if (isClass(fn)) {
    throw new TargetError(`Cannot ${doing}: ${fn.name || "it"} is a class; pass a function that uses it`);
  }
}

/** Whether it can only be called with `new`. A method may be called "classify", but has no prototype. */
export function isClass(fn: object): boolean {
  return Function.prototype.toString.call(fn).startsWith("class") && Object.hasOwn(fn, "prototype");
}

/** A function's source, condensed: never run, only compared. */
export function digest(fn: object): string {
  const text = Function.prototype.toString.call(fn);
  let a = 0x811c9dc5, b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return `${text.length}.${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}
