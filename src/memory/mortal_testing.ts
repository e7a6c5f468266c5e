/** A family of two for the tests of the memory: one of them can be killed before any of its writes, the other looks at what is left. */

import assert from "node:assert/strict";
import { Allocator } from "./allocator.ts";
import { Arena, type Segment } from "./arena.ts";
import { WorkerBacking } from "./backing.ts";
import { hasBit } from "./bitmap.ts";
import {
  BLOCK_FREE,
  BLOCK_TRANSIT,
  C_EMPTY_SLABS,
  C_FREE_GRANULES,
  C_GRANULE_TABLE,
  C_GRANULES,
  C_KEPT,
  C_OPEN_SLABS,
  C_SLAB_TABLE,
  CONTROL_BYTES,
  CONTROL_GRANULES,
  GRANULE_BYTES,
  GRANULE_WORDS,
  H_LINK,
  H_NEXT,
  H_STATE,
  HEADER_WORDS,
  MIN_CLASS,
  OWN_SEGMENT_CLASS,
  RUN_FREE,
  RUN_INNER,
  RUN_USED,
} from "./layout.ts";

const SURVIVOR = 1, VICTIM = 2;
export const GRANULES = 40;

// ── an agent that can be killed ──

class Killed extends Error {}

/** How many writes are left to the victim before it is killed; after that it writes nothing, whatever code still runs. */
let left = Infinity;

/** Asked before each write of the victim: false = it is dead. */
function writes(): boolean {
  if (left < 0) return false;
  if (left-- > 0) return true;
  throw new Killed();
}

const bare = new WeakMap<object, Int32Array>();

/** The same words, each write to which is counted. */
function counted(i32: Int32Array): Int32Array {
  const proxy = new Proxy(i32, {
    get(target, key) {
      if (key === "fill") {
        return (value: number, from: number, to: number) => {
          for (let at = from; at < to; at++) if (writes()) target[at] = value;
        };
      }
      return Reflect.get(target, key, target);
    },
    set(target, key, value) {
      return writes() ? Reflect.set(target, key, value, target) : true;
    },
  });
  bare.set(proxy, i32);
  return proxy;
}

/** Runs `body` while Atomics understands counted words. */
export function withCountedAtomics(body: () => void): void {
  const real = { load: Atomics.load, store: Atomics.store, or: Atomics.or, compareExchange: Atomics.compareExchange };
  const { load, store, or, compareExchange } = real;
  Object.assign(Atomics, {
    load: (words: Int32Array, at: number) => load(bare.get(words) ?? words, at),
    store(words: Int32Array, at: number, value: number) {
      const target = bare.get(words);
      return target === undefined ? store(words, at, value) : writes() ? store(target, at, value) : value;
    },
    or(words: Int32Array, at: number, value: number) {
      const target = bare.get(words);
      return target === undefined ? or(words, at, value) : writes() ? or(target, at, value) : 0;
    },
    compareExchange(words: Int32Array, at: number, from: number, to: number) {
      const target = bare.get(words);
      return target === undefined || writes() ? compareExchange(target ?? words, at, from, to) : from;
    },
  });
  try {
    body();
  } finally {
    Object.assign(Atomics, real);
  }
}

/** Memory of workers, except that what is thrown away is gone. */
class DiscardingBacking extends WorkerBacking {
  override discard(byteOffset: number, byteLength: number): boolean {
    new Uint8Array(this.memory, byteOffset, byteLength).fill(0);
    return true;
  }
}

class CountedArena extends Arena {
  constructor(memory: SharedArrayBuffer) {
    super(new DiscardingBacking(memory), false);
    const control = super.segment(0);
    Object.assign(this, { control: counted(control.i32) });
    Object.assign(control, { i32: this.control });
  }

  override mapAs(first: number, entry: number): Segment {
    const segment = super.mapAs(first, entry);
    if (!bare.has(segment.i32)) Object.assign(segment, { i32: counted(segment.i32) });
    return segment;
  }
}

// ── a family of two ──

export interface Agent {
  readonly arena: Arena;
  readonly allocator: Allocator;
}

export interface Pair {
  readonly survivor: Agent;
  /** Does something as a victim that is killed after so many writes; whether it was. Then recovers what it had in hand. */
  kill(after: number, act: (victim: Agent) => void): boolean;
}

function agent(arena: Arena, self: number, dead: Set<number>): Agent {
  const alive = (owner: number) => !dead.has(owner);
  return { arena, allocator: new Allocator(arena, { self, alive, nameOf: String, probe() {} }) };
}

export function pair(granules = GRANULES): Pair {
  const memory = new SharedArrayBuffer(0, { maxByteLength: CONTROL_BYTES + granules * GRANULE_BYTES });
  const arena = new Arena(new DiscardingBacking(memory), true), dead = new Set<number>();
  const survivor = agent(arena, SURVIVOR, dead);
  return {
    survivor,
    kill(after, act) {
      dead.clear();
      const victim = agent(new CountedArena(memory), VICTIM, dead);
      left = after;
      let killed = false;
      try {
        act(victim);
      } catch (error) {
        if (!(error instanceof Killed)) throw error;
        killed = true;
      }
      left = Infinity;
      dead.add(VICTIM);
      const { allocator } = survivor, inHand: number[] = [];
      allocator.still(() => {});
      allocator.forEachBlock((address, { i32 }, at) => {
        if (i32[at + H_STATE] === BLOCK_TRANSIT && i32[at + H_LINK] === VICTIM) inHand.push(address);
      });
      for (const address of inHand) {
        assert.ok(allocator.adopt(address, VICTIM));
        allocator.free(address);
      }
      return killed;
    },
  };
}

/** What the test knows of a block in use. */
export interface Known {
  readonly bytes: number;
  readonly generation: number;
}

/** Marks the payload's ends, so that a write of anyone else's shows. */
function mark({ arena }: Agent, address: number, { bytes, generation }: Known): void {
  const { i32, start } = arena.segment(address), payload = address - start + HEADER_WORDS;
  i32[payload] = generation;
  i32[payload + (bytes >>> 2) - 1] = generation;
}

/** All that must hold of the tables, and that the blocks in use are exactly those, each unharmed. */
export function check({ arena, allocator }: Agent, known: ReadonlyMap<number, Known>): void {
  const { control } = arena, end = control[C_GRANULES] as number;
  const word = (at: number) => control[at] as number;
  const open = new Set<number>();
  for (let sizeClass = MIN_CLASS; sizeClass < OWN_SEGMENT_CLASS; sizeClass++) {
    for (let slab = word(C_OPEN_SLABS + sizeClass); slab !== 0; slab = word(C_SLAB_TABLE + 2 * slab + 1) & 0xffff) {
      assert.ok(!open.has(slab), `slab ${slab} is in a list twice`);
      open.add(slab);
      assert.equal(word(C_GRANULE_TABLE + slab), RUN_USED | sizeClass << 16 | 1);
    }
  }
  let free = 0, empty = 0, wasFree = false, granule = CONTROL_GRANULES, all = 0;
  while (granule < end) {
    const entry = word(C_GRANULE_TABLE + granule), count = entry & 0xffff, isFree = (entry & RUN_FREE) !== 0;
    assert.ok(count > 0 && (isFree || (entry & RUN_USED) !== 0), `granule ${granule} begins no run`);
    assert.ok(!(isFree && wasFree), `two free runs meet at ${granule}`);
    for (let inner = 1; inner < count; inner++) {
      const other = word(C_GRANULE_TABLE + granule + inner);
      if (!isFree || inner === count - 1) assert.equal(other, RUN_INNER | granule);
      else assert.equal(other & ~0xffff, RUN_INNER);
    }
    if (isFree) free += count;
    else for (let one = granule; one < granule + count; one++) assert.ok(!hasBit(control, C_KEPT, one));
    const sizeClass = (entry >>> 16) & 0xff,
      { i32 } = isFree ? { i32: control } : arena.segment(granule * GRANULE_WORDS);
    if (!isFree && sizeClass === 0) {
      assert.notEqual(i32[H_STATE], BLOCK_FREE, `the block at granule ${granule} is lost`);
    }
    if (sizeClass !== 0) {
      const list = word(C_SLAB_TABLE + 2 * granule), begun = word(C_SLAB_TABLE + 2 * granule + 1) >>> 16;
      const blocks = GRANULE_BYTES >>> sizeClass, used = list & 0xffff, step = 1 << (sizeClass - 2);
      let inUse = 0;
      for (let block = 0; block < begun; block++) if (i32[block * step + H_STATE] !== BLOCK_FREE) inUse++;
      assert.equal(used, inUse);
      const listed = new Set<number>();
      for (let next = list >>> 16; next !== 0; next = i32[(next - 1) * step + H_NEXT] as number) {
        assert.ok(!listed.has(next) && next <= begun);
        listed.add(next);
        assert.equal(i32[(next - 1) * step + H_STATE], BLOCK_FREE);
      }
      assert.equal(listed.size + used, begun, `slab ${granule} lost a block`);
      assert.equal(open.delete(granule), listed.size > 0 || begun < blocks, `slab ${granule}'s place in the list`);
      if (used === 0) empty++;
    }
    wasFree = isFree;
    granule += count;
    all += count;
  }
  assert.equal(granule, end);
  assert.equal(all, end - CONTROL_GRANULES);
  assert.deepEqual([word(C_FREE_GRANULES), word(C_EMPTY_SLABS), open.size], [free, empty, 0]);

  const seen: [number, number][] = [];
  allocator.forEachBlock((address, segment, at, generation) => {
    const one = known.get(address);
    assert.ok(one !== undefined, `a block at ${address} that nobody has`);
    assert.equal(generation, one.generation);
    assert.ok(segment.capacity >= one.bytes && at * 4 + HEADER_WORDS * 4 + segment.capacity <= segment.u8.length);
    const payload = at + HEADER_WORDS;
    assert.equal(segment.i32[payload], generation);
    assert.equal(segment.i32[payload + (one.bytes >>> 2) - 1], generation);
    seen.push([address, address + HEADER_WORDS + segment.capacity / 4]);
  });
  assert.equal(seen.length, known.size, "blocks are lost");
  seen.sort(([a], [b]) => a - b);
  for (let i = 1; i < seen.length; i++) {
    assert.ok((seen[i] as [number, number])[0] >= (seen[i - 1] as [number, number])[1], "two blocks overlap");
  }
}

/** A block that is an object's: one that is in nobody's hands. */
export function allocate(one: Agent, known: Map<number, Known>, bytes: number): number {
  const address = one.allocator.allocate(bytes);
  const block = { bytes, generation: one.allocator.generationOf(address) };
  one.allocator.embed(address);
  assert.ok(!known.has(address));
  known.set(address, block);
  mark(one, address, block);
  return address;
}

export function free({ allocator }: Agent, known: Map<number, Known>, address: number): void {
  allocator.extract(address);
  allocator.free(address);
  known.delete(address);
}

export const granules = (count: number) => count * GRANULE_BYTES - HEADER_WORDS * 4;
