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
import { travelling } from "../../travelling.ts";

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
        for (const [what, make] of Object.entries(travelling)) {
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
