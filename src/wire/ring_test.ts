/** Rings: frames come out as they went in, once and in order, and leave nothing behind, whoever is killed in between. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { test } from "node:test";
import { kindsAreComplete, registerCare } from "../family/care.ts";
import type { Family } from "../family/family.ts";
import { census, objectOf, payloadOf, relatives } from "../family/testing.ts";
import { LOCK_WORDS } from "../memory/layout.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { atEachStep, killedAt } from "../memory/testing.ts";
import { disposeBlock, releaseHolder } from "../objects/blocks.ts";
import { recovery } from "../objects/recovery.ts";
import { discardFrame, openMessage, rawParcel, storeParcel } from "./parcels.ts";
import { disposeRing, initRing, LARGE_FRAME, Ring, RING_WORDS } from "./ring.ts";

const KIND_RING = 97;
registerCare(KIND_RING, {
  locks: [0],
  waitQueues: [],
  dispose(family, segment, at) {
    disposeRing(family, new RobustLock(family.arena, family, segment, at, "a ring"), segment, at + LOCK_WORDS);
  },
});
kindsAreComplete(recovery);

/** One agent's end of a ring. */
class End {
  readonly family: Family;
  readonly address: number;
  readonly lock: RobustLock;
  readonly ring: Ring;

  constructor(family: Family, address: number) {
    const { segment, at } = payloadOf(family, address);
    this.family = family;
    this.address = address;
    this.lock = new RobustLock(family.arena, family, segment, at, "a ring");
    this.ring = new Ring(family, this.lock, segment, at + LOCK_WORDS);
  }

  push(bytes: Uint8Array): void {
    const parcel = rawParcel(bytes);
    storeParcel(this.family, parcel);
    this.lock.with(() => {
      this.ring.push(parcel);
      this.lock.commit();
    });
  }

  shift(): Uint8Array {
    assert(this.ring.count > 0);
    const frame = this.lock.with(() => {
      assert(this.ring.raw);
      const frame = this.ring.shift();
      this.lock.commit();
      return frame;
    });
    // What openMessage does with a message, of which raw bytes have no list of handles.
    if (frame.large !== 0) return openMessage(this.family, frame, (bytes) => bytes.slice());
    const bytes = frame.bytes.slice(0, frame.size);
    discardFrame(this.family, frame);
    return bytes;
  }

  *drain(): Generator<Uint8Array> {
    while (this.ring.count > 0) yield this.shift();
  }
}

function ringOf(count: number): End[] {
  const family = relatives(count), root = family[0] as Family;
  const address = objectOf(root, LOCK_WORDS + RING_WORDS, KIND_RING), { segment, at } = payloadOf(root, address);
  initRing(root, new RobustLock(root.arena, root, segment, at, "a ring"), segment, at + LOCK_WORDS);
  return family.map((one) => new End(one, address));
}

/** Bytes that no other frame has. */
function frame(id: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = id * 31 + i * 7;
  return bytes;
}

const equal = (a: Uint8Array, b: Uint8Array | undefined) => b !== undefined && Buffer.compare(a, b) === 0;

/** One ring block, the ring's object, and nothing else. */
const empty = { objects: 1, parts: 1, inHands: 0 };

function release({ family, address }: End): void {
  releaseHolder(family, { address, generation: family.allocator.generationOf(address) });
}

/** The last handle goes: all must be free. */
function close(end: End): void {
  release(end);
  assert.deepEqual(census(end.family), { objects: 0, parts: 0, inHands: 0 });
}

const frameSizes = fc.oneof(
  { weight: 8, arbitrary: fc.nat(300) },
  { weight: 3, arbitrary: fc.integer({ min: 300, max: 9000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 9000, max: LARGE_FRAME + 5000 }) },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, 3, 4, 5, LARGE_FRAME - 1, LARGE_FRAME, LARGE_FRAME + 1) },
);

test("frames of all sizes come out in order, whoever writes and reads; what they took is given back", () => {
  const steps = fc.array(fc.tuple(fc.constantFrom("in", "in", "in", "out", "out"), fc.nat(2), frameSizes), {
    maxLength: 120,
  });
  fc.assert(
    fc.property(steps, (steps) => {
      const ends = ringOf(3), root = ends[0] as End, model: Uint8Array[] = [];
      let id = 0;
      for (const [what, who, size] of steps) {
        const end = ends[who] as End;
        if (what === "in") {
          const bytes = frame(id++, size);
          model.push(bytes);
          end.push(bytes);
        } else if (model.length > 0) assert(equal(end.shift(), model.shift()));
        assert.equal(root.ring.count, model.length);
        // A large one weighs its empty list of handles too.
        assert.equal(
          root.ring.bytes,
          model.reduce((sum, { length }) => sum + length + (length > LARGE_FRAME ? 4 : 0), 0),
        );
      }
      for (const bytes of root.drain()) assert(equal(bytes, model.shift()));
      assert.equal(model.length, 0);
      assert.deepEqual(census(root.family), empty);
      close(root);
    }),
    { numRuns: 60 },
  );
});

test("round the area at every place: a frame just fits before the end, before the head, or not quite", () => {
  const words = (8192 - 64) / 4 - 1; // of the first block's area
  for (const before of [1, 2, 3, 500, words - 3, words - 2, words - 1]) {
    for (const kept of [0, 1]) {
      for (let off = -3; off <= 3; off++) {
        for (const behind of [0, 1, before - 2, before - 1, before, before + 1]) {
          const [writer, reader] = ringOf(2) as [End, End], model: Uint8Array[] = [];
          const push = (count: number) => {
            if (count < 1 || count > words * 2) return;
            model.push(frame(model.length, (count - 1) * 4)); // a frame of `count` words
            writer.push(model.at(-1) as Uint8Array);
          };
          push(before);
          if (kept === 1) push(2);
          assert(equal(reader.shift(), model.shift()));
          push(words - before - 2 * kept + off);
          push(behind);
          push(1);
          for (const bytes of reader.drain()) {
            assert(equal(bytes, model.shift()), `before ${before}, kept ${kept}, off ${off}, behind ${behind}`);
          }
          assert.equal(model.length, 0);
          push(5);
          assert(equal(reader.shift(), model.shift()));
          assert.deepEqual(census(reader.family), empty);
        }
      }
    }
  }
});

test("a block that is filled to its last word, unread, loses nothing", () => {
  const words = (8192 - 64) / 4 - 1;
  for (let off = -3; off <= 3; off++) {
    for (const first of [1, 2, 1000]) {
      const [writer, reader] = ringOf(2) as [End, End];
      const sizes = [first, words - first + off, 1, 2].map((count) => (count - 1) * 4);
      for (const [id, size] of sizes.entries()) writer.push(frame(id, size));
      for (const [id, size] of sizes.entries()) assert(equal(reader.shift(), frame(id, size)), `${off}, frame ${id}`);
      assert.deepEqual(census(reader.family), empty);
    }
  }
});

test("a full ring grows by a chain of blocks, and whoever reads frees them one by one", () => {
  const [writer, reader] = ringOf(2) as [End, End];
  const count = 1000, size = 3000;
  for (let i = 0; i < count; i++) writer.push(frame(i, size));
  const { parts } = census(reader.family);
  assert(parts > 2, `${parts} blocks`);
  assert.equal(reader.ring.bytes, count * size);
  let most = parts;
  for (let i = 0; i < count; i++) {
    assert(equal(reader.shift(), frame(i, size)));
    const now = census(reader.family);
    assert(now.parts <= most && now.inHands === 0);
    most = now.parts;
  }
  assert.deepEqual(census(reader.family), empty);
  // From now on the largest serves: it doesn't grow again.
  for (let i = 0; i < 50; i++) writer.push(frame(i, size));
  assert.equal(census(reader.family).parts, 1);
});

test("a frame of the limit lies in the ring, one byte more in a block of its own; several are the ring's until they are read", () => {
  const [writer, reader] = ringOf(2) as [End, End];
  writer.push(frame(1, LARGE_FRAME));
  const { parts } = census(writer.family);
  writer.push(frame(2, LARGE_FRAME + 1));
  writer.push(frame(3, 1_000_000));
  assert.deepEqual(census(writer.family), { objects: 1, parts: parts + 2, inHands: 0 });
  assert(equal(reader.shift(), frame(1, LARGE_FRAME)));
  assert(equal(reader.shift(), frame(2, LARGE_FRAME + 1)));
  assert.deepEqual(census(reader.family), { objects: 1, parts: 2, inHands: 0 });
  close(writer); // with the third in it
});

test("a frame that was staged and not committed was never there", () => {
  const [writer, reader] = ringOf(2) as [End, End];
  for (let i = 0; i < 40; i++) {
    const lost = rawParcel(frame(i, 900));
    writer.lock.with(() => writer.ring.push(lost));
    assert.equal(reader.ring.count, 0);
    writer.push(frame(i, 700));
    reader.lock.with(() => void reader.ring.shift());
    assert.equal(reader.ring.count, 1);
    assert(equal(reader.shift(), frame(i, 700)));
  }
});

/** Kills an agent at each step of what it does with a ring of three frames; the rest must be as before it or after it. */
function killAtEachStep(size: number, act: (end: End) => void, outcomes: readonly (readonly number[])[]): void {
  const seen = new Set<string>();
  const steps = atEachStep((step) => {
    const [root, victim] = ringOf(2) as [End, End];
    for (let i = 0; i < 3; i++) root.push(frame(i, size));
    const isKilled = killedAt(step, () => act(victim));
    root.family.agents.declareDead(victim.family.self);
    recovery.recover(root.family, victim.family.self);
    assert.equal(census(root.family).inHands, 0, `killed at ${step}`);
    root.push(frame(9, size));
    const left = [...root.drain()].map((bytes) => [0, 1, 2, 3, 9].find((id) => equal(bytes, frame(id, size))));
    assert(outcomes.some((one) => String([...one, 9]) === String(left)), `killed at ${step}, ${left} were left`);
    seen.add(String(left));
    assert.deepEqual(census(root.family), empty, `killed at ${step}`);
    close(root);
    return isKilled;
  });
  assert.equal(seen.size, outcomes.length, "it was killed before its change and after it");
  assert(steps > 3, `${steps} steps`);
}

for (const size of [100, 2700, LARGE_FRAME, LARGE_FRAME + 1]) {
  test(`killed at any step of putting a frame of ${size} bytes: it is there, whole, or isn't`, () => {
    killAtEachStep(size, (end) => end.push(frame(3, size)), [[0, 1, 2], [0, 1, 2, 3]]);
  });

  test(`killed at any step of taking a frame of ${size} bytes: it is there, or gone with all it had`, () => {
    killAtEachStep(size, (end) => void end.shift(), [[0, 1, 2], [1, 2]]);
  });
}

test("killed at any step of freeing a ring: the next frees what is left", () => {
  atEachStep((step) => {
    const [root, victim] = ringOf(2) as [End, End];
    for (const size of [100, 7000, LARGE_FRAME + 1, 30_000, 5]) root.push(frame(size, size));
    assert(victim.family.allocator.addHolder(victim.address));
    release(root);
    const isKilled = killedAt(step, () => {
      release(victim);
    });
    root.family.agents.declareDead(victim.family.self);
    recovery.recover(root.family, victim.family.self);
    assert.deepEqual(census(root.family), { objects: 0, parts: 0, inHands: 0 }, `killed at ${step}`);
    disposeBlock(root.family, root.address); // a second recoverer, who comes late
    return isKilled;
  });
});
