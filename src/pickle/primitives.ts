/** Integers of any size and text, as pickles have them. */

import { TextDecoder } from "../base/originals.ts";

/** From so many bytes on, an integer is none that a number could be. */
const NUMBER_BYTES = 7;

/** An integer in two's complement, least byte first: a number where that is exact. */
export function integerOf(bytes: Uint8Array): number | bigint {
  const { length } = bytes;
  if (length === 0) return 0;
  const isNegative = (bytes[length - 1] as number) >= 0x80;
  if (length < NUMBER_BYTES) {
    let value = 0;
    for (let index = length - 1; index >= 0; index--) value = value * 256 + (bytes[index] as number);
    return isNegative ? value - 256 ** length : value;
  }
  const words = new Uint8Array(Math.ceil(length / 8) * 8).fill(isNegative ? 0xff : 0);
  words.set(bytes);
  const view = new DataView(words.buffer);
  let digits = "";
  for (let at = words.length - 8; at >= 0; at -= 8) {
    digits += view.getBigUint64(at, true).toString(16).padStart(16, "0");
  }
  const value = BigInt.asIntN(8 * words.length, BigInt(`0x${digits}`));
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Two's complement, least byte first, in as few bytes as can be. */
export function bytesOf(value: bigint): Uint8Array {
  if (value === 0n) return new Uint8Array(0);
  // As many digits as its magnitude has, and one bit for the sign.
  const digits = (value < 0n ? ~value : value).toString(16);
  const bits = digits.length * 4 - Math.clz32(parseInt(digits[0] as string, 16)) + 28 + 1;
  const length = Math.ceil(bits / 8);
  const hex = BigInt.asUintN(8 * length, value).toString(16).padStart(2 * length, "0");
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index++) {
    const at = hex.length - 2 * (index + 1);
    bytes[index] = parseInt(hex.slice(at, at + 2), 16);
  }
  return bytes;
}

/** Up to so many characters it is quicker not to ask an encoder or a decoder. */
export const SHORT_TEXT = 24;

function asciiOf(bytes: Uint8Array): string | undefined {
  let text = "";
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index] as number;
    if (byte > 0x7f) return undefined;
    text += String.fromCharCode(byte);
  }
  return text;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** UTF-8, in which Python writes lone surrogates as if they were characters; undefined when it is neither. */
export function textOf(bytes: Uint8Array): string | undefined {
  const short = bytes.length <= SHORT_TEXT ? asciiOf(bytes) : undefined;
  if (short !== undefined) return short;
  try {
    return utf8.decode(bytes);
  } catch {
    return surrogatesOf(bytes);
  }
}

/** As textOf, where at least one surrogate stands for itself: between these (ED A0 80 to ED BF BF), it is UTF-8. */
function surrogatesOf(bytes: Uint8Array): string | undefined {
  let text = "", start = 0;
  try {
    for (let at = bytes.indexOf(0xed); at >= 0; at = bytes.indexOf(0xed, at + 1)) {
      const second = bytes[at + 1] ?? 0, third = bytes[at + 2] ?? 0;
      if (second < 0xa0 || second > 0xbf || third < 0x80 || third > 0xbf) continue;
      text += utf8.decode(bytes.subarray(start, at)) +
        String.fromCharCode(0xd000 | ((second & 0x3f) << 6) | (third & 0x3f));
      start = at + 3;
    }
    return text + utf8.decode(bytes.subarray(start));
  } catch {
    return undefined;
  }
}

/** The bytes of textOf. */
export function bytesOfText(text: string, encode: (text: string) => Uint8Array): Uint8Array {
  if (text.isWellFormed()) return encode(text);
  const parts: number[] = [];
  for (const character of text) {
    const unit = character.charCodeAt(0);
    if (character.length === 1 && unit >= 0xd800 && unit <= 0xdfff) {
      parts.push(0xed, 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
    } else {
      parts.push(...encode(character));
    }
  }
  return new Uint8Array(parts);
}
