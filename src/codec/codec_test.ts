/** Tests of the codec: what travels, and as which bytes. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import { isPlain } from "./plain.ts";
import { decode, encode, registerCodec, VERSION } from "./codec.ts";
import { link, refuses, roundTrip, travels } from "./testing.ts";

test("primitives travel exactly", () => {
  for (const value of [undefined, null, true, false, "", "abc", "é中😀", "x".repeat(100_000), "é".repeat(70_000)]) {
    travels(value);
  }
  const { MAX_SAFE_INTEGER: max, MIN_VALUE, MAX_VALUE } = Number;
  for (
    const value of [
      0,
      -0,
      1,
      -1,
      127,
      128,
      255,
      256,
      65535,
      65536,
      2 ** 31,
      2 ** 32,
      2 ** 53,
      max,
      -max,
      0.1,
      MIN_VALUE,
      MAX_VALUE,
    ]
  ) {
    travels(value);
    travels(-value);
  }
  for (const value of [NaN, Infinity, -Infinity]) travels(value);
});

test("every integer near a power of two travels", () => {
  for (let power = 0; power < 54; power++) {
    for (const offset of [-1, 0, 1]) travels(2 ** power + offset), travels(-(2 ** power) + offset);
  }
});

test("bigints of any size travel", () => {
  for (const bits of [0n, 1n, 31n, 32n, 53n, 63n, 64n, 65n, 127n, 128n, 1000n, 100_000n]) {
    for (const offset of [-1n, 0n, 1n]) travels(2n ** bits + offset), travels(-(2n ** bits) + offset);
  }
});

test("strings that UTF-8 can't carry travel", () => {
  for (
    const text of ["\ud800", "a\udc00b", "\udc00\ud800", "\ufeff", "\ufeff" + "x".repeat(100), "\ud800".repeat(10_000)]
  ) {
    travels(text);
    assert.deepStrictEqual(Object.keys(roundTrip({ [text]: 1 })), [text]);
  }
});

test("dates and regular expressions travel", () => {
  for (const time of [0, 1, -1, 1e12 + 0.5, 8.64e15, -8.64e15]) travels(new Date(time));
  assert.equal(roundTrip(new Date(NaN)).getTime(), NaN);
  travels(/a\/b[^]\n/dgimsuy);
  travels(new RegExp("\ud800"));
  const sticky = /x/y;
  sticky.lastIndex = 7;
  assert.equal(roundTrip(sticky).lastIndex, 7);
});

test("plain objects travel, whatever their keys", () => {
  travels({ id: 1, name: "abc", ok: true });
  travels({
    2: "b",
    1: "a",
    "-1": "c",
    "": "d",
    "a b": 1,
    constructor: 1,
    toJSON: 2,
    hasOwnProperty: 3,
    toString: 4,
    then: 5,
  });
  travels({ a: undefined });
  travels(Object.assign(Object.create(null), { a: { b: 1 }, "\ud800": 1 }));
  assert.equal(Object.getPrototypeOf(roundTrip(Object.create(null))), null);
  const large = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`key${i}`, i]));
  assert.deepStrictEqual(roundTrip(large), large);
  assert.deepStrictEqual(Object.keys(roundTrip({ b: -0, 7: 1, a: 2 })), ["7", "b", "a"]);
});

test("an own key __proto__ is data", () => {
  const value = JSON.parse('{"__proto__":{"polluted":true},"a":1}');
  const result = roundTrip(value);
  assert.deepStrictEqual(Object.keys(result), ["__proto__", "a"]);
  assert.equal(Object.getPrototypeOf(result), Object.prototype);
  assert.equal(Object.getOwnPropertyDescriptor(result, "__proto__")?.value.polluted, true);
  assert.equal(({} as { polluted?: boolean }).polluted, undefined);
});

test("arrays travel with their holes", () => {
  travels([]);
  travels([1, [2, [3]], undefined, null]);
  travels(Array.from({ length: 70_000 }, (_, i) => i));
  // deno-lint-ignore no-sparse-arrays
  const holes = [, 1, , undefined, -0, ,];
  const result = roundTrip(holes);
  assert.deepStrictEqual(result, holes);
  assert.deepStrictEqual(Object.keys(result), Object.keys(holes));
});

test("a sparse array is cheap", () => {
  const sparse: unknown[] = [];
  sparse.length = 1e6;
  Object.assign(sparse, { 0: "a", 1000: { b: 1 }, 999_999: "c" });
  const bytes = encode(sparse, link);
  assert(bytes.length < 100);
  const result = decode(bytes, link) as unknown[];
  assert.equal(result.length, 1e6);
  assert.deepStrictEqual(Object.entries(result), Object.entries(sparse));
  const empty = new Array(2 ** 32 - 1);
  assert.equal(roundTrip(empty).length, empty.length);
});

test("maps and sets travel in order", () => {
  travels(new Map<unknown, unknown>([["b", 1], ["a", new Map([[{ k: 1 }, [2]]])], [NaN, NaN], [undefined, null]]));
  travels(new Set<unknown>(["b", "a", 1, "1", null, [1], new Set()]));
  assert.deepStrictEqual([...roundTrip(new Map([["z", 1], ["y", 2], ["1", 3]])).keys()], ["z", "y", "1"]);
  assert.deepStrictEqual([...roundTrip(new Set([3, 1, 2]))], [3, 1, 2]);
});

test("identity and cycles travel", () => {
  const shared = { x: 1 };
  const [a, b] = roundTrip([shared, shared]);
  assert.equal(a, b);
  const object: Record<string, unknown> = { map: new Map(), set: new Set(), list: [] };
  object["self"] = object;
  (object["map"] as Map<unknown, unknown>).set(object["set"], object);
  (object["set"] as Set<unknown>).add(object["list"]).add(object);
  (object["list"] as unknown[]).push(object["map"]);
  const result = roundTrip(object) as { self: unknown; map: Map<unknown, unknown>; set: Set<unknown>; list: unknown[] };
  assert.equal(result.self, result);
  assert.equal(result.map.get(result.set), result);
  assert(result.set.has(result.list) && result.set.has(result));
  assert.equal(result.list[0], result.map);
  const date = new Date(1);
  const dates = roundTrip({ date, again: date, many: Array.from({ length: 50 }, () => date) });
  assert(dates.many.every((item) => item === dates.date) && dates.again === dates.date);
  const rows = Array.from({ length: 100 }, (_, i) => ({ i }));
  const twice = roundTrip([...rows, ...rows]);
  assert.equal(twice[0], twice[100]);
  const error = new Error("x");
  error.cause = error;
  const back = roundTrip(error);
  assert.equal(back.cause, back);
});

test("nesting may be as deep as it likes", () => {
  let list: unknown[] = [];
  let object: unknown = null;
  for (let i = 0; i < 100_000; i++) {
    list = [list];
    object = { object };
  }
  let depth = 0;
  for (let item: unknown = roundTrip(list); Array.isArray(item) && item.length > 0; item = item[0]) depth++;
  assert.equal(depth, 100_000);
  depth = 0;
  for (let item = roundTrip(object) as { object: unknown } | null; item !== null; item = item.object as typeof item) {
    depth++;
  }
  assert.equal(depth, 100_000);
});

test("a path through deep nesting is readable", () => {
  let value: unknown = () => 1;
  for (let i = 0; i < 1000; i++) value = { a: value };
  refuses(value, /^value(\.a){12} … \(976 more\) … (\.a){12} is a function$/);
});

test("buffers and all views travel", () => {
  travels(new ArrayBuffer(0));
  travels(new Uint8Array([1, 2, 3]).buffer);
  for (
    const type of [
      Int8Array,
      Uint8Array,
      Uint8ClampedArray,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      Float32Array,
      Float64Array,
    ]
  ) {
    for (const length of [0, 3, 5000]) travels(new type(Array.from({ length }, (_, i) => i)));
  }
  travels(new Float64Array([NaN, -0, Infinity]));
  travels(new BigInt64Array([-1n, 2n ** 62n]));
  travels(new BigUint64Array([2n ** 64n - 1n]));
  const { Float16Array } = globalThis as unknown as { Float16Array?: typeof Float32Array };
  if (Float16Array !== undefined) travels(new Float16Array([1.5, -0]));
  const view = roundTrip(new DataView(new Uint8Array([1, 2, 3, 4]).buffer, 1, 2));
  assert.equal(view.byteLength, 2);
  assert.equal(view.getUint16(0), 0x0203);
});

test("only the bytes of a view travel", () => {
  const huge = new ArrayBuffer(1 << 20);
  new Uint8Array(huge).set([1, 2, 3], 1001);
  const view = new Uint8Array(huge, 1001, 3);
  for (const value of [view, { deep: [view, -0] }]) assert(encode(value, link).length < 100);
  const result = roundTrip([view, -0])[0] as Uint8Array;
  assert.deepStrictEqual([...result], [1, 2, 3]);
  assert.equal(result.buffer.byteLength, 3);
});

test("views of one buffer keep sharing it", () => {
  const buffer = new ArrayBuffer(4096);
  const value = {
    a: new Uint8Array(buffer, 1003, 10),
    b: new Float64Array(buffer, 1024, 2),
    c: new DataView(buffer, 1010, 1),
  };
  value.b[0] = Math.PI;
  assert(encode(value, link).length < 200);
  const { a, b, c } = roundTrip(value);
  assert.equal(a.buffer, b.buffer);
  assert.equal(b.buffer, c.buffer);
  assert.equal(b[0], Math.PI);
  assert.equal(b.byteOffset - a.byteOffset, 21);
  c.setUint8(0, 99);
  assert.equal(a[7], 99);
  const whole = roundTrip({ view: new Uint8Array(buffer, 8, 8), buffer });
  assert.equal(whole.view.buffer, whole.buffer);
  assert.equal(whole.buffer.byteLength, 4096);
  assert.equal(whole.view.byteOffset, 8);
  const small = new Uint8Array(4);
  const [x, y] = roundTrip([small, small.subarray(1, 3)]) as [Uint8Array, Uint8Array];
  x[1] = 7;
  assert.equal(y[0], 7);
});

test("a Buffer arrives as a Uint8Array with a buffer of its own", () => {
  const buffers = [Buffer.from("abc"), Buffer.from("def")];
  const result = roundTrip(buffers) as Uint8Array[];
  assert.deepStrictEqual(result, [new Uint8Array([97, 98, 99]), new Uint8Array([100, 101, 102])]);
  assert(result.every((bytes) => bytes.byteLength === bytes.buffer.byteLength));
  const [same, again] = roundTrip([buffers[0], buffers[0]]);
  assert.equal(same, again);
});

test("resizable buffers stay resizable, and views that follow them go on following", () => {
  for (const [length, max] of [[16, 64], [16, 16], [0, 64], [4, 4]] as const) {
    const buffer = new ArrayBuffer(length, { maxByteLength: max });
    new Uint8Array(buffer).fill(7);
    const following = new Uint8Array(buffer);
    const fixed = new Uint8Array(buffer, 0, length);
    const result = roundTrip({ buffer, following, fixed });
    assert.deepStrictEqual([...new Uint8Array(buffer)], new Array(length).fill(7));
    assert.equal(result.buffer.maxByteLength, max);
    assert.deepStrictEqual(result.following, new Uint8Array(length).fill(7));
    if (length < 8) continue; // too short to tell without harm
    result.buffer.resize(8);
    assert.equal(result.following.length, 8);
    assert.equal(result.fixed.length, 0);
  }
});

test("boxed primitives and URLs travel", () => {
  for (const value of [1, -0, "abc", "\ud800", true, 2n ** 80n]) travels(Object(value));
  const url = roundTrip(new URL("http://u:p@example.org:81/a?b=c d#e"));
  assert(url instanceof URL);
  assert.equal(url.href, "http://u:p@example.org:81/a?b=c%20d#e");
  const params = roundTrip(new URLSearchParams([["?a", "1"], ["b", "ä &="], ["?a", ""]]));
  assert(params instanceof URLSearchParams);
  assert.deepStrictEqual([...params], [["?a", "1"], ["b", "ä &="], ["?a", ""]]);
});

test("a Proxy of a plain object travels as what it yields", () => {
  assert.deepStrictEqual(roundTrip(new Proxy({ a: 1, b: [new Proxy([1, 2], {})] }, {})), { a: 1, b: [[1, 2]] });
});

test("the bytes stay valid until the next call, and errors don't spoil it", () => {
  const first = encode({ a: 1 }, link).slice();
  assert.throws(() => encode(() => 1, link));
  assert.throws(() => decode(first.subarray(0, 4), link));
  assert.deepStrictEqual(decode(first, link), { a: 1 });
  assert.equal(Object.getPrototypeOf(encode(1, link)), Uint8Array.prototype);
  assert.deepStrictEqual(Object.keys(first), Object.keys([...first]));
});

test("ordinary values take the short way", () => {
  for (const value of [1, "a", null, undefined, { id: 1, name: "abc", ok: true }, [[1], { a: new Uint8Array(3) }]]) {
    assert(isPlain(value));
  }
  for (const value of [-0, "\ud800", [,], new Date(), { a: new Map() }]) assert(!isPlain(value)); // deno-lint-ignore no-sparse-arrays
});

test("the bytes are the same on every runtime", () => {
  const hex = (value: unknown): string => Buffer.from(encode(value, link)).toString("hex");
  assert.equal(hex(42), "01002a");
  assert.equal(hex({ id: 1, name: "abc", ok: true }), "010083a2696401a46e616d65a3616263a26f6bc3");
  assert.equal(hex([undefined, -1.5, 2n ** 70n]), "010093d40000cbbff8000000000000d84200000000000000400000000000000000");
  assert.equal(
    hex([-0, "\ud800", new Map([["k", new Set([new Date(0)])]])]),
    "010100000000001b9591039200059291000493a16b91010394909200c40200d891027f",
  );
  assert.equal(
    hex({ v: new Uint16Array([1, 2]), r: /x/g, u: new URL("http://a/") }),
    "010100000000003a969104940004c00a9500910002ab55696e74313641727261790b94a178a167000692a9687474703a2f2f612f0883a1769101a1729102a175910300000000000001000200",
  );
});

test("a message of another version is refused", () => {
  const bytes = encode(1, link).slice();
  bytes[0] = VERSION + 1;
  assert.throws(() => decode(bytes, link), {
    name: "SerializationError",
    message: /has the version 2, but .* version 1/,
  });
  assert.throws(() => decode(new Uint8Array(), link), { name: "SerializationError", message: /empty/ });
  bytes.set([VERSION, 9]);
  assert.throws(() => decode(bytes, link), { name: "SerializationError", message: /form 9/ });
});

test("unknown names are refused by the receiver", () => {
  class Gone {}
  registerCodec(Gone, { name: "test.Gone", encode: () => 0, decode: () => new Gone() });
  const bytes = encode(new Gone(), link).slice();
  bytes.set(new TextEncoder().encode("lost"), Buffer.from(bytes).indexOf("Gone"));
  assert.throws(() => decode(bytes, link), { name: "SerializationError", message: /no codec of that name/ });
});

test("a message in shared memory can be read", () => {
  for (const value of ["x".repeat(100), "ü".repeat(10_000), new Uint8Array(10_000), [new Date(0)]]) {
    const bytes = encode(value, link);
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    assert.deepStrictEqual(decode(shared, link), value);
  }
});

test("frozen, sealed and read-only objects arrive as ordinary ones", () => {
  const readOnly = Object.defineProperty({}, "a", { value: 1, enumerable: true });
  for (const one of [Object.freeze({ a: 1 }), Object.seal({ a: 1 }), readOnly, Object.freeze([1])]) {
    travels(one);
    const arrived = roundTrip(one) as Record<string, number>;
    arrived["b"] = 2;
    for (const key of Object.keys(one)) arrived[key] = 3;
    assert.deepEqual(Object.values(arrived), [3, 2]);
  }
});

test("a stack that is full in the middle of encoding leaves nothing half made for the next value", () => {
  const value = {
    items: Array.from({ length: 60 }, (_, i) => ({ i, text: "añ".repeat(i * 20), bytes: new Uint8Array(i) })),
  };
  // No tail calls, which take no stack in JavaScriptCore.
  const dive = (depth: number): number => depth > 0 ? 1 + dive(depth - 1) : encode(value, link).length;
  let deepest = 0;
  const measure = (): number => {
    deepest++;
    return 1 + measure();
  };
  assert.throws(measure);
  let overflows = 0;
  for (let depth = deepest; depth > 0 && overflows < 300; depth -= 3) {
    try {
      dive(depth);
      if (overflows > 0) break; // from here on there is room
    } catch {
      overflows++;
      assert.deepEqual(roundTrip(value), value);
    }
  }
  assert(overflows > 0);
});
