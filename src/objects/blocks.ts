/**
 * The life of blocks that have handles: holders, handles in flight, and what happens when the last is gone.
 *
 * A block is an OBJECT from its creation until no agent holds it and no message carries it; both are counted in its header
 * (see layout.ts). A handle that goes into a message is in flight until it is taken out or the message is thrown away.
 */

import { ClosedError } from "../errors/base.ts";
import type { Family } from "../family/family.ts";
import "../family/changes.ts";
import { eventually } from "../family/retries.ts";
import {
  BITMAP_WORDS,
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
} from "../memory/layout.ts";
import { type Encoded, inOnePlace, writeEncoded } from "../codec/encoded.ts";
import { careOf, othersLoaded, registerCare } from "../family/care.ts";
import { type Handle, handleListBytes, keyOf, type Message, writeHandleList } from "./messages.ts";
import { unlinkName } from "./names.ts";

/**
 * Makes this agent a holder of an object that is kept meanwhile, by a message that it is taken out of or by an object that
 * uses it. Without a lock: what is taken out already can't wait for a stopped process.
 */
export function hold(family: Family, { address, generation }: Handle): void {
  if (!family.allocator.isObject(address, generation)) {
    throw new ClosedError("Cannot use a shared object that came with a message: everyone has closed it meanwhile");
  }
  family.allocator.addHolder(address);
}

/**
 * This agent, which does, holds the object no more; the last one frees it. Both in one section of the allocator, as
 * whoever sees in a section that neither a message nor an agent has the object may free it: one that went from an agent into
 * a message between these two looks would be missed.
 */
export function releaseHolder(family: Family, handle: Handle): void {
  eventually(() => {
    // While a stopped process was in the way, it may have come here again.
    if (!family.objects.has(keyOf(handle))) tryFreeing(family, handle, true);
  });
}

/** A handle goes into a message. */
export function enterFlight(family: Family, { address }: Handle): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  Atomics.add(segment.i32, at + H_IN_FLIGHT, 1);
}

/** A handle left its message, taken out or thrown away. */
export function leaveFlight(family: Family, handle: Handle): void {
  const { i32, start } = family.arena.segment(handle.address);
  if (Atomics.sub(i32, handle.address - start + H_IN_FLIGHT, 1) === 1) freeIfUnused(family, handle);
}

/**
 * In a `still` section: whether nobody holds that object, which is there, and no message carries it. Who takes it out of a
 * message holds it before it leaves that, so the message is asked first.
 */
function unused(family: Family, address: number): boolean {
  const { i32, start } = family.arena.segment(address), at = address - start;
  if (Atomics.load(i32, at + H_IN_FLIGHT) > 0) return false;
  for (let word = 0; word < BITMAP_WORDS; word++) {
    if (Atomics.load(i32, at + H_HOLDERS + word) !== 0) return false;
  }
  return true;
}

/**
 * Frees an object that nobody holds and no message carries; later, while a stopped process is in the way. It may be gone, and
 * something else lie there.
 */
export function freeIfUnused(family: Family, handle: Handle): void {
  eventually(() => tryFreeing(family, handle, false));
}

/** `leaves`: this agent, which does, holds the object no more. */
function tryFreeing(family: Family, { address, generation }: Handle, leaves: boolean): void {
  const { allocator } = family;
  let isNamed = false;
  const claim = () =>
    allocator.claim(address, generation, () => {
      if (leaves) allocator.removeHolder(address);
      if (!unused(family, address)) return false;
      isNamed = family.arena.load(address + H_NAME) !== 0;
      return !isNamed;
    });
  if (!claim()) {
    leaves = false;
    const isUnused = () => allocator.isObject(address, generation) && unused(family, address);
    // Somebody may be joining it by name at this moment: then the name stays, and so does the object.
    if (!isNamed || !unlinkName(family, address, isUnused) || !claim()) return;
  }
  disposeBlock(family, address);
}

/**
 * Frees a block in this (or a dead) agent's hands, and what belongs to it; later, while a stopped process is in the way: what
 * the block held may be delivered already.
 */
export function disposeBlock(family: Family, address: number): void {
  const generation = family.allocator.generationOf(address);
  eventually(() => tryDisposing(family, address, generation));
}

function tryDisposing(family: Family, address: number, generation: number): void {
  const segment = family.arena.segment(address), at = address - segment.start;
  if (Atomics.load(segment.i32, at + H_STATE) !== BLOCK_TRANSIT) return;
  if (segment.i32[at + H_GENERATION] !== generation) return;
  segment.i32[at + H_LINK] = family.self;
  const kind = careOf(segment.i32[at + H_KIND] as number);
  if (kind === undefined) {
    // Until then it is in this agent's hands, and comes back if that dies.
    void othersLoaded()?.then(() => disposeBlock(family, address));
    return;
  }
  kind.dispose?.(family, segment, at + HEADER_WORDS);
  family.allocator.free(address, generation);
}

// ── messages ──

/** Puts a message into a block of its own, in this agent's hands. Its handles, in flight, leave it when the block is thrown away. */
export function storeMessage(family: Family, { handles, bytes }: Message): number {
  return storeEncoded(family, handles, inOnePlace(bytes));
}

/** The same of a value that is in parts. */
export function storeEncoded(family: Family, handles: readonly Handle[], encoded: Encoded): number {
  const list = handleListBytes(handles);
  const address = family.allocator.allocate(4 + list + encoded.length);
  const segment = family.arena.segment(address), at = address - segment.start + HEADER_WORDS;
  segment.i32[at] = list + encoded.length;
  const { buffer, byteOffset, byteLength } = segment.i32;
  writeHandleList(new DataView(buffer, byteOffset, byteLength), (at + 1) * 4, handles);
  writeEncoded(encoded, segment.u8, (at + 1) * 4 + list);
  family.allocator.setKind(address, KIND_MESSAGE);
  return address;
}

/** Frees a message block in this agent's hands whose handles were taken out (each is left to whoever took it). */
export function freeTakenMessage(family: Family, address: number): void {
  const segment = family.arena.segment(address);
  segment.i32[address - segment.start + HEADER_WORDS + 1] = 0;
  disposeBlock(family, address);
}

registerCare(KIND_BYTES);
registerCare(KIND_MESSAGE, {
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
