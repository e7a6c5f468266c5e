/** Values that serialisers tend to lose or change in silence: each arrives exactly as it was, or is refused with its path. */

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../../assert.ts";
import { type Queue, SerializationError } from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { difference } from "../../same.ts";
import { echo, nothing } from "../../targets/bad_input.ts";

/** Gives `run` the two queues of a child that sends back what it gets. */
async function withEcho({ mp }: Env, run: (to: Queue, from: Queue) => Promise<void>): Promise<void> {
  const to = new mp.Queue(), from = new mp.Queue();
  const child = new mp.Process({ target: echo, args: [to, from] });
  try {
    await child.start();
    await run(to, from);
    to.shutdown();
    assertEquals(await child.join(), 0);
  } finally {
    await child[Symbol.asyncDispose]();
    to.close();
    from.close();
  }
}

class Point {
  x = 1;
}

/** Each with how it is made, so that every round has a new one. */
const travel: Record<string, () => unknown> = {
  "-0": () => [-0, { zero: -0 }, new Map([[-0, -0]]), new Float64Array([-0])],
  "NaN and infinities": () => [NaN, Infinity, -Infinity],
  "undefined": () => [undefined, { a: undefined }, [undefined]],
  "bigints": () => [0n, -1n, 2n ** 63n, -(2n ** 64n), 2n ** 200n],
  "large integers": () => [2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e300],
  "holes": () => [new Array(5), Object.assign([], { 3: "x", length: 6 })],
  "lone surrogates": () => ["\ud800", "a\udc00b", { "\udfff": 1 }],
  "the empty string and NUL": () => ["", "\0", "a\0"],
  "__proto__ as a key": () => JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "toString": 2}'),
  "the order of keys": () => ({ b: 1, a: 2, 10: 3, 9: 4 }),
  "null prototypes": () => Object.assign(Object.create(null), { a: 1 }),
  "Maps and Sets of anything": () => [new Map<unknown, unknown>([[{ a: 1 }, NaN], [NaN, new Set([[1], null])]])],
  "dates": () => [new Date(0), new Date(-1), new Date(NaN), new Date(8.64e15)],
  "regular expressions": () => [/a+/giu, Object.assign(/b/y, { lastIndex: 3 })],
  "URLs": () => [new URL("https://example.com/a?b=c#d"), new URLSearchParams("a=1&a=2")],
  "boxed primitives": () => [Object(1), Object("text"), Object(false), Object(1n)],
  "typed arrays of all kinds": () => [
    new Int8Array([1]),
    new Uint8Array([1]),
    new Uint8ClampedArray([1]),
    new Int16Array([1]),
    new Uint16Array([1]),
    new Int32Array([1]),
    new Uint32Array([1]),
    new Float32Array([1.5]),
    new Float64Array([1.5]),
    new BigInt64Array([1n]),
    new BigUint64Array([1n]),
    new DataView(new ArrayBuffer(3), 1),
    new ArrayBuffer(4),
    new Uint8Array(0),
  ],
  "views that share a buffer": () => {
    const buffer = new ArrayBuffer(16);
    return [new Uint8Array(buffer), new Uint16Array(buffer, 4, 2), buffer];
  },
  "the same object twice": () => {
    const one = { a: 1 };
    return [one, one, { one }];
  },
  "cycles": () => {
    const loop: Record<string, unknown> = { list: [], map: new Map() };
    loop["self"] = loop;
    (loop["list"] as unknown[]).push(loop);
    (loop["map"] as Map<unknown, unknown>).set(loop, loop);
    return loop;
  },
  "errors": () => [
    new Error("plain"),
    Object.assign(new TypeError("with properties", { cause: new RangeError("why") }), { code: "ENOENT", errno: -2 }),
    new AggregateError([new Error("one"), "two"], "several"),
    new DOMException("stopped", "AbortError"),
  ],
  "deep nesting": () => {
    let deep: unknown = 1;
    for (let i = 0; i < 5000; i++) deep = [deep];
    return [deep].flat(4990);
  },
};

/** Each with the path and the reason that the error must tell. */
const refused: Record<string, readonly [make: () => unknown, says: string]> = {
  "a function": [() => ({ cb: () => {} }), "item.cb is a function"],
  "a class": [() => [Point], "item[0] is a class"],
  "a symbol": [() => [[Symbol("s")]], "item[0][0] is a symbol"],
  "an instance of a class": [() => ({ "a b": new Point() }), 'item["a b"] is an instance of Point'],
  "a Promise": [() => [Promise.resolve(1)], "item[0] is a Promise: await it first"],
  "a WeakMap": [() => new Map([["k", new WeakMap()]]), 'item.get("k") is a WeakMap'],
  "a WeakSet": [() => [new WeakSet()], "item[0] is a WeakSet"],
  "a WeakRef": [() => [new WeakRef({})], "item[0] is a WeakRef"],
  "a Blob": [() => [new Blob(["x"])], "item[0] is a Blob: send its bytes"],
  "a SharedArrayBuffer": [() => [new SharedArrayBuffer(4)], "item[0] is a SharedArrayBuffer: use SharedArray"],
  "a view of a SharedArrayBuffer": [() => ({ v: new Uint8Array(new SharedArrayBuffer(4)) }), "item.v"],
  "a generator": [() => [(function* () {})()], "item[0]"],
  "a symbol key": [() => [{ [Symbol("k")]: 1 }], "item[0] has the symbol key Symbol(k)"],
  "an extra property of an array": [() => Object.assign([1], { extra: 1 }), 'item has the extra property "extra"'],
  "an extra property of a Map": [
    () => [Object.assign(new Map(), { extra: 1 })],
    'item[0] has the extra property "extra"',
  ],
  "an extra property of a Date": [() => [Object.assign(new Date(0), { extra: 1 })], "extra"],
  "a getter": [
    () => ({
      get now() {
        return Date.now();
      },
    }),
    "item.now is an accessor property",
  ],
  "a hidden property": [
    () => Object.defineProperty({}, "h", { value: 1, enumerable: false }),
    "item.h is not enumerable",
  ],
  "a subclass of Array": [() => [new (class List extends Array {})()], "item[0] is an instance of List"],
  "a subclass of Map": [() => [new (class Table extends Map {})()], "item[0] is an instance of Table"],
  "a subclass of Uint8Array": [() => [new (class Octets extends Uint8Array {})(2)], "item[0] is an instance of Octets"],
  "a ReadableStream": [() => [new ReadableStream()], "item[0] is a ReadableStream"],
  "an AbortSignal": [() => [new AbortController().signal], "item[0]"],
  "globalThis": [() => ({ g: globalThis }), "item.g"],
};

export const badInputValues: readonly Case[] = [
  {
    name: "bad input/value: what tends to get lost arrives exactly as it was",
    async run(env) {
      await withEcho(env, async (to, from) => {
        for (const [what, make] of Object.entries(travel)) {
          const value = make();
          await to.put(value);
          assertStrictEquals(difference(value, await from.get()), undefined, what);
        }
      });
    },
  },
  {
    name: "bad input/value: what can't travel is refused where it is put, with its path, and nothing is put",
    async run(env) {
      const [conn, other] = env.mp.Pipe();
      await withEcho(env, async (to, from) => {
        for (const [what, [make, says]] of Object.entries(refused)) {
          const error = await assertRejects(() => to.put(make()), SerializationError, says, what);
          assertEquals(error.code, "ERR_MP_SERIALIZATION");
          assertThrows(() => to.putNowait(make()), SerializationError, says, what);
          await assertRejects(() => conn.send(make()), SerializationError, says.replaceAll("item", "value"), what);
        }
        await to.put("last");
        assertEquals(await from.get(), "last");
        assert(from.empty());
        assertEquals(await other.poll(), false);
      });
      conn.close();
      other.close();
    },
  },
  {
    name: "bad input/value: arguments of a process are refused with their path, and it doesn't start",
    async run({ mp }) {
      const children = mp.activeChildren().length;
      for (
        const [args, says] of [
          [[{ cb: () => {} }], "args[0].cb is a function"],
          [[1, [new Point()]], "args[1][0] is an instance of Point"],
          [[new Map([["k", Promise.resolve()]])], 'args[0].get("k") is a Promise'],
        ] as const
      ) {
        const one = new mp.Process({ target: nothing, args: [...args] });
        const error = await assertRejects(() => one.start(), SerializationError, says);
        assertStrictEquals(await assertRejects(() => one.join()), error);
        assertEquals([one.isAlive(), one.pid], [false, null]);
      }
      assertEquals(mp.activeChildren().length, children);
    },
  },
  {
    name: "bad input/value: an error of a class that isn't known there arrives as an Error of its name",
    async run(env) {
      class NotFoundError extends Error {
        override name = "NotFoundError";
        readonly path = "/tmp/x";
      }
      await withEcho(env, async (to, from) => {
        const error = new NotFoundError("no such file");
        await to.put(error);
        const got = await from.get();
        assertInstanceOf(got, Error);
        const { name, message, stack, path } = got as NotFoundError;
        assertEquals({ name, message, path }, { name: "NotFoundError", message: "no such file", path: "/tmp/x" });
        assertStringIncludes(stack ?? "", "values.ts");
        assertEquals(stack, error.stack);
      });
    },
  },
  {
    name: "bad input/value: a Float16Array travels or is refused, depending on the runtime, but never changes",
    async run(env) {
      const { Float16Array } = globalThis as unknown as { Float16Array?: new (values: number[]) => ArrayBufferView };
      if (Float16Array === undefined) return;
      await withEcho(env, async (to, from) => {
        const value = new Float16Array([1.5]);
        try {
          await to.put(value);
        } catch (error) {
          assertInstanceOf(error, SerializationError);
          return;
        }
        assertStrictEquals(difference(value, await from.get()), undefined);
      });
    },
  },
];
