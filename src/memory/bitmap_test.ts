/** Tests of bitmaps: every index has a bit of its own, and who changed it is told. */

import assert from "node:assert/strict";
import test from "node:test";
import { clearBit, hasBit, maskOf, setBit, wordOf, wordsBelow } from "./bitmap.ts";

test("every index has a bit of its own, behind where the bitmap begins", () => {
  const at = 3, i32 = new Int32Array(new SharedArrayBuffer((at + 8 + 1) * 4));
  for (let index = 0; index < 256; index++) {
    assert(!hasBit(i32, at, index) && !clearBit(i32, at, index));
    assert(setBit(i32, at, index) && !setBit(i32, at, index) && hasBit(i32, at, index));
    assert.equal((i32[at + wordOf(index)] as number) & maskOf(index), maskOf(index));
  }
  assert.deepEqual([...i32], [0, 0, 0, -1, -1, -1, -1, -1, -1, -1, -1, 0]);
  for (let index = 0; index < 256; index += 2) assert(clearBit(i32, at, index) && !clearBit(i32, at, index));
  for (let index = 0; index < 256; index++) assert.equal(hasBit(i32, at, index), index % 2 === 1);
});

test("as many words as hold the indices below an end", () => {
  assert.deepEqual([0, 1, 32, 33, 256].map(wordsBelow), [0, 1, 1, 2, 8]);
});
