/** The short way writes what msgpackr reads, reads what msgpackr writes, and leaves everything else to it. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { isPlain } from "./plain.ts";
import { pack, unpack } from "./msgpack.ts";
import { readSmall, unread } from "./small_reader.ts";
import { writeSmall } from "./small_writer.ts";

const START = 3;
const into = new Uint8Array(1000);

const values = fc.anything({ withSparseArray: true, withBigInt: true, withDate: true, withTypedArray: true });
const small = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.integer(),
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 70 }),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.dictionary(fc.string(), tie("value"), { maxKeys: 5 }),
  ),
})).value;

test("what is written is read by msgpackr and by us", () => {
  let written = 0;
  fc.assert(
    fc.property(fc.oneof(small, values), (value) => {
      const end = writeSmall(value, into, START);
      if (end < 0) return;
      written++;
      assert(isPlain(value), "only plain values go the short way");
      assert.deepEqual(unpack(into.slice(START, end), 0, end - START), value);
      assert.deepEqual(readSmall(into, START, end), value);
    }),
    { numRuns: 3000 },
  );
  assert(written > 500, `${written} values went the short way`);
});

test("what msgpackr writes is read alike, or left to it", () => {
  let read = 0;
  fc.assert(
    fc.property(small, (value) => {
      if (!isPlain(value)) return;
      const bytes = pack(value, 0);
      const result = readSmall(bytes, 0, bytes.length);
      if (result === unread) return;
      read++;
      assert.deepEqual(result, value);
    }),
    { numRuns: 3000 },
  );
  assert(read > 500, `${read} values were read the short way`);
});

test("malformed bytes are left to msgpackr", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
    readSmall(bytes, 0, bytes.length);
  }));
  const end = writeSmall({ id: 1, name: "a name" }, into, 0);
  for (let stop = 0; stop < end; stop++) assert.equal(readSmall(into, 0, stop), unread);
  assert.equal(readSmall(into, 0, end + 1), unread);
});

test("the longest that fits is written, what is one longer isn't", () => {
  const text = "x".repeat(60), room = new Uint8Array(62);
  assert.equal(writeSmall(text, room, 0), 62);
  assert.equal(writeSmall(text, room, 1), -1);
  assert.equal(writeSmall(text, room.subarray(1), 0), -1);
});
