/** Cases for SharedMemory and ShareableList, in one process. */

import { assert, assertEquals, assertMatch, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { ClosedError, MisuseError } from "../../../mod.ts";

export const memoryCases: readonly Case[] = [
  {
    name: "shared memory/create: zeroed, of that size, with a name of its own",
    growsMemory: true,
    run({ mp }) {
      for (const size of [1, 1000, 70_000]) {
        const block = new mp.SharedMemory({ create: true, size });
        assertEquals([block.size, block.bytes.length], [size, size]);
        assert(block.bytes.every((byte) => byte === 0));
        block.bytes.fill(7);
        assertMatch(block.name, /^psm_[0-9a-f]{8}$/);
        block.unlink();
        block[Symbol.dispose]();
        assertThrows(() => block.bytes, ClosedError);
      }
      for (const size of [0, -1, 1.5, NaN, undefined, "5" as never]) {
        assertThrows(() => new mp.SharedMemory({ create: true, size: size as number }), RangeError, "size");
      }
      return Promise.resolve();
    },
  },
  {
    name: "shared memory/attach by name: the same bytes; missing, existing or no name is misuse",
    growsMemory: true,
    run({ mp }) {
      const name = `memory-${Math.random()}`;
      assertThrows(() => new mp.SharedMemory({ name }), MisuseError, "there is none");
      assertThrows(() => new mp.SharedMemory({}), MisuseError, "without a name");
      assertThrows(() => new mp.SharedMemory({ name: "a\0b", create: true, size: 1 }), MisuseError, "NUL");
      const one = new mp.SharedMemory({ name, create: true, size: 10 });
      const two = new mp.SharedMemory({ name, size: 99 });
      assertEquals([two.size, two.name], [10, name], "the size is ignored");
      two.bytes[9] = 5;
      assertEquals(one.bytes[9], 5);
      assertThrows(() => new mp.SharedMemory({ name, create: true, size: 10 }), MisuseError, "there is one");
      one.close();
      assertEquals(two.bytes[9], 5);
      two.close();
      const three = new mp.SharedMemory({ name }); // its name keeps it
      assertEquals(three.bytes[9], 5);
      three.unlink();
      three.close();
      assertThrows(() => new mp.SharedMemory({ name }), MisuseError);
      return Promise.resolve();
    },
  },
  {
    name: "shared memory/close: this handle only, and again; bytes are gone, name and size are not",
    growsMemory: true,
    run({ mp }) {
      const block = new mp.SharedMemory({ create: true, size: 10 }), { name } = block;
      block.close();
      block.close();
      assertThrows(() => block.bytes, ClosedError);
      assertEquals([block.name, block.size], [name, 10]);
      const again = new mp.SharedMemory({ name });
      block.unlink(); // also by a handle that is closed, as in CPython
      again.bytes[0] = 1;
      assertThrows(() => block.unlink(), MisuseError, "unlinked already");
      again.close();
      return Promise.resolve();
    },
  },
  {
    name: "shared memory/unlink: once for each block, by anyone; those who have it open keep it",
    growsMemory: true,
    run({ mp }) {
      const name = `memory-${Math.random()}`;
      const one = new mp.SharedMemory({ name, create: true, size: 10 }), two = new mp.SharedMemory({ name });
      two.unlink();
      assertThrows(() => one.unlink(), MisuseError, "unlinked already");
      assertThrows(() => two.unlink(), MisuseError, "unlinked already");
      one.bytes[0] = 7;
      assertEquals(two.bytes[0], 7);
      const other = new mp.SharedMemory({ name, create: true, size: 20 });
      assertEquals([other.bytes[0], one.bytes[0], one.name], [0, 7, name]);
      assertThrows(() => one.unlink(), MisuseError, "unlinked already");
      one.close();
      two.close();
      assertThrows(() => two.unlink(), MisuseError, "unlinked already");
      other.unlink();
      other.close();
      return Promise.resolve();
    },
  },
  {
    name: "shared memory/what an attempt to attach or create took is given back",
    growsMemory: true,
    run({ mp }) {
      // Each takes some memory and fails; more of them than fit into the memory if it stayed taken would be too slow.
      for (let i = 0; i < 2000; i++) {
        assertThrows(() => new mp.SharedMemory({ name: "there is none" }), MisuseError);
        assertThrows(() => new mp.Value("i", 0, { lock: 5 as never }), MisuseError);
      }
      return Promise.resolve();
    },
  },
  {
    name: "shareable list/items of each type, by index from both ends",
    growsMemory: true,
    run({ mp }) {
      const items = [1, -0.5, 2n ** 63n - 1n, true, false, null, "héllo", "", new Uint8Array([1, 0, 0]), NaN];
      const list = new mp.ShareableList<unknown>(items);
      assertEquals([...list], items);
      assertEquals([list.length, list.at(-1), list.at(0)], [10, NaN, 1]);
      assertEquals(list.format, "ddq??x8s8s8bd");
      for (const bad of [10, -11, 1.5, NaN]) {
        assertThrows(() => list.at(bad), RangeError);
        assertThrows(() => list.set(bad, 1), RangeError);
      }
      assertThrows(() => list.at("0" as never), MisuseError);
      assertEquals([list.count(1), list.count("no"), list.count(NaN)], [1, 0, 1]);
      assertEquals([list.indexOf(""), list.indexOf(new Uint8Array([1, 0, 0])), list.indexOf(7)], [7, 8, -1]);
      assertEquals([...new mp.ShareableList()], []);
      list.shm.unlink();
      list.close();
      assertThrows(() => list.at(0), ClosedError);
      return Promise.resolve();
    },
  },
  {
    name: "shareable list/a write that doesn't fit changes nothing",
    growsMemory: true,
    run({ mp }) {
      const list = new mp.ShareableList<unknown>(["123456789", 5, new Uint8Array(3), null]);
      list.set(0, "1234567890123456"); // rounded up to a multiple of 8
      assertThrows(() => list.set(0, "12345678901234567"), RangeError, "17 bytes");
      assertThrows(() => list.set(0, "éééééééééé"), RangeError, "20 bytes");
      assertThrows(() => list.set(1, new Uint8Array(9)), RangeError);
      assertThrows(() => list.set(1, 2n ** 63n), RangeError, "64 bits");
      assertThrows(() => list.set(1, "\ud800"), RangeError, "surrogate");
      for (const bad of [undefined, {}, [], () => {}, Symbol("no")]) {
        assertThrows(() => list.set(1, bad), TypeError);
        assertThrows(() => new mp.ShareableList([1, bad]), TypeError, "item 1");
      }
      assertThrows(() => new mp.ShareableList([2n ** 64n]), RangeError);
      assertEquals([...list], ["1234567890123456", 5, new Uint8Array(3), null]);
      list.set(1, "other"); // of another type
      list.set(3, 7n);
      list.set(2, true);
      assertEquals([...list], ["1234567890123456", "other", true, 7n]);
      list.shm.unlink();
      list.close();
      return Promise.resolve();
    },
  },
  {
    name: "shareable list/trailing zero bytes and a leading byte order mark stay; the same block by name",
    growsMemory: true,
    run({ mp }) {
      const list = new mp.ShareableList<unknown>(["a\0\0", new Uint8Array([1, 0, 0, 0]), "\ufeffa"]);
      const same = new mp.ShareableList<unknown>({ name: list.shm.name });
      assertEquals([...same], ["a\0\0", new Uint8Array([1, 0, 0, 0]), "\ufeffa"]);
      same.set(0, "b");
      assertEquals(list.at(0), "b");
      list.shm.unlink();
      list.close();
      assertEquals(same.at(0), "b");
      same.close();
      assertThrows(() => new mp.ShareableList({ name: "there is none" }), MisuseError);
      return Promise.resolve();
    },
  },
];
