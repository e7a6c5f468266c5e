/** What connections check of the bytes they are given, and of where they are to put some. */

import { MisuseError } from "../errors/base.ts";
import { BufferTooShort } from "../errors/outcomes.ts";
import { ensureOptions } from "../base/options.ts";

/** The part of `data` that sendBytes(data, offset, size) sends. */
export function bytesToSend(data: ArrayBufferView | ArrayBuffer, offset = 0, size?: number): Uint8Array {
  const all = bytesOf(data, "send");
  if (!Number.isInteger(offset) || offset < 0 || offset > all.length) {
    throw new RangeError(`Cannot send bytes: offset ${offset} is outside of the ${all.length} bytes given`);
  }
  const length = size ?? all.length - offset;
  if (!Number.isInteger(length) || length < 0 || offset + length > all.length) {
    throw new RangeError(`Cannot send bytes: offset ${offset} and size ${size} exceed the ${all.length} bytes given`);
  }
  return all.subarray(offset, offset + length);
}

/** The `maxLength` of recvBytes(); Infinity = none. */
export function longestMessage(options: { readonly maxLength?: number } | undefined): number {
  ensureOptions(options, "receive bytes", { number: "maxLength" });
  const maxLength = options?.maxLength ?? Infinity;
  if (!(maxLength >= 0)) throw new RangeError(`Cannot receive bytes: maxLength is ${maxLength}`);
  return maxLength;
}

/** Throws BufferTooShort when the message is longer than that. */
export function ensureLength(message: Uint8Array<ArrayBuffer>, maxLength: number): void {
  if (message.length <= maxLength) return;
  throw new BufferTooShort(
    `Cannot receive a message of ${message.length} bytes: maxLength is ${maxLength} (see messageBytes)`,
    message,
  );
}

/** Where recvBytesInto(into, offset) puts a message. */
export function roomIn(into: ArrayBufferView, offset = 0): Uint8Array {
  const target = bytesOf(into, "receive into");
  if (!Number.isInteger(offset) || offset < 0 || offset > target.length) {
    throw new RangeError(`Cannot receive bytes: offset ${offset} is outside of the buffer of ${target.length} bytes`);
  }
  return target.subarray(offset);
}

/** The error of a message that doesn't fit there. */
export function tooLongFor(room: Uint8Array, message: Uint8Array<ArrayBuffer>): BufferTooShort {
  return new BufferTooShort(
    `Cannot receive a message of ${message.length} bytes into ${room.length} (see messageBytes)`,
    message,
  );
}

/** Of a typed array: that isn't filled with zeros first. And not a slice(), which would be of the same class. */
export function copyOf(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function bytesOf(data: ArrayBufferView | ArrayBuffer, doing: string): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  throw new MisuseError(`Cannot ${doing} bytes: the argument is neither an ArrayBuffer nor a view of one`);
}
