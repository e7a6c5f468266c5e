/** Tests of values in parts: the same bytes wherever they are written, the large ones copied only then. */

import assert from "node:assert/strict";
import test from "node:test";
import { decode, encode, encodeInParts, writeEncoded } from "./codec.ts";
import { link } from "./testing.ts";

test("what buffers contain is copied once, to its place, with nothing of what was there between", () => {
  const bytes = new Uint8Array(100_001).fill(1), doubles = new Float64Array(3).fill(0.5);
  const tail = new Uint8Array(5).fill(2);
  const value = { bytes, inside: [doubles, tail], again: bytes };
  const whole = encode(value, link).slice(), encoded = encodeInParts(value, link);
  assert.equal(encoded.length, whole.length);
  const sources = encoded.parts.map((part) => part.bytes.buffer);
  assert.deepEqual(sources.map((source) => [bytes, doubles, tail].findIndex(({ buffer }) => buffer === source)), [
    0,
    1,
    2,
  ]);
  for (const at of [0, 3, 8]) {
    const to = new Uint8Array(at + encoded.length + 4).fill(0xee);
    writeEncoded(encoded, to, at);
    assert.ok(to.subarray(0, at).every((byte) => byte === 0xee));
    assert.ok(to.subarray(at + encoded.length).every((byte) => byte === 0xee));
    const written = to.subarray(at, at + encoded.length);
    assert.deepEqual(written, whole);
    assert.deepEqual(decode(written, link), value);
  }
});

test("numbers are read wherever a message begins", () => {
  for (const numbers of [Array.from({ length: 100 }, (_, i) => i), Array.from({ length: 100 }, (_, i) => i + 0.5)]) {
    const bytes = encode(numbers, link);
    for (let at = 0; at < 9; at++) {
      const to = new Uint8Array(at + bytes.length);
      to.set(bytes, at);
      assert.deepEqual(decode(to.subarray(at), link), numbers);
    }
  }
});
