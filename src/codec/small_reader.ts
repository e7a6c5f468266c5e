/** Reads small plain values from MessagePack: the way back of nearly every message. */

import { isLittleEndian, PLAIN, PLAIN_HEADER, VERSION } from "./format.ts";

/** In place of a value that this file doesn't read: msgpackr does, or says what is wrong with it. */
export const unread: unique symbol = Symbol("unread");

/** Deeper or longer values are msgpackr's. */
const MAX_DEPTH = 8;
const MAX_TEXT = 64;

let bytes: Uint8Array = new Uint8Array(0);
let at = 0;
let end = 0;

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);
/** Which byte of a double comes first there: a constant of this module's own, since V8 loads another module's each time. */
const lowestFirst = isLittleEndian;

/** Texts that were read lately, by a few of their bytes: keys come again and again, and making a string is slow. */
const TEXTS = 512;
const texts: string[] = new Array<string>(TEXTS).fill("");

/** As decode, for the bytes from `start` to `stop`, of messages that are small and plain; else `unread`. */
export function decodeSmall(from: Uint8Array, start: number, stop: number): unknown {
  return from[start] === VERSION && from[start + 1] === PLAIN ? readSmall(from, start + PLAIN_HEADER, stop) : unread;
}

/** The value in `from` from `start` to `stop`; `unread` when it is not a small plain one, or malformed. */
export function readSmall(from: Uint8Array, start: number, stop: number): unknown {
  bytes = from;
  at = start;
  end = stop;
  const value = readValue(0);
  return at === stop ? value : unread;
}

function fail(): typeof unread {
  at = -1;
  return unread;
}

// A byte behind the end of the message reads as whatever is there: `at` is beyond `end` then, which readSmall sees.

function readValue(depth: number): unknown {
  const tag = bytes[at++] as number;
  if (tag < 0x80) return tag;
  if (tag >= 0xe0) return tag - 256;
  if (tag < 0x90) return readObject(tag & 15, depth);
  if (tag < 0xa0) return readArray(tag & 15, depth);
  if (tag < 0xc0) return readText(tag & 31);
  switch (tag) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xcb:
      for (let i = 0; i < 8; i++) doubleBytes[lowestFirst ? 7 - i : i] = bytes[at + i] as number;
      at += 8;
      return double[0];
    case 0xcc:
      return bytes[at++];
    case 0xcd:
      return readShort();
    case 0xce:
      return readLong() >>> 0;
    case 0xd1:
      return (readShort() << 16) >> 16;
    case 0xd2:
      return readLong();
    case 0xd9:
      return readText(bytes[at++] as number);
    case 0xdc:
      return readArray(readShort(), depth);
    default:
      return fail();
  }
}

function readShort(): number {
  at += 2;
  return ((bytes[at - 2] as number) << 8) | (bytes[at - 1] as number);
}

function readLong(): number {
  const high = readShort();
  return (high << 16) | readShort();
}

function readText(length: number): unknown {
  const start = at;
  if (length === 0) return "";
  if (length > MAX_TEXT || start + length > end) return fail();
  at += length;
  const first = bytes[start] as number, middle = bytes[start + (length >> 1)] as number;
  const slot = (first * 31 + middle * 3 + (bytes[at - 1] as number) * 7 + length) & (TEXTS - 1);
  const known = texts[slot] as string;
  if (known.length === length) {
    let i = 0;
    while (i < length && known.charCodeAt(i) === bytes[start + i]) i++;
    if (i === length) return known;
  }
  let text = "";
  for (let i = start; i < at; i++) {
    const code = bytes[i] as number;
    if (code > 0x7f) return fail();
    text += String.fromCharCode(code);
  }
  return texts[slot] = text;
}

function readObject(count: number, depth: number): unknown {
  if (depth === MAX_DEPTH) return fail();
  const object: Record<string, unknown> = {};
  for (let i = 0; i < count; i++) {
    const tag = bytes[at++] as number;
    if (tag < 0xa0 || tag > 0xbf && tag !== 0xd9) return fail();
    const name = readText(tag === 0xd9 ? bytes[at++] as number : tag & 31);
    if (typeof name !== "string" || name === "__proto__") return fail();
    const value = readValue(depth + 1);
    if (at < 0) return unread;
    object[name] = value;
  }
  return object;
}

function readArray(count: number, depth: number): unknown {
  if (depth === MAX_DEPTH || at + count > end) return fail();
  const array: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const value = readValue(depth + 1);
    if (at < 0) return unread;
    array.push(value);
  }
  return array;
}
