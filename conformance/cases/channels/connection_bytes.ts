/** Connection: messages of bytes. */

import { assert, assertEquals, assertRejects } from "../../assert.ts";
import { BufferTooShort, EOFError, MisuseError, TimeoutError } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { echoBytes } from "../../targets/channels/pipes.ts";

const bytes = (...values: number[]) => new Uint8Array(values);

export const connectionByteCases: readonly Case[] = [
  {
    name: "pipe bytes/views and buffers arrive as they are; an empty message is legal",
    async run({ mp }) {
      const [here, there] = mp.Pipe();
      const child = new mp.Process({ target: echoBytes, args: [there] });
      await child.start();
      const buffer = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8).buffer;
      const messages = [
        bytes(0, 255, 128),
        buffer,
        new Uint16Array([1, 65_535]),
        new DataView(buffer, 2, 3),
        new Float64Array([Math.PI]),
        new Uint8Array(100_000).fill(7),
        bytes(),
      ];
      for (const message of messages) {
        await here.sendBytes(message);
        const sent = ArrayBuffer.isView(message)
          ? new Uint8Array(message.buffer, message.byteOffset, message.byteLength)
          : new Uint8Array(message);
        const got = await here.recvBytes();
        assertEquals(got.constructor, Uint8Array);
        assert(got.length === sent.length && got.every((byte, i) => byte === sent[i]));
      }
      assertEquals(await child.join(), 0);
      here.close();
      there.close();
    },
  },
  {
    name: "pipe bytes/offset and size choose a part; those outside are refused",
    async run({ mp }) {
      const [a, b] = mp.Pipe();
      const data = bytes(0, 1, 2, 3, 4);
      const parts: [number | undefined, number | undefined, number[]][] = [
        [undefined, undefined, [0, 1, 2, 3, 4]],
        [2, undefined, [2, 3, 4]],
        [1, 2, [1, 2]],
        [5, undefined, []],
        [5, 0, []],
        [0, 0, []],
      ];
      for (const [offset, size, expected] of parts) {
        await a.sendBytes(data, offset, size);
        assertEquals(await b.recvBytes(), bytes(...expected));
      }
      for (
        const [offset, size] of [[-1], [6], [0, -1], [0, 6], [3, 3], [1.5], [0, 1.5], [NaN]] as [number, number?][]
      ) {
        await assertRejects(() => a.sendBytes(data, offset, size), RangeError, String(size ?? offset));
      }
      for (const wrong of ["text", 3, null, [1, 2], { length: 1 }]) {
        await assertRejects(() => a.sendBytes(wrong as unknown as Uint8Array), MisuseError, "neither an ArrayBuffer");
      }
      assertEquals(await b.poll(), false);
      a.close();
      b.close();
    },
  },
  {
    name: "pipe bytes/recvBytes refuses what is longer than maxLength; the message is in the error",
    async run({ mp }) {
      const [a, b] = mp.Pipe();
      await a.sendBytes(bytes(1, 2, 3));
      assertEquals(await b.recvBytes({ maxLength: 3 }), bytes(1, 2, 3));
      await a.sendBytes(bytes(1, 2, 3));
      const error = await assertRejects(() => b.recvBytes({ maxLength: 2 }), BufferTooShort, "3 bytes");
      assertEquals(error.messageBytes, bytes(1, 2, 3));
      assertEquals(error.code, "ERR_MP_BUFFER_TOO_SHORT");
      for (const maxLength of [-1, NaN]) {
        await assertRejects(() => b.recvBytes({ maxLength }), RangeError, "maxLength");
      }
      // The connection goes on.
      await a.sendBytes(bytes(9));
      assertEquals(await b.recvBytes(), bytes(9));
      await assertRejects(() => b.recvBytes({ timeout: 5 }), TimeoutError);
      a.close();
      b.close();
    },
  },
  {
    name: "pipe bytes/recvBytesInto returns the count, and refuses what doesn't fit",
    async run({ mp }) {
      const [a, b] = mp.Pipe();
      const into = new Uint8Array(5);
      await a.sendBytes(bytes(1, 2, 3));
      assertEquals([await b.recvBytesInto(into, 1), into], [3, bytes(0, 1, 2, 3, 0)]);
      await a.sendBytes(bytes(7, 8));
      const words = new Uint16Array(2);
      assertEquals(await b.recvBytesInto(words), 2);
      assertEquals(new Uint8Array(words.buffer), bytes(7, 8, 0, 0));
      await a.sendBytes(bytes(1, 2, 3, 4, 5, 6));
      const error = await assertRejects(() => b.recvBytesInto(into), BufferTooShort, "6 bytes into 5");
      assertEquals([error.messageBytes, into], [bytes(1, 2, 3, 4, 5, 6), bytes(0, 1, 2, 3, 0)]);
      await a.sendBytes(bytes(9)); // the long one is consumed
      await assertRejects(() => b.recvBytesInto(into, -1), RangeError, "offset -1");
      await assertRejects(() => b.recvBytesInto(into, 6), RangeError, "offset 6");
      assertEquals(await b.recvBytesInto(into, 4), 1);
      const large = new Uint8Array(300_001).fill(7), room = new Uint8Array(300_003);
      await a.sendBytes(large);
      assertEquals(await b.recvBytesInto(room, 1), large.length);
      assertEquals([room.at(0), room.at(-1), room.subarray(1, -1).every((byte) => byte === 7)], [0, 0, true]);
      await a.sendBytes(large);
      const tooLarge = await assertRejects(() => b.recvBytesInto(room, 3), BufferTooShort, "300001 bytes into 300000");
      assertEquals(tooLarge.messageBytes, large);
      a.close();
      await assertRejects(() => b.recvBytesInto(into), EOFError);
      b.close();
    },
  },
  {
    name: "pipe bytes/values and bytes are told apart, and the wrong way to receive loses nothing",
    async run({ mp }) {
      const [a, b] = mp.Pipe<unknown>();
      await a.send(bytes(1));
      await a.sendBytes(bytes(2));
      await assertRejects(() => b.recvBytes(), MisuseError, "receive it with recv()");
      assertEquals(await b.recv(), bytes(1));
      await assertRejects(() => b.recv(), MisuseError, "receive it with recvBytes()");
      assertEquals(await b.recvBytes(), bytes(2));
      a.close();
      b.close();
    },
  },
];
