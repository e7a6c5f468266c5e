/** Type codes of Value and Array: their typed arrays, ranges and checks. */

import { JSON } from "../base/originals.ts";
import { MisuseError } from "../errors/base.ts";

/**
 * What an element is, in a letter. `b` `B` `h` `H` `i` `I` `l` `L`: integers; `q` `Q`: bigint; `f` `d`: floats; `c`: bytes.
 * CPython: the codes of `array` and `ctypes` (there `l` and `L` may have 64 bits; here they have 32).
 */
export type TypeCode = "b" | "B" | "h" | "H" | "i" | "I" | "l" | "L" | "q" | "Q" | "f" | "d" | "c";

/** The typed array of each code. */
export interface TypedArrays {
  /** Signed, 1 byte. */
  b: Int8Array;
  /** Unsigned, 1 byte. */
  B: Uint8Array;
  /** Signed, 2 bytes. */
  h: Int16Array;
  /** Unsigned, 2 bytes. */
  H: Uint16Array;
  /** Signed, 4 bytes. */
  i: Int32Array;
  /** Unsigned, 4 bytes. */
  I: Uint32Array;
  /** As `i`. */
  l: Int32Array;
  /** As `I`. */
  L: Uint32Array;
  /** Signed, 8 bytes: bigint. */
  q: BigInt64Array;
  /** Unsigned, 8 bytes: bigint. */
  Q: BigUint64Array;
  /** Float, 4 bytes. */
  f: Float32Array;
  /** Float, 8 bytes. */
  d: Float64Array;
  /** A character's byte, 0 to 255. */
  c: Uint8Array;
}

/** What an element of that code is: number, or bigint for `q` and `Q`. */
export type ElementOf<C extends TypeCode> = TypedArrays[C][number];

/** Any typed array of a code. */
export type AnyTypedArray = TypedArrays[TypeCode];

interface Code {
  readonly type: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => AnyTypedArray;
  readonly bytes: number;
  /** Least and greatest value; undefined for floats. */
  readonly range?: readonly [number | bigint, number | bigint];
}

const codes: { readonly [C in TypeCode]: Code } = {
  b: { type: Int8Array, bytes: 1, range: [-0x80, 0x7f] },
  B: { type: Uint8Array, bytes: 1, range: [0, 0xff] },
  h: { type: Int16Array, bytes: 2, range: [-0x8000, 0x7fff] },
  H: { type: Uint16Array, bytes: 2, range: [0, 0xffff] },
  i: { type: Int32Array, bytes: 4, range: [-0x8000_0000, 0x7fff_ffff] },
  I: { type: Uint32Array, bytes: 4, range: [0, 0xffff_ffff] },
  l: { type: Int32Array, bytes: 4, range: [-0x8000_0000, 0x7fff_ffff] },
  L: { type: Uint32Array, bytes: 4, range: [0, 0xffff_ffff] },
  q: { type: BigInt64Array, bytes: 8, range: [-(2n ** 63n), 2n ** 63n - 1n] },
  Q: { type: BigUint64Array, bytes: 8, range: [0n, 2n ** 64n - 1n] },
  f: { type: Float32Array, bytes: 4 },
  d: { type: Float64Array, bytes: 8 },
  c: { type: Uint8Array, bytes: 1, range: [0, 0xff] },
};

const letters = Object.keys(codes) as TypeCode[];

/** The code's properties; MisuseError for what is none. */
export function codeOf(code: unknown, what: string): Code {
  if (typeof code === "string" && Object.hasOwn(codes, code)) return codes[code as TypeCode];
  throw new MisuseError(`Cannot create ${what}: type code ${JSON.stringify(code)} is none of ${letters.join(" ")}`);
}

/** A code as a number for shared memory, and back. */
export function codeNumber(code: TypeCode): number {
  return letters.indexOf(code);
}

export function codeFromNumber(number: number): TypeCode {
  return letters[number] as TypeCode;
}

/** Throws unless `value` is an element of that code: TypeError for another type, RangeError out of range. */
export function checkElement(code: TypeCode, value: unknown): void {
  checkIn(code, value, codes[code].range);
}

function checkIn(code: TypeCode, value: unknown, range: Code["range"]): void {
  const wanted = code === "q" || code === "Q" ? "bigint" : "number";
  const given: string = typeof value;
  if (given !== wanted) throw new TypeError(`Type code "${code}" takes a ${wanted}, not ${shown(value)}`);
  if (range === undefined) return;
  if (wanted === "number" && !Number.isInteger(value)) {
    throw new RangeError(`Type code "${code}" takes integers, not ${shown(value)}`);
  }
  const [least, greatest] = range;
  if ((value as number) < least || (value as number) > greatest) {
    throw new RangeError(`${shown(value)} is out of range for type code "${code}": ${least} to ${greatest}`);
  }
}

/** As checkElement, for what is added: an unsigned number, too, counts down by as much as it counts up. */
export function checkAddend(code: TypeCode, n: unknown): void {
  const { range } = codes[code];
  if (range !== undefined && range[0] >= 0 && (n as number) < 0) checkIn(code, n, [-range[1], range[1]]);
  else checkIn(code, n, range);
}

function shown(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : typeof value === "string" ? JSON.stringify(value) : String(value);
}
