/** Tests of the codec: classes with a codec, and shareables. */

import assert from "node:assert/strict";
import test from "node:test";
import { ClosedError, MisuseError } from "../errors.ts";
import { decode, encode, registerCodec, registerShareable, shareable, type ShareableType } from "./codec.ts";
import { link, refuses, roundTrip, travels } from "./testing.ts";

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
  // Where no family is at the other end, neither side takes one.
  const outside = { method: undefined }, ownFamily = "is a test.Handle, which only processes of its own family can use";
  assert.throws(() => encode({ a: [new Handle(1)] }, outside), {
    code: "ERR_MP_SERIALIZATION",
    message: `value.a[0] ${ownFamily}`,
  });
  const smuggled = encode([new Handle(1)], link).slice();
  assert.throws(() => decode(smuggled, outside), {
    code: "ERR_MP_SERIALIZATION",
    message: /a test\.Handle of another family/,
  });
  refuses([new Handle(-1)], 'value[0] can\'t be encoded by its type "test.Handle": bad id');
  refuses(Object.create(new Handle(1)), "value is an instance of Handle");

  class Sub extends Handle {}
  refuses(
    { s: new Sub(1) },
    "value.s is an instance of Sub, a subclass of test.Handle: registerCodec() lets it travel, or pass a test.Handle that it",
  );
  registerCodec(Sub, { name: "test.Sub", encode: ({ id }) => id, decode: (id: number) => new Sub(id) });
  const [sub, handle] = roundTrip([new Sub(3), new Handle(4)]);
  assert(sub instanceof Sub && sub.id === 3 && !(handle instanceof Sub) && handle?.id === 4);
  assert.throws(
    () => registerCodec(Handle, { name: "test.Own", encode: () => 0, decode: () => new Handle(0) }),
    { name: "MisuseError", message: /its instances travel without one/ },
  );

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
