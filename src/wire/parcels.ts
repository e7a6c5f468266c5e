/** Values into parcels for a ring and back, with the handles that travel in them. */

import type { Handle, Message } from "../objects/messages.ts";
import { disposeBlock, enterFlight, freeTakenMessage, leaveFlight, storeEncoded } from "../objects/blocks.ts";
import { handleListBytes, splitMessage, writeHandleList } from "../objects/messages.ts";
import type { Family } from "../family/family.ts";
import { HEADER_WORDS } from "../memory/layout.ts";
import {
  decode,
  decodeSmall,
  encode,
  type Encoded,
  encodeInParts,
  encodeSmall,
  inOnePlace,
  unread,
  writeEncoded,
} from "../codec/codec.ts";
import { FamilyLink } from "./handles.ts";
import { type Frame, LARGE_FRAME, type Parcel } from "./ring.ts";

/** A value as the bytes of a message: valid until the next value is packed. Its handles aren't in flight yet. */
export function packValue(family: Family, value: unknown, root?: string): { handles: Handle[]; bytes: Uint8Array } {
  const link = new FamilyLink(family);
  const bytes = encode(value, link, root);
  return { handles: link.handles, bytes };
}

/**
 * A value as a parcel, its handles in flight: valid until the next is packed. No lock is taken, so no stopped process is in the
 * way. Before it goes into a ring: `storeParcel`; where that has to wait: `keepParcel`; once it isn't wanted any more:
 * `discardParcel`.
 */
export function packParcel(family: Family, value: unknown, root?: string): Parcel {
  // An empty list of handles, then the value.
  const end = encodeSmall(value, small, HANDLE_FREE);
  if (end >= 0) {
    smallWords[0] = 0;
    smallParcel.size = smallParcel.weight = end;
    return smallParcel;
  }
  const link = new FamilyLink(family), encoded = encodeInParts(value, link, root);
  return packEncoded(family, link.handles, encoded);
}

/**
 * A message without handles as a parcel, where it lies: behind HANDLE_FREE bytes of a buffer, `size` bytes with them, at most
 * LARGE_FRAME. Valid as long as they are.
 */
export function packInPlace(words: Int32Array, bytes: Uint8Array, size: number): Parcel {
  words[0] = 0;
  return { raw: false, bytes, words, size, message: undefined, large: 0, weight: size };
}

/** A message as a parcel, its handles in flight. */
export function packMessage(family: Family, { handles, bytes }: Message): Parcel {
  return packEncoded(family, handles, inOnePlace(bytes));
}

function packEncoded(family: Family, handles: readonly Handle[], encoded: Encoded): Parcel {
  const list = handleListBytes(handles), weight = list + encoded.length;
  for (const handle of handles) enterFlight(family, handle);
  if (weight > LARGE_FRAME) return largeParcel(false, handles, encoded, weight);
  const message = new Uint8Array(weight);
  if (handles.length > 0) writeHandleList(new DataView(message.buffer), 0, handles);
  writeEncoded(encoded, message, list);
  return { raw: false, bytes: message, words: undefined, size: weight, message: undefined, large: 0, weight };
}

/** Bytes as a parcel. */
export function rawParcel(bytes: Uint8Array): Parcel {
  const size = bytes.length;
  if (size <= LARGE_FRAME) {
    return { raw: true, bytes, words: undefined, size, message: undefined, large: 0, weight: size };
  }
  // It weighs what the reader will count: with its (empty) list of handles.
  return largeParcel(true, [], inOnePlace(bytes), HANDLE_FREE + size);
}

function largeParcel(raw: boolean, handles: readonly Handle[], encoded: Encoded, weight: number): Parcel {
  return { raw, bytes: noBytes, words: undefined, size: 0, message: { handles, encoded }, large: 0, weight };
}

/** Stores what is large, unless it is stored, in a block of its own: in an attempt, before the ring's lock is taken. */
export function storeParcel(family: Family, parcel: Parcel): void {
  if (parcel.message === undefined) return;
  parcel.large = storeEncoded(family, parcel.message.handles, parcel.message.encoded);
  parcel.message = undefined;
}

/** The same parcel with bytes of its own, for a put that has to wait. */
export function keepParcel(parcel: Parcel): Parcel {
  const { message } = parcel;
  if (parcel.large !== 0) return parcel;
  if (message !== undefined) {
    const bytes = new Uint8Array(message.encoded.length);
    writeEncoded(message.encoded, bytes, 0);
    return { ...parcel, message: { ...message, encoded: inOnePlace(bytes) } };
  }
  return { ...parcel, bytes: parcel.bytes.slice(0, parcel.size), words: undefined };
}

/** Throws away a parcel that was not sent. */
export function discardParcel(family: Family, parcel: Parcel): void {
  if (parcel.large !== 0) disposeBlock(family, parcel.large);
  else if (parcel.message !== undefined) { for (const handle of parcel.message.handles) leaveFlight(family, handle); }
  else if (!parcel.raw) dropHandles(family, parcel);
}

function dropHandles(family: Family, { bytes, size }: Parcel | Frame): void {
  for (const handle of splitMessage(bytes.subarray(0, size)).handles) leaveFlight(family, handle);
}

/** The value in a frame that was taken out; what the frame leaves behind is freed. */
export function openFrame(family: Family, frame: Frame): unknown {
  const value = openInPlace(family, frame, readSmall);
  return value !== unread ? value : openMessage(family, frame, (bytes) => decode(bytes, new FamilyLink(family)));
}

function readSmall({ bytes, size }: Frame): unknown {
  return decodeSmall(bytes, HANDLE_FREE, size);
}

/**
 * What `read` makes of a frame that was taken out, where it lies. `unread` when it makes that of it, or the frame is large or
 * has handles: then openMessage(). `read` runs no code of the user's, which may take another frame.
 */
export function openInPlace<R>(
  family: Family,
  frame: Frame,
  read: (frame: Frame) => R,
): R | typeof unread {
  if (frame.large !== 0 || frame.words[0] !== 0) return unread;
  const value = read(frame);
  if (value !== unread && frame.left !== 0) disposeBlock(family, frame.left);
  return value;
}

/** What `read` makes of the bytes of a frame that was taken out, valid until it returns, and the handles in it; what the frame leaves behind is freed. */
export function openMessage<R>(
  family: Family,
  frame: Frame,
  read: (bytes: Uint8Array, handles: readonly Handle[]) => R,
): R {
  if (frame.left !== 0) disposeBlock(family, frame.left);
  // A large one is read where it lies: its block is in this agent's hands until it is freed. Else a copy, because code of the
  // user's (a codec) may take another frame meanwhile.
  const { handles, bytes } = splitMessage(
    frame.large !== 0 ? messageIn(family, frame.large) : frame.bytes.slice(0, frame.size),
  );
  try {
    return read(bytes, handles);
  } finally {
    if (frame.large !== 0) freeTakenMessage(family, frame.large);
    for (const handle of handles) leaveFlight(family, handle);
  }
}

/** The message in a block of its own (see messages.ts), where it lies. */
function messageIn(family: Family, address: number): Uint8Array {
  const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS, start = (at + 1) * 4;
  return segment.u8.subarray(start, start + ((segment.i32[at] as number) >>> 0));
}

/** Throws away a frame that was taken out, unread. */
export function discardFrame(family: Family, frame: Frame): void {
  if (frame.left !== 0) disposeBlock(family, frame.left);
  if (frame.large !== 0) disposeBlock(family, frame.large);
  else if (!frame.raw) dropHandles(family, frame);
}

/** What `read` makes of the bytes of a raw frame that was taken out, valid until it returns; what the frame leaves behind is freed. */
export function openRawFrame<R>(family: Family, frame: Frame, read: (bytes: Uint8Array) => R): R {
  if (frame.left !== 0) disposeBlock(family, frame.left);
  if (frame.large === 0) return read(frame.bytes.subarray(0, frame.size));
  try {
    return read(messageIn(family, frame.large).subarray(HANDLE_FREE));
  } finally {
    freeTakenMessage(family, frame.large);
  }
}

const noBytes: Uint8Array = new Uint8Array(0);
/** Bytes of an empty list of handles. */
export const HANDLE_FREE = 4;
const smallWords = new Int32Array(256);
const small = new Uint8Array(smallWords.buffer);
/** The one that was packed last, when it was small. */
const smallParcel = packInPlace(smallWords, small, HANDLE_FREE);
