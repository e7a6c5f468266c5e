/** Granules and slabs: what one size freed serves another, and an agent killed between any two writes leaves all of it whole. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Allocator } from "./allocator.ts";
import { Arena } from "./arena.ts";
import { WorkerBacking } from "./backing.ts";
import { KEPT } from "./granules.ts";
import {
  BLOCK_OBJECT,
  C_GRANULES,
  CONTROL_BYTES,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_WORDS,
  H_GENERATION,
  HEADER_WORDS,
  OWN_SEGMENT_CLASS,
} from "./layout.ts";

import {
  type Agent,
  allocate,
  check,
  free,
  GRANULES,
  granules,
  type Known,
  pair,
  withCountedAtomics,
} from "./mortal_testing.ts";

/** A number below `n`, the same ones for the same seed. */
function randomFrom(seed: number): (n: number) => number {
  return (n) => {
    seed = seed + 0x6d2b79f5 | 0;
    let t = Math.imul(seed ^ seed >>> 15, 1 | seed);
    t = t + Math.imul(t ^ t >>> 7, 61 | t) ^ t;
    return ((t ^ t >>> 14) >>> 0) % n;
  };
}

test("what small blocks freed serves a large one, and the reverse", () => {
  const all = 9, { survivor } = pair(all), known = new Map<number, Known>();
  for (let round = 0; round < 2; round++) {
    for (const bytes of [64, 1000, 30_000, 131_008, 200_000, granules(3), granules(all)]) {
      const made: number[] = [];
      assert.throws(() => {
        for (;;) made.push(allocate(survivor, known, bytes));
      }, RangeError);
      const whole = 2 ** Math.ceil(Math.log2(bytes + 64));
      const each = bytes > 131_008 ? Math.ceil(whole / GRANULE_BYTES) : whole / GRANULE_BYTES;
      assert.ok(made.length >= Math.floor(all / each), `${made.length} blocks of ${bytes} bytes`);
      for (const address of made) free(survivor, known, address);
      check(survivor, known);
    }
  }
});

test("a large block takes as many granules as it needs, and no power of two", () => {
  const { survivor } = pair(), known = new Map<number, Known>();
  allocate(survivor, known, granules(33));
  assert.equal(survivor.arena.load(C_GRANULES), CONTROL_GRANULES + 33);
  check(survivor, known);
});

test("full memory: an error that says what there is and what to do, and it goes on when something was freed", () => {
  const { survivor } = pair(), known = new Map<number, Known>();
  const kept = [10, 20, 10].map((count) => allocate(survivor, known, granules(count)));
  free(survivor, known, kept[0] as number);
  free(survivor, known, kept[2] as number);
  assert.throws(() => survivor.allocator.allocate(granules(11)), {
    name: "RangeError",
    message:
      /^Cannot allocate 2883584 bytes .* "worker" has at most .* GiB, and of the 5242880 bytes free no part is so large; take/,
  });
  check(survivor, known);
  free(survivor, known, kept[1] as number);
  allocate(survivor, known, granules(40));
  check(survivor, known);
});

test("a block of its own is zero, whatever lay there", () => {
  const { survivor: { allocator, arena } } = pair(8);
  for (const bytes of [granules(5), 100, granules(1)]) {
    const dirty = allocator.allocate(granules(8));
    arena.segment(dirty).u8.fill(7, 64);
    allocator.free(dirty);
    const address = allocator.allocate(bytes, OWN_SEGMENT_CLASS);
    assert.ok(arena.segment(address).u8.subarray(64).every((byte) => byte === 0));
    allocator.free(address);
  }
});

test("a stale handle is never another object's, nor a header made of somebody's payload", () => {
  const { survivor: { allocator, arena } } = pair(4);
  const handles = Array.from({ length: 6000 }, () => {
    const address = allocator.allocate(64), generation = allocator.generationOf(address);
    allocator.publish(address);
    return { address, generation };
  });
  assert.equal(new Set(handles.map(({ generation }) => generation)).size, handles.length);
  for (const { address } of handles) allocator.free(address);
  const isStale = () => {
    for (const { address, generation } of handles) {
      assert.notEqual(allocator.generationOf(address), generation);
      assert.ok(!allocator.hold(address, generation));
      assert.ok(!allocator.claim(address, generation, () => true));
      allocator.free(address, generation);
    }
  };
  isStale();
  for (const bytes of [granules(4), 64, 300, granules(1), 64]) {
    const blocks: number[] = [];
    try {
      for (;;) {
        const address = allocator.allocate(bytes), segment = arena.segment(address), at = address - segment.start;
        const payload = segment.i32.subarray(at + HEADER_WORDS, at + HEADER_WORDS + segment.capacity / 4);
        payload.fill(BLOCK_OBJECT);
        for (const handle of handles) {
          const index = handle.address + H_GENERATION - address - HEADER_WORDS;
          if (index >= 0 && index < payload.length) payload[index] = handle.generation;
        }
        blocks.push(address);
      }
    } catch (error) {
      assert.ok(error instanceof RangeError);
    }
    const words = new Set(blocks.map((address) => arena.segment(address).i32));
    const before = [...words].map((i32) => i32.slice());
    isStale();
    [...words].forEach((i32, i) => assert.ok(i32.every((word, at) => word === before[i]?.[at])));
    for (const address of blocks) allocator.free(address);
  }
});

/** What is done by the victim, in memory that `prepare` has brought into some state. */
interface Scene {
  readonly name: string;
  prepare(one: Agent, known: Map<number, Known>): number[];
  act(victim: Agent, prepared: readonly number[]): void;
  /** Blocks that `act` frees, by their places in what was prepared. */
  readonly frees?: readonly number[];
  /** Granules that there are. */
  readonly limit?: number;
}

const fill = (bytes: number, count: number) => (one: Agent, known: Map<number, Known>) =>
  Array.from({ length: count }, () => allocate(one, known, bytes));
const dispose = (...places: number[]) => (victim: Agent, blocks: readonly number[]) => {
  for (const place of places) {
    const address = blocks[place] as number;
    victim.allocator.extract(address);
    victim.allocator.free(address);
  }
};
const make = (...sizes: number[]) => (victim: Agent) => {
  for (const bytes of sizes) victim.allocator.allocate(bytes);
};
/** Runs of so many granules, of which those whose count is negative are free. */
const runs = (...counts: number[]) => (one: Agent, known: Map<number, Known>) => {
  const all = counts.map((count) => allocate(one, known, granules(Math.abs(count))));
  counts.forEach((count, i) => count < 0 && free(one, known, all[i] as number));
  return all.filter((_, i) => (counts[i] as number) > 0);
};

const scenes: readonly Scene[] = [
  { name: "the first slab, its first blocks", prepare: () => [], act: make(100_000, 100_000, 100_000) },
  { name: "a slab in a free run", prepare: runs(2, -3, 2), act: make(64) },
  { name: "a slab in the last granule of a free run", prepare: runs(2, -1, 2), act: make(64) },
  { name: "a small block that fills its slab", prepare: fill(60_000, 3), act: make(60_000) },
  { name: "a block into a full slab", prepare: fill(60_000, 4), act: dispose(2), frees: [2] },
  { name: "the last block out of a slab", prepare: fill(60_000, 2), act: dispose(0, 1), frees: [0, 1] },
  {
    name: "a freed block again",
    prepare: fill(60_000, 4),
    act: (victim, blocks) => (dispose(1)(victim, blocks), make(60_000)(victim)),
    frees: [1],
  },
  { name: "a large block at the end", prepare: runs(2), act: make(granules(5)) },
  { name: "a large block that extends the free run at the end", prepare: runs(2, -3), act: make(granules(5)) },
  { name: "a large block in a run of its size", prepare: runs(2, -5, 2), act: make(granules(5)) },
  { name: "a large block in a larger run", prepare: runs(2, -5, 2), act: make(granules(3)) },
  { name: "a large block between two in use", prepare: runs(2, 3, 2), act: dispose(1), frees: [1] },
  { name: "a large block before a free run", prepare: runs(2, 3, -2, 1), act: dispose(1), frees: [1] },
  { name: "a large block behind a free run", prepare: runs(2, -3, 2, 1), act: dispose(1), frees: [1] },
  { name: "a large block between two free runs", prepare: runs(1, -3, 2, -1, 1), act: dispose(1), frees: [1] },
  { name: "one granule between two free ones", prepare: runs(1, -1, 1, -1, 1), act: dispose(1), frees: [1] },
  {
    name: "empty slabs go back to the pool",
    prepare(one, known) {
      const blocks = [300, 3000, 60_000].flatMap((bytes) => fill(bytes, 20)(one, known));
      for (const address of blocks.splice(1)) free(one, known, address);
      allocate(one, known, granules(12 - (one.arena.load(C_GRANULES) - CONTROL_GRANULES)));
      return blocks;
    },
    act: make(granules(5)),
    limit: 12,
  },
];

for (const { name, prepare, act, frees = [], limit = GRANULES } of scenes) {
  test(`killed before each write: ${name}`, () =>
    withCountedAtomics(() => {
      for (let after = 0;; after++) {
        const { survivor, kill } = pair(limit), known = new Map<number, Known>();
        const blocks = prepare(survivor, known);
        check(survivor, known);
        const killed = kill(after, (victim) => act(victim, blocks));
        // Freed by it, or in its hands and freed by recovery; those it hadn't come to are left.
        const existing = new Set<number>();
        survivor.allocator.forEachBlock((address) => void existing.add(address));
        for (const place of frees) {
          if (!existing.has(blocks[place] as number)) known.delete(blocks[place] as number);
          else assert.ok(killed);
        }
        check(survivor, known);
        if (!killed) return assert.ok(after > 5, "there were writes");
        for (const bytes of [granules(3), 64, 60_000]) allocate(survivor, known, bytes);
        check(survivor, known);
      }
    }));
}

for (const seed of [1, 2, 3, 4]) {
  test(`any order of sizes, killed at any write, seed ${seed}`, () =>
    withCountedAtomics(() => {
      const below = randomFrom(seed), { survivor, kill } = pair(), known = new Map<number, Known>();
      const generations = new Set<number>();
      const size = () =>
        [64, 500, 5000, 100_000, 200_000, granules(1 + below(6)), granules(1 + below(20))][below(7)] as number;
      for (let step = 0, full = 0; step < 600; step++) {
        const blocks = [...known.keys()], address = blocks[below(blocks.length || 1)];
        const bytes = size(), frees = address !== undefined && below(GRANULES * 2) < blocks.length + full;
        try {
          if (below(3) === 0) {
            // Either was done, or nothing, or half of it in its hands: then it was recovered.
            const killed = kill(below(60), ({ allocator }) => {
              if (!frees) return void allocator.allocate(bytes);
              allocator.extract(address);
              allocator.free(address);
            });
            if (frees) {
              let isThere = false;
              survivor.allocator.forEachBlock((one) => void (isThere ||= one === address));
              assert.ok(killed || !isThere);
              if (!isThere) known.delete(address);
            }
          } else if (frees) free(survivor, known, address);
          else {
            const { generation } = known.get(allocate(survivor, known, bytes)) as Known;
            assert.ok(!generations.has(generation));
            generations.add(generation);
          }
          full = Math.max(0, full - 1);
        } catch (error) {
          if (!(error instanceof RangeError) || !error.message.startsWith("Cannot allocate")) throw error;
          full = 20;
        }
        check(survivor, known);
      }
    }));
}

/** Memory of workers that notes which granules were thrown away. */
class NotingBacking extends WorkerBacking {
  readonly discarded: number[] = [];

  override discard(byteOffset: number, byteLength: number): boolean {
    for (let at = byteOffset; at < byteOffset + byteLength; at += GRANULE_BYTES) {
      this.discarded.push(at / GRANULE_BYTES);
    }
    return true;
  }
}

test("of what is free, so many granules keep their pages, and never does one in use lose them", () => {
  const most = 4 * KEPT, memory = new SharedArrayBuffer(0, { maxByteLength: CONTROL_BYTES + most * GRANULE_BYTES });
  const backing = new NotingBacking(memory), arena = new Arena(backing, true);
  const allocator = new Allocator(arena, { self: 1, alive: () => true, nameOf: String, probe() {} });
  const withPages = new Set<number>(), inUse = new Set<number>(), blocks: { address: number; of: number[] }[] = [];
  const look = () => {
    for (const granule of backing.discarded.splice(0)) {
      assert.ok(!inUse.has(granule), `granule ${granule} is in use`);
      withPages.delete(granule);
    }
    const kept = [...withPages].filter((granule) => !inUse.has(granule)).length;
    assert.ok(kept <= KEPT, `${kept} free granules keep their pages`);
    return kept;
  };
  const take = (count: number) => {
    const address = allocator.allocate(granules(count)), first = address / GRANULE_WORDS;
    const of = Array.from({ length: count }, (_, i) => first + i);
    for (const granule of of) {
      assert.ok(!inUse.has(granule));
      inUse.add(granule);
      withPages.add(granule);
    }
    blocks.push({ address, of });
  };
  const give = (index: number) => {
    for (const { address, of } of blocks.splice(index, 1)) {
      for (const granule of of) inUse.delete(granule);
      allocator.free(address);
    }
    return look();
  };

  take(5);
  assert.equal(give(0), 5);
  take(5);
  assert.equal(give(0), 5, "the same again");
  take(KEPT + 1);
  assert.equal(give(0), 0, "a large one keeps none, also not those that it was made of");
  take(KEPT);
  take(3);
  assert.equal(give(0), KEPT);
  assert.equal(give(0), 3, "the last ones take the place of those before");
  const random = randomFrom(1);
  for (let i = 0; i < 2000; i++) {
    if (blocks.length > 8 || (blocks.length > 0 && random(2) === 0)) give(random(blocks.length));
    else take(1 + random(most / 16));
  }
});
