/** What tests of a family need: several of its agents in one process, each with its own view of one memory. */

import { allocateLine } from "./agents.ts";
import "./changes.ts";
import { DeathRoll } from "./deaths.ts";
import { Family } from "./family.ts";
import { BLOCK_OBJECT, BLOCK_PART, BLOCK_TRANSIT, H_STATE, HEADER_WORDS } from "../memory/layout.ts";
import type { Segment } from "../memory/arena.ts";
import { smallMemory } from "../memory/testing.ts";

/** The root of a new family and its children, `count` agents in all, in the order of their indices. */
export function relatives(count: number): Family[] {
  const { memory, arena } = smallMemory();
  const root = allocateLine(arena.control, 0);
  const owners = [root, ...Array.from({ length: count - 1 }, () => allocateLine(arena.control, root))];
  return owners.map((self) => {
    return Family.join({ method: "worker", args: [], memory }, self, (family) => new DeathRoll(family));
  });
}

/** An object of `kind` with a zeroed payload of `words`, held by that agent. */
export function objectOf(family: Family, words: number, kind: number): number {
  const address = family.allocator.allocate(words * 4);
  const { segment, at } = payloadOf(family, address);
  segment.i32.fill(0, at, at + words);
  family.allocator.setKind(address, kind);
  family.allocator.publish(address);
  return address;
}

/** Where the payload of a block lies. */
export function payloadOf(family: Family, address: number): { segment: Segment; at: number } {
  const segment = family.arena.segment(address);
  return { segment, at: address - segment.start + HEADER_WORDS };
}

/** How many blocks are in use, by their state. */
export function census({ allocator, arena }: Family): { objects: number; parts: number; inHands: number } {
  const counts = { objects: 0, parts: 0, inHands: 0 };
  allocator.forEachBlock((address) => {
    const state = arena.load(address + H_STATE);
    if (state === BLOCK_OBJECT) counts.objects++;
    if (state === BLOCK_PART) counts.parts++;
    if (state === BLOCK_TRANSIT) counts.inHands++;
  });
  return counts;
}
