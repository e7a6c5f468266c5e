/** Bytes that are written one after the other, least byte of a number first. */

import { TextEncoder } from "../base/originals.ts";
import { bytesOfText, SHORT_TEXT } from "./primitives.ts";

const encoder = new TextEncoder();
const FIRST_BYTES = 256;
export class BytesWriter {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** What was written; nobody else has it. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  u8(value: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#view.setUint16(this.#at, value, true);
    this.#at += 2;
  }

  u32(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#at, value, true);
    this.#at += 4;
  }

  i32(value: number): void {
    this.#room(4);
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }

  /** Most significant byte first, as pickles have this alone. */
  f64(value: number): void {
    this.#room(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  bytes(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Text with its length before it: in one byte behind `short`, or in four behind `long`. */
  text(text: string, short: number, long: number): void {
    if (text.length > SHORT_TEXT || !this.#ascii(text, short)) {
      this.sized(bytesOfText(text, (part) => encoder.encode(part)), short, long);
    }
  }

  /** False: it has other characters, and nothing was written. */
  #ascii(text: string, short: number): boolean {
    const { length } = text;
    this.#room(2 + length);
    const bytes = this.#bytes, start = this.#at;
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) return false;
      bytes[start + 2 + index] = unit;
    }
    bytes[start] = short;
    bytes[start + 1] = length;
    this.#at += 2 + length;
    return true;
  }

  /** Bytes with their length before them, likewise. */
  sized(bytes: Uint8Array, short: number, long: number): void {
    if (bytes.length < 256) {
      this.u8(short);
      this.u8(bytes.length);
    } else {
      this.u8(long);
      this.u32(bytes.length);
    }
    this.bytes(bytes);
  }

  #room(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(2 * this.#bytes.length, this.#at + count));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
