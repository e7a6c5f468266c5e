/** Tests of the codec: what travels, as what, and how the rest is refused. */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import {
  BufferTooShort,
  ClosedError,
  Empty,
  MisuseError,
  ProcessError,
  RemoteError,
  SerializationError,
  TimeoutError,
  WorkerDiedError,
} from "../errors.ts";
import { isPlain } from "./admit.ts";
import {
  decode,
  encode,
  type Link,
  markOrigin,
  registerCodec,
  registerShareable,
  remoteOrigin,
  shareable,
  type ShareableType,
  VERSION,
} from "./codec.ts";
import { encodeThrown } from "./thrown.ts";

const link: Link = { method: "process" };

function roundTrip<T>(value: T): T {
  const bytes = encode(value, link).slice();
  const result = decode(bytes, link) as T;
  bytes.fill(0xff); // nothing of them may have been kept
  return result;
}

function travels(value: unknown): void {
  assert.deepStrictEqual(roundTrip(value), value);
  assert.deepStrictEqual(roundTrip([value, { value }]), [value, { value }]);
}

function refuses(value: unknown, message: string | RegExp, root?: string): void {
  assert.throws(() => encode(value, link, root), (error: unknown) => {
    assert(error instanceof SerializationError, String(error));
    if (typeof message === "string") assert.equal(error.message.slice(0, message.length), message);
    else assert.match(error.message, message);
    return true;
  });
}

// ── what travels ──

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
  for (const time of [0, 1, -1, 1e12 + 0.5, 8.64e15, -8.64e15, NaN]) travels(new Date(time));
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

// ── errors ──

test("builtin errors arrive as themselves", () => {
  for (const type of [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]) {
    const error = Object.assign(new type("boo", { cause: new TypeError("why") }), {
      code: "E_BOO",
      details: [{ a: 1 }],
    });
    const result = roundTrip(error);
    assert.equal(Object.getPrototypeOf(result), type.prototype);
    assert(!Object.hasOwn(result, "name"));
    assert.equal(result.message, "boo");
    assert.equal(result.code, "E_BOO");
    assert.deepStrictEqual(result.details, [{ a: 1 }]);
    assert.equal(result.stack, error.stack);
    assert(result.cause instanceof TypeError);
    assert.deepStrictEqual(Object.keys(result), Object.keys(error));
    assert(!Object.keys(result).includes("stack") && !Object.keys(result).includes("message"));
  }
  assert(!Object.hasOwn(roundTrip(new Error()), "message"));
  assert(!Object.hasOwn(roundTrip(new Error("x")), "cause"));
  const undefinedCause = roundTrip(new Error("x", { cause: undefined }));
  assert(Object.hasOwn(undefinedCause, "cause"));
});

test("AggregateError and SuppressedError keep their errors", () => {
  const aggregate = roundTrip(new AggregateError([new RangeError("a"), "b"], "all"));
  assert(aggregate instanceof AggregateError);
  assert(aggregate.errors[0] instanceof RangeError);
  assert.equal(aggregate.errors[1], "b");
  const { SuppressedError } = globalThis as unknown as {
    SuppressedError?: new (
      error: unknown,
      suppressed: unknown,
      message: string,
    ) => Error & { error: unknown; suppressed: unknown };
  };
  if (SuppressedError === undefined) return;
  const suppressed = roundTrip(new SuppressedError(new RangeError("a"), 2, "m"));
  assert(suppressed instanceof SuppressedError);
  assert(suppressed.error instanceof RangeError);
  assert.equal(suppressed.suppressed, 2);
});

test("an error of another class arrives as an Error of the same name", () => {
  class HttpError extends TypeError {
    readonly status = 404;
    override readonly name = "HttpError";
  }
  class Named extends Error {
    static {
      this.prototype.name = "Named";
    }
  }
  const http = roundTrip<Error>(new HttpError("m"));
  assert.equal(Object.getPrototypeOf(http), Error.prototype);
  assert.equal(http.name, "HttpError");
  assert.equal((http as HttpError).status, 404);
  const named = roundTrip<Error>(new Named("m"));
  assert.equal(named.name, "Named");
  assert.deepStrictEqual(Object.keys(named), []);
  assert.equal(String(named), "Named: m");
});

test("errors of the runtime arrive with their codes", async () => {
  const { readFileSync } = await import("node:fs");
  const system = ((): unknown => {
    try {
      return readFileSync("/does/not/exist");
    } catch (error) {
      return error;
    }
  })() as { code: string };
  assert.equal(roundTrip(system).code, system.code);
  assert.throws(() => Buffer.alloc("x" as never), (error: Error & { code?: string }) => {
    const result = roundTrip(error);
    assert(result instanceof TypeError);
    assert.equal(result.code, error.code);
    return true;
  });
});

test("DOMException arrives as itself", () => {
  const error = roundTrip(new DOMException("stop", "AbortError"));
  assert(error instanceof DOMException && error instanceof Error);
  assert.equal(error.name, "AbortError");
  assert.equal(error.message, "stop");
  assert.equal(error.code, 20);
});

test("our errors arrive as themselves", () => {
  const family: ProcessError[] = [
    new ProcessError("m"),
    new MisuseError("m"),
    new ClosedError("m"),
    new TimeoutError("m"),
    new Empty("m"),
    new SerializationError("m"),
    new BufferTooShort("m", new Uint8Array([1, 2])),
    new WorkerDiedError("m", 4711, -9),
    new RemoteError("m", "there"),
  ];
  for (const error of family) {
    const result = roundTrip(error);
    assert.equal(result.constructor, error.constructor);
    assert.equal(result.code, error.code);
    assert.equal(result.name, error.name);
    assert.equal(result.message, "m");
    assert.equal(result.stack, error.stack);
    assert.deepStrictEqual({ ...result }, { ...error });
  }
});

test("the origin of an error is remembered on this side only", () => {
  const error = new Error("x");
  assert.equal(remoteOrigin(error), undefined);
  markOrigin(error, { pid: 1, ident: "1:2", index: 3 });
  assert.deepStrictEqual(remoteOrigin(error), { pid: 1, ident: "1:2", index: 3 });
  assert.equal(remoteOrigin(roundTrip(error)), undefined);
  markOrigin("thrown text", { pid: 1, ident: "1" });
  assert.equal(remoteOrigin("thrown text"), undefined);
});

test("what was thrown always travels", () => {
  const thrown = (value: unknown): unknown => decode(encodeThrown(value, link), link);
  const error = Object.assign(
    new RangeError("boo", { cause: new AggregateError([new Error("in", { cause: Promise.resolve() })]) }),
    {
      code: "E",
      request: { socket: new (class Socket {})() },
      retry: () => 1,
    },
  );
  const result = thrown(error) as typeof error & { request: string; retry: string; cause: AggregateError };
  assert(result instanceof RangeError);
  assert.equal(result.message, "boo");
  assert.equal(result.code, "E");
  assert.equal(result.stack, error.stack);
  assert.match(result.request, /left behind: it\.socket is an instance of Socket/);
  assert.match(result.retry, /left behind: it is a function/);
  assert.match(result.cause.errors[0].cause, /left behind: it is a Promise/);
  assert.match((thrown(() => 1) as Error).message, /can't travel: thrown is a function/);
  assert.equal(thrown("text"), "text");
  class Picky extends Error {}
  registerCodec(Picky, {
    name: "test.Picky",
    encode() {
      throw new Error("no");
    },
    decode: () => new Picky(),
  });
  assert.equal((thrown(new Picky("m")) as Error).message, "m");
});

// ── what doesn't travel ──

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
    [Object.create({}), "is an instance of Object"],
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

test("detached buffers are refused", () => {
  const buffer = new ArrayBuffer(8);
  const view = new Uint8Array(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  refuses(buffer, "value is a detached ArrayBuffer");
  refuses(view, "value is a view of a detached ArrayBuffer");
});

// ── codecs and shareables ──

class Vector {
  readonly x: number;
  readonly rest: unknown;
  constructor(x: number, rest?: unknown) {
    this.x = x;
    this.rest = rest;
  }
}
registerCodec(Vector, {
  name: "test.Vector",
  encode: ({ x, rest }) => ({ x, rest }),
  decode: ({ x, rest }: { x: number; rest: unknown }) => new Vector(x, rest),
});

test("instances of a class with a codec travel", () => {
  const vector = new Vector(-0, new Map([["v", new Vector(2)]]));
  travels(vector);
  const [a, b] = roundTrip([vector, vector]);
  assert.equal(a, b);
  travels(Array.from({ length: 200 }, (_, i) => new Vector(i)));
  refuses(new (class Sub extends Vector {})(1), "value is an instance of Sub, which has no codec");
  refuses({ v: new Vector(1, [() => 1]) }, "value.v (as encoded by its codec).rest[0] is a function");
});

test("an error class with a codec arrives as that class", () => {
  class Registered extends Error {}
  registerCodec(Registered, {
    name: "test.Registered",
    encode: ({ message }) => message,
    decode: (message: string) => new Registered(message),
  });
  assert(roundTrip<Error>(new Registered("m")) instanceof Registered);
  assert.equal(Object.getPrototypeOf(roundTrip<Error>(new (class Sub extends Registered {})("m"))), Error.prototype);
});

test("cycles are fine around a codec, not through one", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  const inside = roundTrip(new Vector(1, cycle));
  assert.equal((inside.rest as unknown[])[0], inside.rest);
  const beside = roundTrip({ cycle, v: new Vector(1, [new Vector(2)]) });
  assert.deepStrictEqual(beside.v, new Vector(1, [new Vector(2)]));
  const rest: unknown[] = [];
  const vector = new Vector(1, rest);
  rest.push(vector);
  refuses({ list: [vector] }, "value.list[0] leads back to itself through its codec");
  const holder: Record<string, unknown> = { first: { second: null } };
  const indirect = new Vector(1, holder["first"]);
  (holder["first"] as Record<string, unknown>)["second"] = holder;
  holder["v"] = indirect;
  refuses([holder], /^value\[0\](\.v|\.first.*) leads back to itself/);
  class Same {}
  registerCodec(Same, { name: "test.Same", encode: (same) => same, decode: () => new Same() });
  refuses(new Same(), "value leads back to itself");
});

test("failing codecs are named", () => {
  class Failing {
    readonly where: string;
    constructor(where: string) {
      this.where = where;
    }
  }
  registerCodec(Failing, {
    name: "test.Failing",
    encode({ where }) {
      if (where === "there") return where;
      throw new Error("not today");
    },
    decode(wire: string) {
      throw new Error(`no ${wire}`);
    },
  });
  refuses([new Failing("here")], 'value[0] can\'t be encoded by its codec "test.Failing": not today');
  const bytes = encode(new Failing("there"), link);
  assert.throws(() => decode(bytes, link), {
    name: "SerializationError",
    message: /codec "test.Failing" can't decode .*no there/,
  });
});

test("codecs may use the codec", () => {
  class Nested {}
  registerCodec(Nested, {
    name: "test.Nested",
    encode: () => encode({ inner: [-0, 1] }, link).slice(),
    decode: (bytes: Uint8Array) => Object.assign(new Nested(), decode(bytes, link)),
  });
  assert.deepStrictEqual(roundTrip([new Nested(), 1]), [Object.assign(new Nested(), { inner: [-0, 1] }), 1]);
});

test("a codec needs a name and a class of its own", () => {
  class A {}
  class B {}
  const codec = { encode: () => 0, decode: () => new A() };
  registerCodec(A, { ...codec, name: "test.A" });
  registerCodec(A, { ...codec, name: "test.A" });
  assert.throws(() => registerCodec(B, { ...codec, name: "test.A" }), MisuseError);
  assert.throws(() => registerCodec(A, { ...codec, name: "test.B" }), MisuseError);
  assert.throws(
    () => registerCodec(Date, { name: "test.Date", encode: () => 0, decode: () => new Date() }),
    MisuseError,
  );
  assert.throws(() => registerCodec(Object, { name: "test.Object", encode: () => 0, decode: () => ({}) }), MisuseError);
});

test("shareables travel as handles", () => {
  class Handle {
    readonly id: number;
    constructor(id: number) {
      this.id = id;
    }
    get [shareable](): ShareableType<Handle> {
      return handleType;
    }
  }
  const handleType: ShareableType<Handle> = {
    name: "test.Handle",
    is: (value): value is Handle => value instanceof Handle && Object.hasOwn(value, "id"),
    encode(value, { method }) {
      if (value.id === 0) throw new ClosedError("Cannot send the handle: it is closed");
      if (value.id < 0) throw new TypeError("bad id");
      return [value.id, method];
    },
    decode: (wire) => new Handle((wire as [number])[0]),
  };
  registerShareable(handleType);
  registerShareable(handleType);
  assert.throws(() => registerShareable({ ...handleType }), MisuseError);
  const { a, b } = roundTrip({ a: new Handle(1), b: [new Handle(2)] });
  assert(a instanceof Handle && a.id === 1 && b[0]?.id === 2);
  assert.throws(() => encode([new Handle(0)], link), ClosedError);
  refuses([new Handle(-1)], 'value[0] can\'t be encoded by its type "test.Handle": bad id');
  refuses(Object.create(new Handle(1)), "value is an instance of Handle");

  const arrayType: ShareableType<Int32Array> = {
    name: "test.SharedArray",
    is: (value): value is Int32Array => value instanceof Int32Array,
    encode: (value) => [...value],
    decode: (wire) => new Int32Array(wire as number[]),
  };
  registerShareable(arrayType);
  for (const type of [Int32Array, Uint8Array]) {
    const array = new type(new SharedArrayBuffer(8) as ArrayBufferLike as ArrayBuffer);
    Object.defineProperty(array, shareable, { value: { ...arrayType, is: () => true } });
    Object.defineProperty(array, "lock", { value: () => 1 });
    array[0] = 5;
    assert.deepStrictEqual(roundTrip([array]), [new Int32Array([...array])]);
    const local = Object.defineProperty(new type(2), shareable, { value: { ...arrayType, is: () => true } });
    assert.deepStrictEqual(roundTrip([local]), [new Int32Array([0, 0])]);
  }
});

// ── the bytes ──

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
