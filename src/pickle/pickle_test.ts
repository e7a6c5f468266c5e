/** What CPython wrote is read, what is written is read back, and what Python has no plain data for is refused with its path. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { SerializationError } from "../errors/outcomes.ts";
import { pickle, unpickle } from "./pickle.ts";
import { ofPython2, vectors } from "./vectors_testing.ts";

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const bytes = (...values: number[]) => new Uint8Array(values);

/** What the vectors are of. */
const expected: Readonly<Record<string, unknown>> = {
  scalars: [
    ...[null, true, false, 0, 1, 255, 256, 65_535, 65_536, -1, -128, 2 ** 31 - 1, -(2 ** 31), 2 ** 31, 2 ** 53 - 1],
    ...[2n ** 53n, -(2n ** 53n), 2n ** 63n, -(2n ** 64n), 10n ** 30n, -(10n ** 30n), 1.5, -0, Infinity],
    ...["", "ä€😀", "\ud800x", bytes(), bytes(0, 255)],
  ],
  containers: [
    ...[[], [1, [2]], [], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4], {}, { a: 1, b: { c: [2] } }],
    ...[new Map<unknown, unknown>([[1, "x"], [[2, 3], "y"]]), new Set([1, 2]), new Set([3]), bytes(120, 121), bytes()],
  ],
  dates: [
    new Date("2020-01-02T03:04:05.678Z"),
    new Date("0001-01-01T00:00:00Z"),
    new Date("2000-06-01T17:30:00Z"),
    new Date("1969-12-31T23:59:59.999Z"),
  ],
  __proto__of: JSON.parse('{"__proto__": 1, "constructor": 2}'),
};

test("pickles of CPython, protocols 2 to 5", () => {
  for (const [what, protocol, base64] of vectors) {
    const value = unpickle(fromBase64(base64));
    if (what === "cycle") {
      const [first, second] = value as [unknown, { self: unknown }];
      assert(first === value && second.self === value);
    } else if (what === "tuple in itself") {
      const [list] = value as [[unknown]];
      assert(Object.isFrozen(value) && !Object.isFrozen(list) && list[0] === value);
    } else {
      assert.deepStrictEqual(
        value,
        expected[what === "__proto__" ? "__proto__of" : what],
        `${what} in protocol ${protocol}`,
      );
    }
  }
  const containers = unpickle(fromBase64(vectors.find(([what]) => what === "containers")?.[2] as string)) as unknown[];
  assert.deepEqual(containers.slice(0, 7).map(Object.isFrozen), [false, false, true, true, true, true, true]);
  assert.deepStrictEqual(unpickle(fromBase64(ofPython2)), [
    "ä",
    "ascii",
    2n ** 70n,
    { a: [1] },
    new Set([1]),
    true,
    null,
  ]);
});

const key = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: 2n ** 53n }),
  fc.boolean(),
);
const plain = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double(),
    fc.bigInt().filter((value) => !Number.isSafeInteger(Number(value))),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: "binary" }),
    fc.string({ unit: "grapheme", minLength: 50, maxLength: 400 }),
    fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array)),
    fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true }),
    fc.array(tie("value"), { maxLength: 6 }),
    fc.array(tie("value"), { maxLength: 6 }).map(Object.freeze),
    fc.dictionary(fc.string({ unit: "binary" }), tie("value"), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(fc.integer(), tie("value"))).map((entries) => new Map(entries as [number, unknown][])),
    fc.array(key).map((members) => new Set(members)),
  ),
})).value;

test("plain data comes back as it was", () => {
  fc.assert(
    fc.property(plain, (value) => {
      // An empty Map has no key that isn't a string.
      const isObject = (one: unknown) => one instanceof Map && one.size === 0;
      const back = unpickle(pickle(value));
      if (!isObject(value)) assert.deepStrictEqual(normal(back), normal(value));
    }),
    { numRuns: 2000 },
  );
});

/** Empty Maps as the objects that they come back as. */
function normal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(normal);
  if (value instanceof Map) {
    return value.size === 0 ? {} : new Map([...value].map(([one, other]) => [one, normal(other)]));
  }
  if (Object.getPrototypeOf(value ?? 0) === Object.prototype) {
    return Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, normal(one)]));
  }
  return value;
}

test("integers at every boundary", () => {
  for (let power = 0n; power < 140n; power++) {
    for (const near of [-1n, 0n, 1n]) {
      for (const value of [2n ** power + near, -(2n ** power) + near]) {
        const back = unpickle(pickle(value));
        assert.equal(typeof back, Number.isSafeInteger(Number(value)) ? "number" : "bigint");
        assert.equal(BigInt(back as bigint), value);
        if (Number.isSafeInteger(Number(value))) assert.equal(unpickle(pickle(Number(value))), Number(value));
      }
    }
  }
  for (const digits of [500, 5000]) assert.equal(unpickle(pickle(-(10n ** BigInt(digits)))), -(10n ** BigInt(digits)));
});

test("sharing, cycles, depth; keys as tuples and frozensets", () => {
  const shared = { a: [1] }, loop: unknown[] = [shared, shared, new Map<unknown, unknown>([[1, shared]])];
  loop.push(loop, { loop });
  const [one, two, map, itself, last] = unpickle(pickle(loop)) as [
    object,
    object,
    Map<number, object>,
    unknown,
    { loop: unknown },
  ];
  assert(one === two && map.get(1) === one && last.loop === itself);
  let deep: unknown = 1;
  for (let n = 0; n < 100_000; n++) deep = n % 3 === 0 ? [deep] : n % 3 === 1 ? { deep } : Object.freeze([deep]);
  let back = unpickle(pickle(deep));
  for (let n = 0; n < 100_000; n++) back = Object.values(back as object)[0];
  assert.equal(back, 1);
  const array = [1, [2]];
  const keyed = unpickle(pickle([array, new Map([[array, array]]), new Set([new Set([1])])])) as [
    unknown[],
    Map<unknown[], unknown[]>,
    Set<unknown>,
  ];
  const [key] = keyed[1].keys();
  assert(
    Object.isFrozen(key) && Object.isFrozen(key?.[1]) && !Object.isFrozen(keyed[0]) &&
      keyed[1].get(key as unknown[]) === keyed[0],
  );
  assert.deepStrictEqual(keyed[2], new Set([new Set([1])]));
  assert.deepStrictEqual(unpickle(pickle([undefined, Object.create(null), new ArrayBuffer(2), Buffer.from("a")])), [
    null,
    {},
    bytes(0, 0),
    bytes(97),
  ]);
});

test("what Python has no plain data for is refused, with its path", () => {
  class Point {}
  const tuple: unknown[] = [], frozen = [tuple];
  tuple.push(Object.freeze(frozen));
  const itself: unknown[] = [];
  itself.push(itself);
  const refused: [unknown, RegExp][] = [
    [() => {}, /^value is a function$/],
    [{ a: [Symbol("s")] }, /^value\.a\[0\] is a symbol/],
    [[new Point()], /^value\[0\] is a Point, for which Python has no plain data/],
    [new Map([["k", /x/]]), /^value \(its value 0\) is a RegExp/],
    [new Set([{ a: 1 }]), /^value \(its member 0\) would be a dict/],
    [new Map([[{}, 1]]), /^value \(its key 0\) would be a dict/],
    [new Error("e"), /^value is an Error/],
    [new Float64Array(1), /^value is a Float64Array/],
    [new Date(NaN), /no year from 1 to 9999/],
    [new Date(8.64e15), /no year from 1 to 9999/],
    [[1, , 3], /^value has a hole at 1$/],
    [Object.assign([1], { extra: 1 }), /the extra property "extra"/],
    [{
      get a() {
        return 1;
      },
    }, /^value\.a is an accessor property/],
    [{ [Symbol("k")]: 1 }, /the symbol key/],
    [Object.assign(new Date(0), { zone: 1 }), /the extra property "zone"/],
    [new Map([[itself, 1]]), /leads back to itself/],
    [frozen, /leads back to itself/],
    [new (class Names extends Map {})(), /^value is a Names/],
    [Object.create(Map.prototype), /^value is a Map/],
    [
      new Proxy({}, {
        ownKeys() {
          throw new Error("no");
        },
      }),
      /can't be read: no/,
    ],
  ];
  for (const [value, message] of refused) {
    assert.throws(
      () => pickle(value),
      (error) => error instanceof SerializationError && message.test(error.message),
      String(message),
    );
  }
});
