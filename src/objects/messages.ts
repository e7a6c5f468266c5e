/**
 * Messages as they lie in memory: a value's bytes, after the list of the handles in it.
 *
 * ```
 * message      word 0: n, number of handles     then n × (address, generation)     then the value's bytes
 * message block (what a child boots from, its report)     word 0: bytes of the message     then the message
 * ```
 */

import type { Family } from "../family/family.ts";
import { HEADER_WORDS } from "../memory/layout.ts";

/** A handle as it travels. */
export interface Handle {
  readonly address: number;
  readonly generation: number;
}

/** A handle as a key of maps. */
export function keyOf({ address, generation }: Handle): string {
  return `${address}.${generation}`;
}

/** A message split into the handles in it and the bytes of its value. */
export interface Message {
  readonly handles: readonly Handle[];
  readonly bytes: Uint8Array;
}

/** Bytes of a message's list of handles. */
export function handleListBytes(handles: readonly Handle[]): number {
  return 4 + 8 * handles.length;
}

/** Writes a list of handles at `to[at]`. */
export function writeHandleList(to: DataView, at: number, handles: readonly Handle[]): void {
  to.setUint32(at, handles.length, true);
  for (const { address, generation } of handles) {
    to.setUint32(at += 4, address, true);
    to.setInt32(at += 4, generation, true);
  }
}

/** Splits a message. */
export function splitMessage(message: Uint8Array): Message {
  // Views take time to make, and most messages need none.
  if ((message[0] || message[1] || message[2] || message[3]) === 0) return { handles: [], bytes: message.subarray(4) };
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
  const count = view.getUint32(0, true);
  const handles: Handle[] = [];
  for (let i = 0; i < count; i++) {
    handles.push({ address: view.getUint32(4 + 8 * i, true), generation: view.getInt32(8 + 8 * i, true) });
  }
  return { handles, bytes: message.subarray(4 + 8 * count) };
}

/** The message in a block of its own; a copy. */
export function loadMessage(family: Family, address: number): Message {
  const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS;
  const length = (segment.i32[at] as number) >>> 0;
  return splitMessage(segment.u8.slice((at + 1) * 4, (at + 1) * 4 + length));
}
