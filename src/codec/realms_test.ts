/** Tests of the codec: built-in objects of another realm. */

import assert from "node:assert/strict";
import test from "node:test";
import { createContext, runInContext } from "node:vm";
import { link, refuses, roundTrip } from "./testing.ts";
import { decode, encode } from "./codec.ts";
import { encodeThrown } from "./thrown.ts";

const context = createContext({ shared: undefined });
const run = <T>(code: string): T => runInContext(`(${code})`, context) as T;

/** Built-in objects as they are here; the same code runs there. */
const values: Readonly<Record<string, string>> = {
  "a plain object": `{ a: 1, b: { c: [1, "x"] }, "\\ud800": 1 }`,
  "arrays": `[[1, 2, 3], [], ["a", , "c"], [-0, undefined]]`,
  "a long array of numbers": `Array.from({ length: 1000 }, (_, i) => i)`,
  "a long array": `Array.from({ length: 1000 }, (_, i) => "" + i)`,
  "a Map and a Set": `[new Map([[{ k: 1 }, new Set([1, new Map()])]]), new Set([[]])]`,
  "dates": `[new Date(5), new Date(-1)]`,
  "a regular expression": `Object.assign(/a+/gy, { lastIndex: 3 })`,
  "boxed primitives": `[Object(1), Object("text"), Object(false), Object(1n)]`,
  "typed arrays": `[new Int8Array([1]), new Uint8ClampedArray([1]), new Float64Array([1.5]), new BigInt64Array([1n]),
    new DataView(new ArrayBuffer(3), 1), new Uint8Array(5000)]`,
  "a view and its buffer": `((buffer) => [new Uint16Array(buffer, 4, 2), buffer])(new ArrayBuffer(16))`,
  "a resizable buffer": `new ArrayBuffer(8, { maxByteLength: 16 })`,
  "a null prototype": `Object.assign(Object.create(null), { a: [1] })`,
  "deep nesting": `(() => { let deep = []; for (let i = 0; i < 150; i++) deep = [{ deep }]; return [deep]; })()`,
};

test("built-in objects of another realm arrive as the receiver's own", () => {
  for (const [what, code] of Object.entries(values)) {
    const there = run<object>(code), here = (0, eval)(`(${code})`) as object;
    if (what !== "a null prototype") assert.notEqual(Object.getPrototypeOf(there), Object.getPrototypeOf(here), what);
    assert.deepStrictEqual(roundTrip(there), here, what);
    assert.deepStrictEqual(roundTrip({ there: [there], here }), { there: [here], here }, what);
  }
  const { buffer } = roundTrip(run<{ view: Uint8Array; buffer: ArrayBuffer }>(
    `((buffer) => ({ view: new Uint8Array(buffer), buffer }))(new ArrayBuffer(4))`,
  ));
  assert(buffer instanceof ArrayBuffer);
});

test("identity and cycles go through objects of other realms", () => {
  const there = run<Record<string, unknown>>(`((o) => (o.self = o, o.list = [o], o))({})`);
  const result = roundTrip({ there, again: [there] });
  assert.equal(result.there, result.again[0]);
  assert.equal(result.there["self"], result.there);
  assert.equal((result.there["list"] as unknown[])[0], result.there);
});

test("errors of another realm arrive as themselves", () => {
  for (const type of [Error, RangeError, TypeError, SyntaxError]) {
    const error = run<Error>(`Object.assign(new ${type.name}("boo", { cause: new Error("why") }), { code: "E" })`);
    assert.equal(error instanceof Error, false);
    for (const result of [roundTrip(error), decode(encodeThrown(error, link), link) as Error]) {
      assert.equal(Object.getPrototypeOf(result), type.prototype);
      assert.equal(result.message, "boo");
      assert.equal(result.stack, error.stack);
      assert.equal((result as Error & { code: string }).code, "E");
      assert(result.cause instanceof Error);
      assert(!Object.hasOwn(result, "name"));
    }
  }
  const several = roundTrip(run<AggregateError>(`new AggregateError([new RangeError("a")], "all")`));
  assert(several instanceof AggregateError && several.errors[0] instanceof RangeError);
  const odd = run<Error>(`Object.assign(new TypeError("boo"), { f() {} })`);
  const shadow = decode(encodeThrown(odd, link), link) as TypeError & { f: string };
  assert(shadow instanceof TypeError);
  assert.match(shadow.f, /left behind/);
  const named = roundTrip(run<Error>(`new (class extends RangeError { name = "Mine" })("boo")`));
  assert.deepEqual([named.name, named.message], ["Mine", "boo"]);
  assert.equal(Object.getPrototypeOf(named), Error.prototype);
});

test("what isn't what it says is refused, of whatever realm", () => {
  refuses(run(`new (class Table extends Map {})()`), "value is an instance of Table");
  refuses(run(`new (class List extends Array {})()`), "value is an instance of List");
  refuses(run(`new (class Point {})()`), "value is an instance of Point");
  refuses(run(`Object.create({})`), "value is an object with a prototype of its own");
  refuses(run(`Object.create(Map.prototype)`), /^value is/);
  refuses(run(`Object.create(Array.prototype)`), /^value is/);
  refuses(run(`Object.create(Date.prototype, { [Symbol.toStringTag]: { value: "Date" } })`), /^value is/);
  refuses(run(`Promise.resolve()`), "value is a Promise: await it first");
  refuses(run(`new SharedArrayBuffer(4)`), "value is a SharedArrayBuffer: use SharedArray");
  refuses(run(`new Uint8Array(new SharedArrayBuffer(4))`), "value is a view of a SharedArrayBuffer");
  refuses(run(`new WeakMap()`), "value is a WeakMap");
  refuses(run(`(() => 1)`), "value is a function");
  refuses(run(`{ get a() { return 1 } }`), "value.a is an accessor property");
  refuses(run(`{ [Symbol("s")]: 1 }`), "value has the symbol key Symbol(s)");
  refuses(run(`Object.assign([1], { extra: 1 })`), 'value has the extra property "extra"');
  refuses(run(`Object.assign(new Map(), { extra: 1 })`), 'value has the extra property "extra"');
  refuses(run(`Object.defineProperty({}, "h", { value: 1 })`), "value.h is not enumerable");
  refuses(run(`(function () { return arguments })(1)`), /^value/);
  const pretender = function Map() {};
  refuses(Object.create(pretender.prototype), "value is an instance of Map, which has no codec");
  assert.throws(() => encode(run(`Object.create(Object.create(Error.prototype))`), link), {
    name: "SerializationError",
  });
});
