/** Tests of the codec: what doesn't travel, and what is said about it. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";

import { refuses, roundTrip } from "./testing.ts";

test("what can't travel is refused with its path", () => {
  refuses([{ cb: () => 1 }], "args[0].cb is a function", "args");
  refuses({ items: [1, 2, 3, Promise.resolve()] }, "value.items[3] is a Promise");
  refuses({ m: new Map<unknown, unknown>([["k", Symbol("s")]]) }, 'value.m.get("k") is a symbol');
  refuses({ m: new Map<unknown, unknown>([[1, 1], [2, 2], [() => 1, 3]]) }, "value.m key 2 is a function");
  refuses(new Map([[{}, () => 1]]), "value value 0 is a function");
  refuses(new Set([1, class {}]), "value item 1 is a class");
  refuses({ "a b": { __proto__: null, ü: () => 1 } }, 'value["a b"].ü is a function');
  // deno-lint-ignore no-sparse-arrays
  refuses([, , () => 1], "value[2] is a function");
  refuses(new Error("x", { cause: () => 1 }), "value.cause is a function");
  refuses(new AggregateError([1, () => 1]), "value.errors[1] is a function");
});

test("types without a meaning elsewhere are refused", () => {
  const { port1, port2 } = new MessageChannel();
  const values: readonly [unknown, string][] = [
    [() => 1, "is a function"],
    [class {}, "is a class"],
    [Symbol.iterator, "is a symbol"],
    [Promise.resolve(), "is a Promise: await it first"],
    [new WeakMap(), "is a WeakMap"],
    [new WeakSet(), "is a WeakSet"],
    [new WeakRef({}), "is a WeakRef"],
    [new Blob([]), "is a Blob"],
    [new File([], "f"), "is a "], // a Blob, in Bun
    [new ReadableStream(), "is a ReadableStream"],
    [new WritableStream(), "is a WritableStream"],
    [port1, "is a MessagePort"],
    [new SharedArrayBuffer(8), "is a SharedArrayBuffer: use SharedArray or SharedMemory"],
    [new Uint8Array(new SharedArrayBuffer(8)), "is a view of a SharedArrayBuffer: use SharedArray or SharedMemory"],
    [new DataView(new SharedArrayBuffer(8)), "is a view of a SharedArrayBuffer"],
    [new Intl.NumberFormat(), "is an instance of NumberFormat, which has no codec"],
    [new WebAssembly.Memory({ initial: 1 }), "is an instance of Memory"],
    [Object(Symbol("s")), "is "],
    [Math, "has the symbol key"],
    [(function* () {})(), "is an instance of"],
    [[].values(), "is an instance of"],
    [Object.create(Date.prototype), "can't be read"],
    [Object.create(Map.prototype), "can't be read"],
    [new Proxy(new Map(), {}), "can't be read"],
    [Object.create({}), "is an object with a prototype of its own"],
  ];
  for (const [value, message] of values) {
    refuses(value, `value ${message}`);
    refuses({ a: [value] }, `value.a[0] ${message}`);
  }
  port1.close();
  port2.close();
});

test("instances of classes without a codec are refused", () => {
  class Point {
    readonly x = 1;
  }
  refuses(new Point(), "value is an instance of Point, which has no codec: see registerCodec()");
  refuses(new (class Items extends Array {})(), "value is an instance of Items, a subclass of Array");
  refuses(new (class Index extends Map {})(), "value is an instance of Index, a subclass of Map");
  refuses(new (class Tags extends Set {})(), "value is an instance of Tags, a subclass of Set");
  refuses(new (class Day extends Date {})(), "value is an instance of Day, a subclass of Date");
  refuses(new (class Bytes extends Uint8Array {})(3), "value is an instance of Bytes, a subclass of Uint8Array");
});

test("properties that would be lost are refused", () => {
  refuses({
    get a() {
      return 1;
    },
  }, "value.a is an accessor property");
  refuses(Object.defineProperty({}, "a", { set: () => 1, enumerable: true }), "value.a is an accessor property");
  refuses({ b: Object.defineProperty({}, "h", { value: 1 }) }, "value.b.h is not enumerable");
  refuses({ [Symbol("s")]: 1 }, "value has the symbol key Symbol(s)");
  refuses(Object.defineProperty({}, Symbol("s"), { value: 1 }), "value has the symbol key Symbol(s)");
  refuses("abc".match(/b/), 'value has the extra property "index"');
  const extra = { meta: 1 };
  const objects: object[] = [
    new Map(),
    new Set(),
    new Date(),
    /x/,
    new ArrayBuffer(1),
    new DataView(new ArrayBuffer(1)),
    Object(1),
    Object("abc"),
  ];
  for (const length of [0, 1, 64, 65, 2000, 100_000]) {
    objects.push(new Array(length).fill(0), new Uint8Array(length), new Float64Array(length), Buffer.alloc(length));
  }
  for (const object of objects) {
    roundTrip(object);
    refuses(Object.assign(object, extra), 'value has the extra property "meta"');
  }
  for (const length of [0, 1, 64, 65, 2000]) {
    const hidden = Object.defineProperty(new Array(length).fill(0), "meta", { value: 1 });
    refuses(hidden, 'value has the extra property "meta"');
    refuses(Object.assign(new Array(length).fill(0), { [Symbol("s")]: 1 }), "value has the symbol key");
    refuses(Object.assign(new Int16Array(length), { [Symbol("s")]: 1 }), "value has the symbol key");
  }
  refuses(Object.assign(new Array(100), extra), 'value has the extra property "meta"');
});

test("properties of arrays whose names are numbers above all indexes are refused", () => {
  for (const name of [2 ** 32 - 1, 2 ** 32, 2 ** 53, 1700000000000]) {
    const message = `value.a has the extra property "${name}"`;
    for (const length of [0, 3, 64, 65, 2000]) {
      refuses({ a: Object.assign(new Array(length).fill(0), { [name]: 1 }) }, message);
      refuses({ a: Object.defineProperty(new Array(length).fill(0), name, { value: 1 }) }, message);
      refuses({ a: Object.assign(new Array(length).fill("x"), { [name]: 1 }) }, message);
      refuses({ a: Object.assign(new Array(length + 1), { [name]: 1 }) }, message);
    }
  }
  const largest: unknown[] = [];
  largest[2 ** 32 - 2] = "x";
  assert.equal(roundTrip(largest)[2 ** 32 - 2], "x");
});

test("properties of URLs and boxed strings are refused", () => {
  for (const make of [() => new URL("https://a.b"), () => new URLSearchParams("a=1"), () => Object("abc")]) {
    roundTrip(make());
    for (const name of ["tag", "7"]) {
      refuses([Object.assign(make(), { [name]: 1 })], `value[0] has the extra property "${name}"`);
      refuses([Object.defineProperty(make(), name, { value: 1 })], `value[0] has the extra property "${name}"`);
    }
  }
});

test("an element that is not enumerable is no hole", () => {
  const hidden = Object.defineProperty(new Array(3), 1, { value: "x" });
  // deno-lint-ignore no-sparse-arrays
  assert.deepStrictEqual(roundTrip(hidden), [, "x", ,]);
});

test("detached buffers are refused", () => {
  const buffer = new ArrayBuffer(8);
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  refuses(buffer, "value is a detached ArrayBuffer");
  refuses(view, "value is a view of a detached ArrayBuffer");
});
