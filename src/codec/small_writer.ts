/** Small plain values as MessagePack, checked and written in one walk: the way of nearly every message. */

import { isLittleEndian } from "./format.ts";
import { hasExtraElements, isOrdinary } from "./own_properties.ts";

/** Deeper, longer or wider values go the other way. */
const MAX_DEPTH = 8;
const MAX_TEXT = 64;
const MAX_FIELDS = 15;
const MAX_ELEMENTS = 64;
const MAX_OBJECTS = 12;

let out: Uint8Array = new Uint8Array(0);
let at = 0;
let end = 0;
let isBare = false;
/** The value being written: code of the user's (a getter, a Proxy) may write another one meanwhile. */
let writing = 0;

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);
/** Which byte of a double comes first there: a constant of this module's own, since V8 loads another module's each time. */
const lowestFirst = isLittleEndian;

/** The objects met so far: one that is met twice, or leads back to itself, isn't plain. */
const met: object[] = [];
let metCount = 0;

/**
 * Writes a value at `into[start]`, if it is small and msgpackr would carry it exactly (see isPlain in plain.ts). Returns where
 * it ends; -1 when it has to go the other way, which says nothing about whether it can travel. `bare`: the value is an array
 * of which nothing but the elements counts.
 */
export function writeSmall(value: unknown, into: Uint8Array, start: number, bare = false): number {
  const own = ++writing;
  out = into;
  at = start;
  end = into.length;
  isBare = bare;
  metCount = 0;
  const isDone = writeValue(value, 0) && at <= end && own === writing;
  for (let i = 0; i < metCount; i++) met[i] = into; // keeps nobody's object alive
  return isDone ? at : -1;
}

// Writing behind the end of an array has no effect: it is enough to look once in a while.

function writeValue(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "string":
      return writeText(value);
    case "number":
      writeNumber(value);
      return value !== 0 || 1 / value > 0;
    case "boolean":
      out[at++] = value ? 0xc3 : 0xc2;
      return true;
    case "object":
      if (value !== null) return at <= end && depth < MAX_DEPTH && writeObject(value, depth + 1);
      out[at++] = 0xc0;
      return true;
    default:
      return false;
  }
}

function writeNumber(value: number): void {
  if ((value | 0) !== value) {
    double[0] = value;
    out[at] = 0xcb;
    for (let i = 0; i < 8; i++) out[at + 1 + i] = doubleBytes[lowestFirst ? 7 - i : i] as number;
    at += 9;
  } else if (value >= -32 && value < 128) out[at++] = value;
  else if (value >= -32768 && value < 32768) {
    out[at] = 0xd1;
    out[at + 1] = value >> 8;
    out[at + 2] = value;
    at += 3;
  } else {
    out[at] = 0xd2;
    out[at + 1] = value >> 24;
    out[at + 2] = value >> 16;
    out[at + 3] = value >> 8;
    out[at + 4] = value;
    at += 5;
  }
}

function writeText(text: string): boolean {
  const length = text.length;
  if (length > MAX_TEXT) return false;
  if (length < 32) out[at++] = 0xa0 | length;
  else {
    out[at] = 0xd9;
    out[at + 1] = length;
    at += 2;
  }
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return false;
    out[at + i] = code;
  }
  at += length;
  return true;
}

function writeObject(object: object, depth: number): boolean {
  for (let i = 0; i < metCount; i++) if (met[i] === object) return false;
  if (metCount === MAX_OBJECTS) return false;
  met[metCount++] = object;
  const prototype: unknown = Object.getPrototypeOf(object);
  if (prototype === Object.prototype) return writeFields(object, depth);
  return prototype === Array.prototype && Array.isArray(object) && writeElements(object, depth);
}

function writeFields(object: object, depth: number): boolean {
  const names = Object.getOwnPropertyNames(object), count = names.length;
  if (count > MAX_FIELDS || Object.getOwnPropertySymbols(object).length > 0) return false;
  out[at++] = 0x80 | count;
  for (let i = 0; i < count; i++) {
    const name = names[i] as string, descriptor = Object.getOwnPropertyDescriptor(object, name);
    if (!isOrdinary(descriptor)) return false;
    if (name === "__proto__" || !writeText(name) || !writeValue(descriptor.value, depth)) return false;
  }
  return true;
}

function writeElements(array: readonly unknown[], depth: number): boolean {
  const count = array.length;
  if (count > MAX_ELEMENTS) return false;
  if (count < 16) out[at++] = 0x90 | count;
  else {
    out[at] = 0xdc;
    out[at + 1] = count >> 8;
    out[at + 2] = count;
    at += 3;
  }
  for (let i = 0; i < count; i++) {
    const value = array[i];
    if (value === undefined || !writeValue(value, depth)) return false;
  }
  return isBare && depth === 1 || !hasExtraElements(array);
}
