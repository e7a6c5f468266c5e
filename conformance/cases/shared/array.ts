/** Cases for Array (SharedArray) and RawArray, in one process. An array has no handle to close: garbage collection does it. */

import { assert, assertEquals, assertInstanceOf, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { ClosedError, MisuseError, type TypeCode } from "../../../mod.ts";

export const arrayCases: readonly Case[] = [
  {
    name: "array/a size gives zeroes, values are copied; with or without new",
    growsMemory: true,
    run({ mp }) {
      const types: [TypeCode, { readonly prototype: object }][] = [
        ["b", Int8Array],
        ["B", Uint8Array],
        ["h", Int16Array],
        ["H", Uint16Array],
        ["i", Int32Array],
        ["I", Uint32Array],
        ["l", Int32Array],
        ["L", Uint32Array],
        ["q", BigInt64Array],
        ["Q", BigUint64Array],
        ["f", Float32Array],
        ["d", Float64Array],
        ["c", Uint8Array],
      ];
      for (const [code, type] of types) {
        const zero = code === "q" || code === "Q" ? 0n : 0, one = zero === 0 ? 1 : 1n;
        const array = new mp.SharedArray(code, 3);
        assert(Object.getPrototypeOf(array) === type.prototype, `an array of ${code} is a real ${String(type)}`);
        assertEquals([...array as Iterable<unknown>], [zero, zero, zero]);
        assertEquals([...mp.Array(code, [one, zero] as never) as Iterable<unknown>], [one, zero]);
      }
      assertEquals([...new mp.RawArray("i", new Set([3, 4]))], [3, 4]);
      assertEquals([new mp.SharedArray("i", 0).length, new mp.SharedArray("i", []).length], [0, 0]);
      return Promise.resolve();
    },
  },
  {
    name: "array/a real typed array: length, slice, set, for-of, at",
    growsMemory: true,
    run({ mp }) {
      const array = new mp.SharedArray("i", [5, 6, 7, 8]);
      assert(ArrayBuffer.isView(array));
      assertInstanceOf(array, Int32Array);
      array[0] = 1;
      array.set([2, 3], 1);
      assertEquals([array.at(-1), array[9], array.length], [8, undefined, 4]);
      assertEquals([...array.slice(1, 3)], [2, 3]);
      array.slice()[0] = 99;
      array.subarray(3)[0] = 4;
      assertEquals([...array].join(), "1,2,3,4");
      assertThrows(() => array.set([1, 2, 3], 2), RangeError);
      assertEquals(Object.keys(array), ["0", "1", "2", "3"], "lock is not enumerable");
      return Promise.resolve();
    },
  },
  {
    name: "array/sizes and values that can't be",
    growsMemory: true,
    run({ mp }) {
      for (const size of [-1, 1.5, NaN]) assertThrows(() => new mp.SharedArray("i", size), RangeError, "size");
      for (const bad of [undefined, null, {}, 5n]) {
        assertThrows(() => new mp.SharedArray("i", bad as never), MisuseError, "size");
      }
      assertThrows(() => new mp.SharedArray("z" as never, 3), MisuseError, "type code");
      assertThrows(() => new mp.SharedArray("B", [1, 256]), RangeError);
      assertThrows(() => new mp.SharedArray("i", [1, "2"] as never), TypeError);
      assertThrows(() => new mp.SharedArray("i", 2 ** 34), RangeError);
      return Promise.resolve();
    },
  },
  {
    name: "array/its lock: an RLock by default, one that is given, or none",
    growsMemory: true,
    async run({ mp }) {
      const lock = new mp.Lock(), given = new mp.SharedArray("i", 2, { lock });
      assert(given.lock === lock);
      const own = new mp.SharedArray("i", [1, 2]);
      assertInstanceOf(own.lock, mp.RLock);
      await own.lock.with(() => own.lock.with(() => own.reverse()));
      assertEquals([...own].join(), "2,1");
      assertThrows(() => new mp.SharedArray("i", 2, { lock: false }).lock, MisuseError, "lock: false");
      assertThrows(() => (new mp.RawArray("i", 2) as { lock?: unknown }).lock, MisuseError);
      lock.close();
      assertThrows(() => new mp.SharedArray("i", 2, { lock }), ClosedError);
    },
  },
  {
    name: "array/by name: the first creator's values count, another length or type code is misuse",
    growsMemory: true,
    run({ mp }) {
      const name = `array-${Math.random()}`;
      const one = new mp.SharedArray("i", [1, 2], { name }), two = new mp.SharedArray("i", 2, { name });
      assertEquals([...two].join(), "1,2");
      two[0] = 7;
      assertEquals(one[0], 7);
      assertThrows(() => new mp.SharedArray("i", 3, { name }), MisuseError, "length");
      assertThrows(() => new mp.SharedArray("I", 2, { name }), MisuseError, '"i"');
      return Promise.resolve();
    },
  },
];
