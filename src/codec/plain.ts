/** The walk that comes first: whether a value can be packed as it is, which nearly all values can. */

import { hasExtraElements, isOrdinary } from "./own_properties.ts";
import { shareable } from "./registry.ts";
import { isPlainText } from "./strings.ts";

/** Deeper values go the other way, which doesn't recurse. */
const MAX_DEPTH = 100;
/** Longer byte arrays too, since there they are copied only once. */
const MAX_BYTES = 1 << 10;
/** Up to this number of objects a search is quicker than a Set. */
const MAX_SEARCHED = 12;

/** The objects met so far. An object that is met twice, or leads back to itself, isn't plain. */
class Met {
  private readonly first: object[] = [];
  private rest: Set<object> | undefined;

  /** False if the object was met before. */
  add(object: object): boolean {
    const { first } = this;
    for (let i = 0; i < first.length; i++) if (first[i] === object) return false;
    if (first.length < MAX_SEARCHED) {
      first.push(object);
      return true;
    }
    this.rest ??= new Set();
    const { size } = this.rest;
    return this.rest.add(object).size > size;
  }
}

/**
 * Whether msgpackr carries a value, and brings it back, exactly: no object in it twice; nothing but null, undefined,
 * booleans, numbers except -0, bigints, well-formed strings, plain objects, arrays without holes and short Uint8Arrays.
 * False says nothing about whether the value can travel.
 */
export function isPlain(value: unknown): boolean {
  return isPlainPrimitive(value) ?? isPlainObject(value as object, 0, new Met());
}

/** Undefined for objects. */
function isPlainPrimitive(value: unknown): boolean | undefined {
  switch (typeof value) {
    case "string":
      return isPlainText(value);
    case "number":
      return value !== 0 || !Object.is(value, -0);
    case "object":
      return value === null ? true : undefined;
    case "function":
    case "symbol":
      return false;
    default:
      return true;
  }
}

function isPlainObject(object: object, depth: number, met: Met): boolean {
  if (depth > MAX_DEPTH || !met.add(object)) return false;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype) return hasPlainProperties(object, depth, met);
  if (prototype === Array.prototype) return Array.isArray(object) && hasPlainElements(object, depth, met);
  return prototype === Uint8Array.prototype && isPlainBytes(object as Uint8Array, met);
}

function hasPlainProperties(object: object, depth: number, met: Met): boolean {
  if (Object.getOwnPropertySymbols(object).length > 0) return false;
  for (const key of Object.getOwnPropertyNames(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    if (!isOrdinary(descriptor)) return false;
    if (key === "__proto__" || !isPlainText(key)) return false;
    const { value } = descriptor;
    if (!(isPlainPrimitive(value) ?? isPlainObject(value, depth + 1, met))) return false;
  }
  return true;
}

function hasPlainElements(array: readonly unknown[], depth: number, met: Met): boolean {
  for (let i = 0; i < array.length; i++) {
    const value = array[i];
    if (value === undefined && !(i in array)) return false;
    if (!(isPlainPrimitive(value) ?? isPlainObject(value as object, depth + 1, met))) return false;
  }
  return !hasExtraElements(array);
}

/** Whether a byte array is all that matters of its buffer. */
function isPlainBytes(bytes: Uint8Array, met: Met): boolean {
  const { buffer } = bytes;
  return bytes.length > 0 && bytes.length <= MAX_BYTES && buffer instanceof ArrayBuffer && !buffer.resizable &&
    !Object.hasOwn(bytes, shareable) && met.add(buffer) && !hasExtraElements(bytes);
}
