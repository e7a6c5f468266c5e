/**
 * The life of blocks that have handles: holders, handles in flight, and what happens when the last is gone.
 *
 * A block is an OBJECT from its creation until no agent holds it and no message carries it; both are counted in its header
 * (see layout.ts). A handle that goes into a message is in flight until it is taken out or the message is thrown away; so a
 * message's bytes start with the list of handles in it:
 *
 * ```
 * message      word 0: n, number of handles     then n × (address, generation)     then the value's bytes
 * message block (what a child boots from, its report)     word 0: bytes of the message     then the message
 * ```
 */

import { ClosedError } from "../errors.ts";
import type { Segment } from "./arena.ts";
import type { Family } from "./family.ts";
import { indexOf } from "./agents.ts";
import {
  BITMAP_WORDS,
  BLOCK_OBJECT,
  BLOCK_TRANSIT,
  H_GENERATION,
  H_HOLDERS,
  H_IN_FLIGHT,
  H_KIND,
  H_LINK,
  H_NAME,
  H_STATE,
  HEADER_WORDS,
  KIND_BYTES,
  KIND_MESSAGE,
} from "./layout.ts";
import { kindOf, othersLoaded, registerKind } from "./kinds.ts";
import { unlinkName } from "./names.ts";

/** A handle as it travels. */
export interface Handle {
  readonly address: number;
  readonly generation: number;
}

export function generationOf(family: Family, address: number): number {
  return family.arena.load(address + H_GENERATION);
}

/** Turns a prepared block in this agent's hands into an object that this agent holds. */
export function publish(family: Family, address: number): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  const index = indexOf(family.self);
  Atomics.or(segment.i32, at + H_HOLDERS + (index >>> 5), 1 << (index & 31));
  Atomics.store(segment.i32, at + H_STATE, BLOCK_OBJECT);
}

/** Makes this agent a holder of the object behind a handle. ClosedError when it is gone. */
export function hold(family: Family, { address, generation }: Handle): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  const index = indexOf(family.self), word = at + H_HOLDERS + (index >>> 5), mask = 1 << (index & 31);
  // Looked at before as well, so as not to leave a bit in somebody else's block when killed in between.
  if (isCurrent(family, { address, generation })) {
    const had = (Atomics.or(segment.i32, word, mask) & mask) !== 0;
    if (isCurrent(family, { address, generation })) return;
    // It went at this moment, and may be another object by now, whose last holder saw our bit.
    if (!had) releaseHolder(family, address, index);
  }
  throw new ClosedError("Cannot use a shared object that came with a message: everyone has closed it meanwhile");
}

function isCurrent(family: Family, { address, generation }: Handle): boolean {
  const segment = family.arena.segment(address), at = address - segment.start;
  return Atomics.load(segment.i32, at + H_GENERATION) === generation &&
    Atomics.load(segment.i32, at + H_STATE) === BLOCK_OBJECT;
}

/** That agent holds the object no more; the last one frees it. */
export function releaseHolder(family: Family, address: number, index: number): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  Atomics.and(segment.i32, at + H_HOLDERS + (index >>> 5), ~(1 << (index & 31)));
  freeIfUnused(family, address);
}

/** A handle goes into a message. */
export function enterFlight(family: Family, { address }: Handle): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  Atomics.add(segment.i32, at + H_IN_FLIGHT, 1);
}

/** A handle left its message, taken out or thrown away. */
export function leaveFlight(family: Family, handle: Handle): void {
  if (!isCurrent(family, handle)) return;
  const segment = family.arena.segment(handle.address), at = handle.address - segment.start;
  if (Atomics.sub(segment.i32, at + H_IN_FLIGHT, 1) === 1) freeIfUnused(family, handle.address);
}

function unused(i32: Int32Array, at: number): boolean {
  if (Atomics.load(i32, at + H_IN_FLIGHT) > 0) return false;
  for (let word = 0; word < BITMAP_WORDS; word++) {
    if (Atomics.load(i32, at + H_HOLDERS + word) !== 0) return false;
  }
  return true;
}

/** Frees an object that nobody holds and no message carries. */
export function freeIfUnused(family: Family, address: number): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  if (Atomics.load(segment.i32, at + H_STATE) !== BLOCK_OBJECT || !unused(segment.i32, at)) return;
  // Somebody may be joining it by name at this moment: then the name stays, and so does the object.
  if (segment.i32[at + H_NAME] !== 0 && !unlinkName(family, address, () => unused(segment.i32, at))) return;
  if (family.allocator.claim(address, () => unused(segment.i32, at))) disposeBlock(family, address);
}

/** Frees a block in this (or a dead) agent's hands, and what belongs to it. */
export function disposeBlock(family: Family, address: number): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  if (Atomics.load(segment.i32, at + H_STATE) !== BLOCK_TRANSIT) return;
  const generation = segment.i32[at + H_GENERATION] as number;
  segment.i32[at + H_LINK] = family.self;
  const kind = kindOf(segment.i32[at + H_KIND] as number);
  if (kind === undefined) {
    // Until then it is in this agent's hands, and comes back if that dies.
    void othersLoaded()?.then(() => disposeBlock(family, address));
    return;
  }
  kind.dispose?.(family, segment, at + HEADER_WORDS);
  family.allocator.free(address, generation);
}

// ── messages ──

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

/**
 * Puts a message into a block of its own, in this agent's hands. Its handles are in flight from then on; they leave it when
 * the block is thrown away.
 */
export function storeMessage(family: Family, { handles, bytes }: Message): number {
  const list = handleListBytes(handles);
  const address = family.allocator.allocate(4 + list + bytes.length);
  for (const handle of handles) enterFlight(family, handle);
  const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS;
  segment.i32[at] = list + bytes.length;
  writeHandleList(viewOf(segment), (at + 1) * 4, handles);
  segment.u8.set(bytes, (at + 1) * 4 + list);
  family.allocator.setKind(address, KIND_MESSAGE);
  return address;
}

/** The message in a block of its own; a copy. */
export function loadMessage(family: Family, address: number): Message {
  const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS;
  const length = segment.i32[at] as number;
  return splitMessage(segment.u8.slice((at + 1) * 4, (at + 1) * 4 + length));
}

/** The value's bytes of such a message that carries no handles; a copy with a buffer of its own. */
export function loadBytes(family: Family, address: number): Uint8Array<ArrayBuffer> {
  const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS;
  const length = segment.i32[at] as number, start = (at + 1) * 4;
  const list = handleListBytes([]), bytes = new Uint8Array(length - list);
  bytes.set(segment.u8.subarray(start + list, start + length));
  return bytes;
}

/** Frees a message block in this agent's hands whose handles were taken out (each is left to whoever took it). */
export function freeTakenMessage(family: Family, address: number): void {
  const segment = family.arena.segment(address);
  segment.i32[address - segment.start + HEADER_WORDS + 1] = 0;
  disposeBlock(family, address);
}

function viewOf({ i32 }: Segment): DataView {
  return new DataView(i32.buffer, i32.byteOffset, i32.byteLength);
}

registerKind(KIND_BYTES);
registerKind(KIND_MESSAGE, {
  waitQueues: [],
  dispose(family, { i32 }, at) {
    const count = i32[at + 1] as number;
    for (let word = at + 2; word < at + 2 + 2 * count; word += 2) {
      const address = (i32[word] as number) >>> 0, generation = i32[word + 1] as number;
      // Killed here, a count stays too high (a leak); the other order would make it too low (a wrong object).
      i32[word + 1] = 0;
      if (generation !== 0) leaveFlight(family, { address, generation });
    }
  },
});
