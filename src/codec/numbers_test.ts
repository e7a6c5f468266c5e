/** Tests of long arrays of numbers: exactly the same numbers arrive, and nothing that only looks like such an array. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import test from "node:test";
import { decode, encode } from "./codec.ts";
import { link, refuses, roundTrip } from "./testing.ts";

const form = (value: unknown) => encode(value, link)[1];
const integers = (length: number) => Array.from({ length }, (_, i) => (i * 2_654_435_761) | 0);

/** deepStrictEqual, for long arrays, -0 and NaN told apart. */
function same(actual: readonly unknown[], expected: readonly unknown[]): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) assert.fail(`[${i}]: ${String(actual[i])}, not ${String(expected[i])}`);
  }
}

test("long arrays of integers travel as 4 bytes each, other numbers as 8", () => {
  for (const length of [65, 66, 1000, 100_001]) {
    const array = integers(length);
    assert.equal(encode(array, link).length, 8 + 4 * length);
    same(roundTrip(array), array);
    const halves = array.map((element) => element / 2);
    assert.equal(encode(halves, link).length, 8 + 8 * length);
    same(roundTrip(halves), halves);
  }
});

test("every number arrives exactly, wherever it is", () => {
  const { MAX_VALUE, MIN_VALUE, MAX_SAFE_INTEGER } = Number;
  const odd = [
    -0,
    NaN,
    Infinity,
    -Infinity,
    2 ** 31,
    -(2 ** 31),
    2 ** 31 - 1,
    -(2 ** 31) - 1,
    0.1,
    MIN_VALUE,
    MAX_VALUE,
  ];
  for (const number of [...odd, MAX_SAFE_INTEGER, -1]) {
    for (const at of [0, 1, 50, 98, 99]) {
      const array = integers(100);
      array[at] = number;
      assert.equal(form(array), 2);
      same(roundTrip(array), array);
    }
  }
});

test("the array that arrives is an ordinary one", () => {
  const array = roundTrip(integers(100));
  assert.equal(Object.getPrototypeOf(array), Array.prototype);
  assert.equal(array.push(5), 101);
  assert.deepEqual(Object.keys(array).length, 101);
});

test("what isn't nothing but numbers goes another way, unchanged", () => {
  for (const other of ["1", 1n, true, null, undefined, [1], new Date(0), { valueOf: undefined }]) {
    for (const at of [0, 50, 99]) {
      const array: unknown[] = integers(100);
      array[at] = other;
      assert.notEqual(form(array), 2);
      assert.deepStrictEqual(roundTrip(array), array);
    }
  }
  assert.notEqual(form(integers(64)), 2);
  assert.notEqual(form(Float64Array.from(integers(100))), 2);
});

test("holes stay holes", () => {
  for (const at of [0, 50, 98]) {
    const array = integers(100);
    delete array[at];
    const result = roundTrip(array);
    assert(!(at in result));
    assert.deepStrictEqual(result, array);
  }
  const array = integers(100);
  array.length = 101;
  assert.deepStrictEqual(roundTrip(array), array);
});

test("what would be lost is refused", () => {
  refuses(Object.assign(integers(100), { name: "x" }), /extra property "name"/);
  refuses(Object.assign(integers(100), { [Symbol("s")]: 1 }), /symbol key/);
  refuses(Object.defineProperty(integers(100), "hidden", { value: 1 }), /extra property "hidden"/);
  class Numbers extends Array<number> {}
  refuses(Numbers.from(integers(100)), /Numbers/);
});

test("the bytes are the same on every runtime", () => {
  const hash = (value: unknown) => createHash("sha256").update(encode(value, link)).digest("hex").slice(0, 16);
  assert.equal(hash(integers(1000)), "20ccd20358b04980");
  assert.equal(hash([...integers(1000), 0.1, -0, NaN, 0 / 0, Infinity, Math.sqrt(-1)]), "c8dc239e477648f7");
});

test("malformed bytes are refused", () => {
  const bytes = encode(integers(100), link).slice();
  const refused = (change: (bytes: Uint8Array) => Uint8Array | void) => {
    const copy = bytes.slice();
    assert.throws(() => decode(change(copy) ?? copy, link), { name: "SerializationError" });
  };
  refused((all) => all.subarray(0, -1));
  refused((all) => all.subarray(0, 8));
  refused((all) => all.subarray(0, 3));
  refused((all) => void (all[2] = 1));
  refused((all) => void (all[2] = 7));
  refused((all) => void (all[4] = 99));
  refused((all) => void all.fill(0xff, 4, 8));
});

test("bytes that begin anywhere, and in shared memory, can be read", () => {
  const array = integers(100).map((element) => element / 4), bytes = encode(array, link).slice();
  for (let offset = 0; offset < 9; offset++) {
    const shared = new Uint8Array(new SharedArrayBuffer(offset + bytes.length), offset);
    shared.set(bytes);
    same(decode(shared, link) as number[], array);
  }
});
