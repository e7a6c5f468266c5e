/** The walk that comes first: whether a value can be packed as it is, which nearly all values can. */

import { hasExtraElements } from "./own_properties.ts";
import { shareable } from "./registry.ts";
import { isPlainText } from "./strings.ts";

/** Deeper values go the other way, which doesn't recurse. */
const MAX_DEPTH = 100;
/** Longer byte arrays too, since there they are copied only once. */
const MAX_BYTES = 1 << 10;
/** Up to this number of objects a search is quicker than a Set. */
const MAX_SEARCHED = 12;
/** Keys of an object that are remembered: of wider ones the others are looked at each time. */
const MAX_KNOWN = 64;

/**
 * Whether msgpackr carries a value, and brings it back, exactly: no object in it twice; nothing but null, undefined,
 * booleans, numbers except -0, bigints, well-formed strings, plain objects, arrays without holes and short Uint8Arrays.
 * False says nothing about whether the value can travel.
 */
export function isPlain(value: unknown): boolean {
  return typeof value === "object" && value !== null ? new Walk().isPlainObject(value, 0) : isPlainPrimitive(value);
}

/** Of everything but objects. */
function isPlainPrimitive(value: unknown): boolean {
  switch (typeof value) {
    case "string":
      return isPlainText(value);
    case "number":
      return value !== 0 || 1 / value > 0;
    case "function":
    case "symbol":
      return false;
    default:
      return true;
  }
}

/** One walk. Its methods are long, since a call for each property is what a walk of many records would spend its time on. */
class Walk {
  /** The objects met so far, as long as they are few. An object that is met twice, or leads back to itself, isn't plain. */
  readonly #few: object[] = [];
  #many: Set<object> | undefined;
  /** At each depth, the keys that were good there last: the records of a list have the same. */
  readonly #known: string[][] = [];

  /** False if the object was met before. */
  #meet(object: object): boolean {
    const many = this.#many;
    if (many !== undefined) {
      const { size } = many;
      return many.add(object).size > size;
    }
    const few = this.#few;
    for (let i = 0; i < few.length; i++) if (few[i] === object) return false;
    if (few.push(object) > MAX_SEARCHED) this.#many = new Set(few);
    return true;
  }

  isPlainObject(object: object, depth: number): boolean {
    if (depth > MAX_DEPTH || !this.#meet(object)) return false;
    const prototype: unknown = Object.getPrototypeOf(object);
    if (prototype === Object.prototype) return this.#hasPlainProperties(object, depth);
    if (prototype === Array.prototype) return Array.isArray(object) && this.#hasPlainElements(object, depth);
    return prototype === Uint8Array.prototype && this.#isPlainBytes(object as Uint8Array);
  }

  #hasPlainProperties(object: object, depth: number): boolean {
    const keys = Object.getOwnPropertyNames(object), known = this.#known[depth] ??= [];
    if (Object.getOwnPropertySymbols(object).length > 0) return false;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] as string, descriptor = Object.getOwnPropertyDescriptor(object, key);
      // A Proxy may name what it doesn't have. An accessor has no value, and whether it is one is asked only then.
      if (descriptor === undefined || descriptor.enumerable !== true) return false;
      const value: unknown = descriptor.value;
      if (value === undefined && (descriptor.get !== undefined || descriptor.set !== undefined)) return false;
      if (known[i] !== key) {
        if (key === "__proto__" || !isPlainText(key)) return false;
        if (i < MAX_KNOWN) known[i] = key;
      }
      if (typeof value === "object" && value !== null) {
        if (!this.isPlainObject(value, depth + 1)) return false;
      } else if (!isPlainPrimitive(value)) return false;
    }
    return true;
  }

  #hasPlainElements(array: readonly unknown[], depth: number): boolean {
    for (let i = 0; i < array.length; i++) {
      const value = array[i];
      if (typeof value === "object" && value !== null) {
        if (!this.isPlainObject(value, depth + 1)) return false;
      } else if (!isPlainPrimitive(value) || (value === undefined && !(i in array))) return false;
    }
    return !hasExtraElements(array);
  }

  /** Whether a byte array is all that matters of its buffer. */
  #isPlainBytes(bytes: Uint8Array): boolean {
    const { buffer } = bytes;
    return bytes.length > 0 && bytes.length <= MAX_BYTES && buffer instanceof ArrayBuffer && !buffer.resizable &&
      !Object.hasOwn(bytes, shareable) && this.#meet(buffer) && !hasExtraElements(bytes);
  }
}
