/** The shadow of an error: a copy of it that travels, with a text in place of whatever can't. */

import { isError, messageOf } from "../base/words.ts";
import { arrivalPrototype, inheritedFrom } from "./graph/errors.ts";
import { flatten } from "./graph/flatten.ts";
import { builtinNameOf } from "./realms.ts";
import type { Link } from "./registry.ts";

/** Nesting is followed no further. */
const MAX_DEPTH = 32;
/** Objects that are copied, at most. What travels as it is isn't copied. */
const MAX_COPIES = 10_000;

/**
 * A copy of an error with everything of it that travels; what doesn't is a text that says what was there. An object is in it
 * as it is if all that it leads to travels, else as a copy: so what was one object stays one, and cycles stay cycles.
 * Without `usesCodecs`, what it takes a codec or a shared object to rebuild doesn't count as travelling.
 */
export function shadowOf(error: Error, link: Link, usesCodecs: boolean): Error {
  return new Shadow(link, usesCodecs).copyError(error, 0);
}

class Shadow {
  readonly #link: Link;
  readonly #usesCodecs: boolean;
  /** The copies of objects that don't travel as they are: nor does, then, what leads to these. */
  readonly #copies = new Map<object, object>();
  /** Objects that travel as they are. */
  readonly #whole = new Set<object>();

  constructor(link: Link, usesCodecs: boolean) {
    this.#link = link;
    this.#usesCodecs = usesCodecs;
  }

  copyError(error: Error, depth: number): Error {
    const isDom = error instanceof DOMException, there = isDom ? error : arrivalOf(error);
    const copy: Error = isDom ? new DOMException(error.message, error.name) : Object.create(there);
    this.#copies.set(error, copy);
    const inherited = isDom ? [] : inheritedFrom(error, there, (key) => readOf(error, key));
    for (const [key, value] of inherited) define(copy, key, value, false);
    for (const key of Object.getOwnPropertyNames(error)) {
      const isShown = Object.prototype.propertyIsEnumerable.call(error, key);
      // Deno's copies of Node's errors have a method of that name.
      if (key !== "toString" || isShown) this.#copyProperty(copy, error, key, isShown, depth);
    }
    return copy;
  }

  #copy(value: unknown, depth: number): unknown {
    if (value === null || !["object", "function", "symbol"].includes(typeof value)) return value;
    const known = this.#whole.has(value as object) ? value : this.#copies.get(value as object);
    if (known !== undefined) return known;
    const reason = this.#whyNot(value);
    if (reason === undefined) {
      this.#whole.add(value as object);
      return value;
    }
    if (typeof value !== "object" || depth > MAX_DEPTH || this.#copies.size >= MAX_COPIES) return leftBehind(reason);
    try {
      return this.#copyObject(value, depth) ?? leftBehind(reason);
    } catch {
      return leftBehind(reason);
    }
  }

  /** Why a value doesn't travel as it is; undefined if it does. */
  #whyNot(value: unknown): string | undefined {
    try {
      const { isMade } = flatten(value, this.#link, "it", this.#copies);
      return isMade && !this.#usesCodecs ? "it takes a codec to rebuild it" : undefined;
    } catch (failure) {
      return messageOf(failure);
    }
  }

  /** Undefined for an object of a class that nothing is known of. */
  #copyObject(object: object, depth: number): object | undefined {
    if (isError(object)) return this.copyError(object, depth);
    const prototype: unknown = Object.getPrototypeOf(object);
    switch (prototype === null ? "Object" : builtinNameOf(object)) {
      case "Object":
        return this.#copyProperties(object, prototype === null ? Object.create(null) as object : {}, depth);
      case "Array":
        return this.#copyProperties(object, new Array<unknown>((object as unknown[]).length), depth);
      case "Map": {
        const copy = new Map<unknown, unknown>();
        this.#copies.set(object, copy);
        Map.prototype.forEach.call(object, (value, key) => {
          copy.set(this.#copy(key, depth + 1), this.#copy(value, depth + 1));
        });
        return copy;
      }
      case "Set": {
        const copy = new Set<unknown>();
        this.#copies.set(object, copy);
        Set.prototype.forEach.call(object, (value) => copy.add(this.#copy(value, depth + 1)));
        return copy;
      }
      default:
        return undefined;
    }
  }

  /** All properties of an object, or the elements of an array: of that, nothing else can be in a message. */
  #copyProperties(object: object, copy: object, depth: number): object {
    this.#copies.set(object, copy);
    for (const key of Reflect.ownKeys(object)) {
      if (typeof key === "symbol") {
        if (!Array.isArray(copy)) define(copy, String(key), leftBehind("its key is a symbol"), true);
      } else if (!Array.isArray(copy) || Number(key) < copy.length) this.#copyProperty(copy, object, key, true, depth);
    }
    return copy;
  }

  #copyProperty(copy: object, object: object, key: string, isShown: boolean, depth: number): void {
    define(copy, key, this.#copy(readOf(object, key), depth + 1), isShown);
  }
}

/** The prototype of the class that an error arrives as: Error if it can't be asked. */
function arrivalOf(error: Error): Error {
  try {
    return arrivalPrototype(error);
  } catch {
    return Error.prototype;
  }
}

/** The value of a property, or a text instead if its getter throws. */
function readOf(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch (failure) {
    return leftBehind(`its getter threw ${messageOf(failure)}`);
  }
}

function define(copy: object, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(copy, key, { value, enumerable, writable: true, configurable: true });
}

function leftBehind(reason: string): string {
  return `[left behind: ${reason}]`;
}
