/** Blocks: none overlaps another, none is lost, however they come and go and whoever is killed in between. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { Allocator } from "./allocator.ts";
import type { Arena } from "./arena.ts";
import {
  BLOCK_FREE,
  BLOCK_OBJECT,
  BLOCK_TRANSIT,
  C_GRANULES,
  H_LINK,
  H_STATE,
  HEADER_WORDS,
  MAX_GRANULES,
  OWN_SEGMENT_CLASS,
} from "./layout.ts";
import { atEachStep, killedAt, smallMemory } from "./testing.ts";

/** Three agents of one memory; `dead` are those that the system says are gone. */
function agents(most?: number) {
  const { arena } = smallMemory(most), dead = new Set<number>();
  const one = (self: number) =>
    new Allocator(arena, {
      self,
      alive: (owner: number) => !dead.has(owner),
      nameOf: (owner: number) => `process ${owner}`,
      probe: () => {},
    });
  return { arena, dead, mine: one(1), theirs: one(2), third: one(3) };
}

function payload(arena: Arena, address: number, bytes: number): Uint8Array {
  const segment = arena.segment(address), at = (address - segment.start + HEADER_WORDS) * 4;
  return segment.u8.subarray(at, at + bytes);
}

function inUse(allocator: Allocator): number[] {
  const found: number[] = [];
  allocator.forEachBlock((address) => found.push(address));
  return found.sort((a, b) => a - b);
}

const sorted = (addresses: Iterable<number>) => [...addresses].sort((a, b) => a - b);

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.nat(4000) },
  { weight: 2, arbitrary: fc.integer({ min: 4000, max: 200_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 900_000 }) },
  // Just what a class holds, and a byte more or less.
  {
    weight: 3,
    arbitrary: fc.tuple(fc.integer({ min: 7, max: 19 }), fc.constantFrom(-65, -64, -63)).map(([c, d]) => 2 ** c + d),
  },
);

test("blocks don't overlap, keep what is in them, and none is handed out twice under one generation", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("get", "get", "put"), sizes, fc.nat()), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (steps) => {
      const { arena, mine, theirs } = agents(128 * 1024 * 1024);
      const live = new Map<number, { bytes: number; mark: number }>(), generations = new Map<number, number>();
      let mark = 0;
      for (const [what, bytes, pick] of steps) {
        if (what === "get") {
          const address = (pick % 2 === 0 ? mine : theirs).allocate(bytes);
          const end = address + HEADER_WORDS + Math.ceil(bytes / 4);
          for (const [other, { bytes }] of live) {
            const apart = end <= other || other + HEADER_WORDS + Math.ceil(bytes / 4) <= address;
            assert(apart, `${address} (${bytes} bytes) overlaps ${other}`);
          }
          const generation = mine.generationOf(address);
          assert(generation > (generations.get(address) ?? 0), "a handle of an earlier block would fit");
          generations.set(address, generation);
          mark = mark % 255 + 1;
          payload(arena, address, bytes).fill(mark);
          live.set(address, { bytes, mark });
        } else if (live.size > 0) {
          const address = [...live.keys()][pick % live.size] as number;
          (pick % 3 === 0 ? mine : theirs).free(address, generations.get(address));
          live.delete(address);
        }
        assert.deepEqual(inUse(mine), sorted(live.keys()));
      }
      for (const [address, { bytes, mark }] of live) {
        assert(payload(arena, address, bytes).every((byte) => byte === mark), `block ${address} was written to`);
      }
    }),
    { numRuns: 60 },
  );
});

test("what was given back is handed out again: the memory doesn't grow", () => {
  for (const bytes of [1, 64, 1000, 8128, 100_000, 262_080, 700_000]) {
    const { arena, mine, theirs } = agents(), count = bytes > 50_000 ? 5 : 300;
    let high = 0;
    for (let round = 0; round < 4; round++) {
      const blocks = Array.from({ length: count }, () => mine.allocate(bytes));
      assert.equal(new Set(blocks).size, count);
      for (const address of round % 2 === 0 ? blocks : blocks.toReversed()) theirs.free(address);
      if (round === 0) high = arena.load(C_GRANULES);
      assert.equal(arena.load(C_GRANULES), high, `${bytes} bytes, round ${round}`);
    }
    assert.deepEqual(inUse(mine), []);
  }
});

test("freeing twice, or what is another's by now, changes nothing", () => {
  const { arena, mine, theirs } = agents();
  const address = mine.allocate(100), generation = mine.generationOf(address);
  mine.free(address, generation);
  theirs.free(address, generation);
  theirs.free(address);
  const [a, b] = [mine.allocate(100), mine.allocate(100)];
  assert.notEqual(a, b);
  theirs.free(address, generation);
  assert.deepEqual(inUse(mine), sorted([a, b]));
  assert.notEqual(arena.load(a + H_STATE), BLOCK_FREE);
});

test("a block that must not share its segment has it alone, and comes back zeroed behind its first page", () => {
  const { arena, mine } = agents();
  const small = mine.allocate(10, OWN_SEGMENT_CLASS), other = mine.allocate(10, OWN_SEGMENT_CLASS);
  for (const address of [small, other]) assert.equal(arena.segment(address).start, address);
  assert.notEqual(arena.segment(small), arena.segment(other));
  const bytes = 600_000, large = mine.allocate(bytes, OWN_SEGMENT_CLASS);
  payload(arena, large, bytes).fill(0xff);
  mine.free(large);
  const again = mine.allocate(bytes, OWN_SEGMENT_CLASS);
  assert.equal(again, large);
  assert(payload(arena, again, bytes).subarray(4096 - HEADER_WORDS * 4).every((byte) => byte === 0));
});

test("exhaustion is a RangeError that leaves the memory usable", () => {
  const most = 2 * 1024 * 1024, { arena, mine, theirs } = agents(most);
  const blocks: number[] = [];
  const fill = () => {
    assert.throws(() => {
      for (let i = 0; i < 1000; i++) blocks.push(mine.allocate(100_000));
    }, RangeError);
    return blocks.length;
  };
  const held = fill();
  assert(held >= 8, `only ${held} blocks`);
  assert.throws(() => theirs.allocate(most), RangeError);
  assert.deepEqual(inUse(theirs), sorted(blocks));
  for (const address of blocks.splice(0)) theirs.free(address);
  assert.equal(fill(), held);

  assert.throws(() => mine.allocate(2 ** 32), { name: "RangeError", message: /in one block: the most is/ });
  Atomics.store(arena.control, C_GRANULES, MAX_GRANULES);
  assert.throws(() => mine.allocate(900_000), {
    name: "RangeError",
    message: /a family with start method "worker" has/,
  });
});

test("of several that claim an object or adopt a dead agent's block, one gets it", () => {
  const { arena, dead, mine, theirs, third } = agents();
  const object = mine.allocate(50), generation = mine.generationOf(object);
  assert(!theirs.claim(object, generation, () => true), "it is not an object yet");
  mine.publish(object);
  assert(!mine.addHolder(object), "it holds it already");
  assert(theirs.addHolder(object));
  assert(!theirs.claim(object, generation, () => false));
  assert.equal(arena.load(object + H_STATE), BLOCK_OBJECT);
  assert(theirs.claim(object, generation, () => true));
  assert(!mine.claim(object, generation, () => true));
  assert(!mine.adopt(object, 3), "it is in other hands");
  dead.add(2);
  assert(mine.adopt(object, 2));
  assert(!third.adopt(object, 2));
  assert.deepEqual([arena.load(object + H_STATE), arena.load(object + H_LINK)], [BLOCK_TRANSIT, 1]);
  mine.embed(object);
  assert(!third.adopt(object, 1), "it belongs to an object");
  mine.extract(object);
  mine.free(object);
  assert.deepEqual(inUse(mine), []);
});

/** Ends what a dead agent left, as recovery does. */
function takeOver(allocator: Allocator, arena: Arena, owner: number): number[] {
  allocator.still(() => {});
  const adopted = inUse(allocator).filter((address) => {
    return arena.load(address + H_STATE) === BLOCK_TRANSIT && allocator.adopt(address, owner);
  });
  for (const address of adopted) allocator.free(address, allocator.generationOf(address));
  return adopted;
}

test("killed at any step of allocate, free, claim: nothing is lost, nothing is there twice", () => {
  for (const bytes of [100, 70_000, 300_000]) {
    for (const what of ["allocate", "allocate again", "free", "claim"]) {
      const steps = atEachStep((step) => {
        const { arena, dead, mine, theirs, third } = agents();
        const first = theirs.allocate(bytes), generation = theirs.generationOf(first);
        if (what === "allocate again") theirs.free(first);
        if (what === "claim") theirs.publish(first);
        const kept = mine.allocate(bytes);
        const [head, tail] = [0, bytes - 50].map((at) => payload(arena, kept, bytes).subarray(at, at + 50));
        head?.fill(7);
        tail?.fill(7);
        const isKilled = killedAt(step, () => {
          if (what === "free") theirs.free(first, generation);
          else if (what === "claim") theirs.claim(first, generation, () => true);
          else theirs.allocate(bytes);
        });
        dead.add(2);
        const adopted = takeOver(mine, arena, 2);
        assert(adopted.length <= 2);
        if (what === "free") third.free(first, generation); // a second recoverer that comes late
        if (what === "claim" && !adopted.includes(first)) {
          assert(third.claim(first, generation, () => true));
          third.free(first);
        }
        assert.deepEqual(inUse(mine), [kept], `${what} of ${bytes} bytes, killed at ${step}`);
        const others = Array.from({ length: 3 }, () => third.allocate(bytes));
        assert.equal(new Set([...others, kept]).size, 4);
        for (const address of others) payload(arena, address, bytes).fill(9);
        assert(head?.every((byte) => byte === 7) && tail?.every((byte) => byte === 7));
        for (const address of others) mine.free(address);
        assert.deepEqual(inUse(mine), [kept]);
        return isKilled;
      });
      assert(steps > 3, `${what}: ${steps} steps`);
    }
  }
});

test("killed at any step of taking over a dead agent's change: the next completes it", () => {
  const state = () => {
    const all = agents(), address = all.theirs.allocate(100), generation = all.theirs.generationOf(address);
    return { ...all, address, generation };
  };
  const committed = 40; // more steps than a free has: found below
  for (let first = 0; first < committed; first++) {
    const { dead: _, ...probe } = state();
    if (!killedAt(first, () => probe.theirs.free(probe.address, probe.generation))) break;
    atEachStep((second) => {
      const { arena, dead, mine, theirs, third, address, generation } = state();
      killedAt(first, () => theirs.free(address, generation));
      dead.add(2);
      const isKilled = killedAt(second, () => void takeOver(third, arena, 2));
      dead.add(3);
      takeOver(mine, arena, 2);
      takeOver(mine, arena, 3);
      assert.deepEqual(inUse(mine), [], `killed at ${first}, then at ${second}`);
      assert.notEqual(mine.allocate(100), mine.allocate(100));
      return isKilled;
    });
  }
});
