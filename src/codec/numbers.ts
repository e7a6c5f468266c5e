/**
 * Long arrays of numbers, as the bytes of a typed array: several times quicker than one number after the other.
 *
 * ```
 * byte 0, 1     the codec's version and form
 *      2        INT32 or DOUBLE      3  0
 *      4…7      number of elements
 *      8…       the elements                        all little-endian
 * ```
 */

import { isLittleEndian } from "./format.ts";
import { hasExtraElements } from "./own_properties.ts";
import { builtinNameOf } from "./realms.ts";

const INT32 = 0, DOUBLE = 1;
const HEADER = 8;
/** Shorter arrays are as quick, and shorter, as MessagePack. */
const LEAST = 64;
/** Longer ones are too long for a message, or nearly. */
const MOST = 1 << 27;
/** An array that is made longer than this at once is slow. */
const LARGE = 1 << 24;

/** An array of nothing but numbers as a message, its first two bytes still free; undefined for all else. */
export function packNumbers(value: unknown): Uint8Array | undefined {
  if (!isLittleEndian || !Array.isArray(value)) return undefined;
  if (Object.getPrototypeOf(value) !== Array.prototype && builtinNameOf(value) !== "Array") return undefined;
  const { length } = value as unknown[];
  if (length <= LEAST || length > MOST || typeof value[length - 1] !== "number") return undefined;
  const bytes = packIntegers(value) ?? packDoubles(value);
  return bytes === undefined || value.length !== length || hasExtraElements(value) ? undefined : bytes;
}

function packIntegers(array: readonly unknown[]): Uint8Array | undefined {
  const { length } = array, words = new Int32Array(HEADER / 4 + length);
  for (let i = 0; i < length; i++) {
    const element = array[i];
    if (typeof element !== "number" || (element | 0) !== element || (element === 0 && 1 / element < 0)) {
      return undefined;
    }
    words[HEADER / 4 + i] = element;
  }
  return withHeader(words, INT32, length);
}

function packDoubles(array: readonly unknown[]): Uint8Array | undefined {
  const { length } = array, doubles = new Float64Array(HEADER / 8 + length);
  for (let i = 0; i < length; i++) {
    const element = array[i];
    if (typeof element !== "number") return undefined;
    // Of the many NaNs one, so that the bytes are the same everywhere.
    doubles[HEADER / 8 + i] = element === element ? element : NaN;
  }
  return withHeader(doubles, DOUBLE, length);
}

function withHeader({ buffer }: Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>, type: number, length: number) {
  const bytes = new Uint8Array(buffer);
  bytes[2] = type;
  new DataView(buffer).setUint32(4, length, true);
  return bytes;
}

/** The array that packNumbers() made these bytes of. */
export function unpackNumbers(bytes: Uint8Array): number[] {
  const { length: end } = bytes, view = new DataView(bytes.buffer, bytes.byteOffset, end);
  const type = view.getUint8(2), length = view.getUint32(4, true), size = type === DOUBLE ? 8 : 4;
  if (type > DOUBLE || HEADER + length * size !== end) throw new RangeError("its array of numbers is malformed");
  const array: number[] = length > LARGE ? [] : new Array<number>(length);
  if (!isLittleEndian) {
    for (let i = 0; i < length; i++) {
      array[i] = type === DOUBLE ? view.getFloat64(HEADER + i * 8, true) : view.getInt32(HEADER + i * 4, true);
    }
    return array;
  }
  // In a block of its own it lies at a multiple of 8; elsewhere a copy does.
  const { buffer, byteOffset } = (bytes.byteOffset + HEADER) % size === 0
    ? bytes.subarray(HEADER)
    : new Uint8Array(bytes.subarray(HEADER));
  const elements = type === DOUBLE
    ? new Float64Array(buffer, byteOffset, length)
    : new Int32Array(buffer, byteOffset, length);
  return type === DOUBLE ? fillDoubles(array, elements) : fillIntegers(array, elements);
}

// Two loops, so that each meets one type only.

function fillDoubles(array: number[], elements: ArrayLike<number>): number[] {
  for (let i = 0; i < elements.length; i++) array[i] = elements[i] as number;
  return array;
}

function fillIntegers(array: number[], elements: ArrayLike<number>): number[] {
  for (let i = 0; i < elements.length; i++) array[i] = elements[i] as number;
  return array;
}
