/** Random values must arrive as they were; random bytes must do no harm. */

import assert from "node:assert/strict";
import test from "node:test";
import fc from "fast-check";
import { SerializationError } from "../errors.ts";
import { decode, encode, type Link } from "./codec.ts";

const link: Link = { method: "worker" };
const RUNS = 500;

const key = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom("__proto__", "constructor", "toJSON", "then", "\ud800", "0", "-1"),
);
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 200 }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 }).map((units) => String.fromCharCode(...units)),
  fc.string({ maxLength: 100 }).map((tail) => `\ufeff${tail}`),
);
const typedArray = fc.oneof(
  fc.uint8Array(),
  fc.int16Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.uint8ClampedArray({ maxLength: 3000, size: "max" }),
);
const leaf = fc.oneof(
  fc.constantFrom<unknown>(undefined, null, true, false, NaN, -0, Infinity, -Infinity),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }),
  text,
  // Node 22 says that an invalid Date equals no other.
  fc.date({ noInvalidDate: true }),
  typedArray,
  fc.oneof(fc.integer(), text, fc.boolean()).map((value) => Object(value) as object),
);
// Bun's deepStrictEqual can't tell which of several equal objects is the key; the random graphs have objects as keys.
const primitive = leaf.filter((item) => typeof item !== "object");
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    fc.array(tie("value")),
    fc.sparseArray(tie("value"), { maxLength: 300 }),
    fc.array(fc.tuple(key, tie("value"))).map((entries) => Object.fromEntries(entries)),
    fc.dictionary(key, tie("value"), { noNullPrototype: false }),
    fc.array(fc.tuple(primitive, tie("value"))).map((entries) => new Map(entries)),
    fc.array(primitive).map((items) => new Set(items)),
    fc.tuple(text, tie("value")).map(([message, cause]) => new RangeError(message, { cause })),
  ),
}));

test("random values arrive as they were", () => {
  fc.assert(
    fc.property(value, (original) => {
      const bytes = encode(original, link).slice();
      const result = decode(bytes, link);
      assert.deepStrictEqual(result, original);
      // Once more: nothing of a value may depend on how it came to be.
      assert.deepStrictEqual(encode(result, link).slice(), bytes);
    }),
    { numRuns: RUNS },
  );
});

/** Objects that refer to one another at random. */
const graph = fc.array(
  fc.tuple(fc.constantFrom("object", "array", "map", "set", "error"), fc.array(fc.nat({ max: 19 }), { maxLength: 4 })),
  { minLength: 1, maxLength: 20 },
);

function build(nodes: readonly (readonly [string, readonly number[]])[]): unknown {
  const objects = nodes.map(([type]): object => {
    if (type === "array") return [];
    if (type === "map") return new Map();
    if (type === "set") return new Set();
    return type === "error" ? new Error("x") : {};
  });
  nodes.forEach(([, targets], i) => {
    const object = objects[i];
    targets.forEach((target, j) => {
      const other = objects[target % objects.length];
      if (object instanceof Map) object.set(other, objects[j % objects.length]);
      else if (object instanceof Set) object.add(other);
      else if (Array.isArray(object)) object.push(other);
      else Object.assign(object as object, { [`k${j}`]: other });
    });
  });
  return objects[0];
}

/** The graph in a canonical form: objects numbered as a breadth-first walk meets them. */
function shape(root: unknown): string {
  const numbers = new Map<unknown, number>([[root, 0]]);
  const lines: string[] = [];
  for (const object of numbers.keys()) {
    const children: readonly unknown[] = object instanceof Map
      ? [...object].flat()
      : object instanceof Set
      ? [...object]
      : Object.values(object as object);
    const ids = children.map((child) => {
      if (!numbers.has(child)) numbers.set(child, numbers.size);
      return numbers.get(child);
    });
    lines.push(`${Object.prototype.toString.call(object)} ${ids.join()}`);
  }
  return lines.join("\n");
}

test("random graphs keep their shape", () => {
  fc.assert(
    fc.property(graph, (nodes) => {
      const original = build(nodes);
      assert.equal(shape(decode(encode(original, link), link)), shape(original));
    }),
    { numRuns: RUNS },
  );
});

function decodesOrRefuses(bytes: Uint8Array): void {
  try {
    decode(bytes, link);
  } catch (error) {
    assert(error instanceof SerializationError, String(error));
  }
  assert.deepStrictEqual(Reflect.ownKeys(Object.prototype), prototypeKeys);
}
const prototypeKeys = Reflect.ownKeys(Object.prototype);

test("random bytes are refused, if they aren't a message", () => {
  const header = fc.constantFrom([1, 0], [1, 1, 0, 0, 0, 0, 0, 9], [1, 1, 0, 0, 0, 0, 0, 40]);
  fc.assert(
    fc.property(
      header,
      fc.uint8Array({ maxLength: 60 }),
      (head, tail) => decodesOrRefuses(Uint8Array.from([...head, ...tail])),
    ),
    { numRuns: 5 * RUNS },
  );
});

test("damaged messages are refused, if they aren't messages any more", () => {
  const damage = fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(value, damage, fc.nat(), (original, changes, cut) => {
      const bytes = encode(original, link).slice();
      decodesOrRefuses(bytes.subarray(0, cut % bytes.length));
      for (const [place, byte] of changes) bytes[place % bytes.length] = byte;
      decodesOrRefuses(bytes);
    }),
    { numRuns: RUNS },
  );
});

test("every truncation of a message is refused", () => {
  for (
    const original of [[1, "abc", { a: [2n ** 80n] }], [new Date(), new Map([[1, new Uint16Array(3)]]), new Error("x")]]
  ) {
    const bytes = encode(original, link).slice();
    for (let length = 0; length < bytes.length; length++) {
      assert.throws(() => decode(bytes.subarray(0, length), link), SerializationError);
    }
  }
});

test("deep nesting in hostile bytes is refused or read, without a crash", () => {
  for (const token of [0x91, 0x81, 0xd4]) decodesOrRefuses(new Uint8Array(1_000_000).fill(token).with(0, 1).with(1, 0));
});
