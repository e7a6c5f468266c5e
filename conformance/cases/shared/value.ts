/** Cases for Value and RawValue. */

import { assert, assertEquals, assertFalse, assertInstanceOf, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { ClosedError, MisuseError, targets as targetsOf, type TypeCode } from "../../../mod.ts";

const targets = targetsOf<typeof import("../../targets/shared/basics.ts")>(
  new URL("../../targets/shared/basics.ts", import.meta.url),
);

/** Least and greatest value of the integer codes, and one below and above. */
const ranges: readonly [TypeCode, number | bigint, number | bigint, number | bigint, number | bigint][] = [
  ["b", -128, 127, -129, 128],
  ["B", 0, 255, -1, 256],
  ["c", 0, 255, -1, 256],
  ["h", -32768, 32767, -32769, 32768],
  ["H", 0, 65535, -1, 65536],
  ["i", -(2 ** 31), 2 ** 31 - 1, -(2 ** 31) - 1, 2 ** 40],
  ["I", 0, 2 ** 32 - 1, -1, 2 ** 32],
  ["l", -(2 ** 31), 2 ** 31 - 1, -(2 ** 31) - 1, 2 ** 31],
  ["L", 0, 2 ** 32 - 1, -1, 2 ** 32],
  ["q", -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n) - 1n, 2n ** 63n],
  ["Q", 0n, 2n ** 64n - 1n, -1n, 2n ** 64n],
];

export const valueCases: readonly Case[] = [
  {
    name: "value/zero without an initial value, for each type code; any other code is misuse",
    run({ mp }) {
      for (const [code] of [...ranges, ["f"], ["d"]] as [TypeCode][]) {
        const value = new mp.Value(code), called = mp.Value(code), raw = new mp.RawValue(code);
        const zero = code === "q" || code === "Q" ? 0n : 0;
        assertEquals([value.value, called.value, raw.value], [zero, zero, zero]);
        value.close();
        called.close();
      }
      for (const code of ["u", "z", "", 5, undefined, "toString"]) {
        assertThrows(() => new mp.Value(code as never), MisuseError, "type code");
      }
      return Promise.resolve();
    },
  },
  {
    name: "value/holds its whole range; out of it is a range error that changes nothing",
    run({ mp }) {
      for (const [code, least, greatest, below, above] of ranges) {
        const value = new mp.Value(code, least as never);
        assertEquals(value.value, least as never);
        value.value = greatest as never;
        for (const bad of [below, above]) {
          assertThrows(() => value.value = bad as never, RangeError);
          assertThrows(() => value.exchange(bad as never), RangeError);
          assertThrows(() => value.compareExchange(greatest as never, bad as never), RangeError);
          assertThrows(() => new mp.Value(code, bad as never), RangeError);
        }
        assertEquals(value.value, greatest as never);
        value.close();
      }
      return Promise.resolve();
    },
  },
  {
    name: "value/another type is a type error, a fraction in an integer a range error",
    run({ mp }) {
      const integer = new mp.Value("i", 1), big = new mp.Value("q", 1n), float = new mp.Value("d", 0.5);
      for (const bad of [1n, "1", null, true, {}]) {
        assertThrows(() => integer.value = bad as never, TypeError);
        assertThrows(() => float.value = bad as never, TypeError);
      }
      for (const bad of [1, "1", null]) assertThrows(() => big.value = bad as never, TypeError);
      for (const bad of [1.5, NaN, Infinity]) assertThrows(() => integer.value = bad, RangeError);
      for (const fine of [NaN, -Infinity, -0, 1e300]) {
        float.value = fine;
        assert(Object.is(float.value, fine));
      }
      const single = new mp.Value("f", 0.1);
      assertEquals(single.value, Math.fround(0.1));
      assertEquals([integer.value, big.value], [1, 1n as never]);
      for (const one of [integer, big, float, single]) one.close();
      return Promise.resolve();
    },
  },
  {
    name: "value/add, exchange and compareExchange give the old value, for integers",
    run({ mp }) {
      const value = new mp.Value("i", 5);
      assertEquals([value.add(2), value.add(-4), value.value], [5, 7, 3]);
      assertEquals([value.exchange(9), value.value], [3, 9]);
      assertEquals([value.compareExchange(8, 1), value.value], [9, 9]);
      assertEquals([value.compareExchange(9, 1), value.value], [9, 1]);
      const big = new mp.Value("Q", 2n ** 63n);
      assertEquals([big.add(1n), big.value], [2n ** 63n, 2n ** 63n + 1n]);
      const byte = new mp.Value("B", 250);
      assertEquals([byte.add(10), byte.value], [250, 4], "add wraps around");
      assertEquals([byte.add(-3), byte.add(-2), byte.value], [4, 1, 255], "down, too");
      assertEquals([big.add(-(2n ** 63n)), big.value], [2n ** 63n + 1n, 1n]);
      for (const n of [256, -256, 0.5, NaN]) assertThrows(() => byte.add(n), RangeError);
      assertThrows(() => byte.add("-1" as never), TypeError);
      assertThrows(() => value.add(2 ** 31), RangeError);
      assertEquals([byte.value, value.value], [255, 1]);
      for (const code of ["f", "d"] as const) {
        const float = new mp.Value(code, 1);
        assertThrows(() => float.add(1), MisuseError, "not an integer's");
        assertThrows(() => float.exchange(1), MisuseError);
        assertThrows(() => float.compareExchange(1, 2), MisuseError);
        assertEquals(float.value, 1);
        float.close();
      }
      for (const one of [value, big, byte]) one.close();
      return Promise.resolve();
    },
  },
  {
    name: "value/a loop that only reads sees what another writes, integer or float",
    async run({ mp }) {
      const integer = new mp.Value("i", 0), float = new mp.Value("d", 0), spinning = new mp.Semaphore(0);
      const child = new mp.Process({ target: targets.spinUntilBothChange, args: [integer, float, spinning] });
      await child.start();
      assert(await spinning.acquire());
      integer.value = 1;
      assert(await spinning.acquire());
      float.value = 0.5;
      await child.join();
      assertEquals(child.exitcode, 0);
      for (const one of [integer, float, spinning]) one.close();
    },
  },
  {
    name: "value/its lock: an RLock by default, one that is given, or none",
    async run({ mp }) {
      const value = new mp.Value("i", 1), lock = new mp.Lock(), same = new mp.Value("i", 1, { lock });
      assertInstanceOf(value.lock, mp.RLock);
      await value.lock.with(() => value.lock.with(() => value.value *= 7));
      assertEquals(value.value, 7);
      assert(same.lock === lock);
      await same.lock.with(() => assert(lock.locked()));
      for (const none of [new mp.Value("i", 1, { lock: false }), new mp.RawValue("i", 1) as typeof value]) {
        assertThrows(() => none.lock, MisuseError, "lock: false");
        assertEquals(none.value, 1);
        none.close();
      }
      assertThrows(() => new mp.Value("i", 1, { lock: 5 as never }), MisuseError, "lock");
      lock.close();
      assertThrows(() => same.lock.locked === undefined || lock.locked(), ClosedError);
      await same.lock.with(() => same.value++); // a value is a user of its lock
      for (const one of [value, same]) one.close();
    },
  },
  {
    name: "value/by name: the first creator's value and lock count, another type code is misuse",
    run({ mp }) {
      const name = `value-${Math.random()}`;
      const one = new mp.Value("i", 3, { name }), two = new mp.Value("i", 8, { name });
      assertEquals(two.value, 3);
      two.value = 4;
      assertEquals(one.value, 4);
      assertThrows(() => new mp.Value("I", 3, { name }), MisuseError, '"i"');
      assertThrows(() => new mp.SharedArray("i", 3, { name }), MisuseError, name);
      const lock = new mp.Lock();
      assertThrows(() => new mp.Value("i", 3, { name, lock }), MisuseError, "another");
      assertFalse(lock.locked());
      for (const each of [one, two, lock]) each.close();
      return Promise.resolve();
    },
  },
  {
    name: "value/closed",
    run({ mp }) {
      const value = new mp.Value("i", 3);
      value.close();
      value.close();
      const uses = [
        () => value.value,
        () => value.value = 1,
        () => value.add(1),
        () => value.lock,
        () => value.exchange(1),
      ];
      for (const use of uses) assertThrows(use, ClosedError, "closed");
      return Promise.resolve();
    },
  },
];
