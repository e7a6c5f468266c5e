/** Connections through sockets: what a Pipe's do, and what becomes of them when the link is lost. */

import { assert, assertEquals, assertGreater, assertLess, assertRejects, assertStringIncludes } from "../../assert.ts";
import {
  BufferTooShort,
  Client,
  ClosedError,
  EOFError,
  MisuseError,
  SerializationError,
  TimeoutError,
} from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { filesIn, removeFolder, sleep, startProgram, until } from "../../host.ts";
import { kinds, link, saidAddress } from "../../remote.ts";
import { difference } from "../../same.ts";
import { within } from "../../scale.ts";
import { bareServer, frame } from "../../sockets.ts";
import { travelling } from "../../travelling.ts";

const peer = new URL("../../targets/remote/peer.ts", import.meta.url);
const bytes = (...values: number[]) => new Uint8Array(values);

export const connectionCases: readonly Case[] = [
  ...kinds.map((kind): Case => ({
    name: `remote/${kind.name}: every value arrives as it was`,
    async run() {
      const { client, server, close } = await link(kind);
      for (const [what, make] of Object.entries(travelling)) {
        const value = make();
        await client.send(value);
        await server.send(await server.recv());
        assertEquals([what, difference(value, await client.recv())], [what, undefined]);
      }
      for (
        const value of [
          Array.from({ length: 20_000 }, (_, i) => i / 3),
          "x".repeat(300_000),
          new Float64Array(100_000).fill(0.1),
        ]
      ) {
        const sending = client.send(value);
        await server.send(await server.recv());
        await sending;
        assertEquals(difference(value, await client.recv()), undefined);
      }
      close();
    },
  })),
  {
    name: "remote/bytes: parts, empty messages, buffers that are too short; the bytes are the receiver's own",
    async run() {
      const { client, server, close } = await link();
      const data = bytes(0, 1, 2, 3, 4);
      await client.sendBytes(data, 2);
      await client.sendBytes(data.buffer, 1, 2);
      await client.sendBytes(bytes());
      await client.sendBytes(new Uint16Array([1, 65_535]));
      assertEquals(await server.recvBytes(), bytes(2, 3, 4));
      assertEquals(await server.recvBytes(), bytes(1, 2));
      assertEquals(await server.recvBytes(), bytes());
      const last = await server.recvBytes();
      assertEquals([last, last.buffer.byteLength, last.constructor], [bytes(1, 0, 255, 255), 4, Uint8Array]);
      for (const [offset, size] of [[-1], [6], [0, 6], [1.5]] as [number, number?][]) {
        await assertRejects(() => client.sendBytes(data, offset, size), RangeError);
      }
      await assertRejects(() => client.sendBytes("text" as never), MisuseError);
      const into = new Uint8Array(6);
      await client.sendBytes(data);
      assertEquals([await server.recvBytesInto(into, 1), into], [5, bytes(0, 0, 1, 2, 3, 4)]);
      await client.sendBytes(data);
      const short = await assertRejects(() => server.recvBytesInto(into, 2), BufferTooShort);
      assertEquals(short.messageBytes, data);
      await client.sendBytes(data);
      const long = await assertRejects(() => server.recvBytes({ maxLength: 4 }), BufferTooShort);
      assertEquals(long.messageBytes, data);
      await assertRejects(() => server.recvBytes({ maxLength: -1 }), RangeError);
      await client.send("as bytes");
      assertGreater((await server.recvBytes()).length, 8);
      await client.sendBytes(bytes(255, 255));
      await assertRejects(() => server.recv(), SerializationError);
      await client.send("goes on");
      assertEquals(await server.recv(), "goes on");
      close();
    },
  },
  {
    name: "remote/messages keep their order, also those that nobody awaited and those of 1 byte beside 3 MiB",
    async run() {
      const { client, server, close } = await link();
      const count = 2000, sizes = Array.from({ length: count }, (_, n) => n % 400 === 7 ? 3 << 20 : n % 50);
      const sending = Promise.all(sizes.map((size, n) => client.send([n, new Uint8Array(size).fill(n)])));
      for (let n = 0; n < count; n++) {
        const [number, got] = await server.recv() as [number, Uint8Array];
        assertEquals([number, got.length], [n, sizes[n]]);
        assert(got.every((byte) => byte === n % 256));
      }
      await sending;
      const receiving = Array.from({ length: 100 }, () => client.recv() as Promise<number>);
      for (let n = 0; n < 100; n++) await server.send(n);
      assertEquals(await Promise.all(receiving), Array.from({ length: 100 }, (_, n) => n));
      close();
    },
  },
  {
    name: "remote/recv and poll: a limit or a signal takes nothing",
    async run() {
      const { client, server, close } = await link();
      assertEquals([await server.poll(), await server.poll({ timeout: 10 })], [false, false]);
      await assertRejects(() => server.recv({ timeout: 0 }), TimeoutError);
      await assertRejects(() => server.recv({ timeout: 10 }), TimeoutError, "nothing happened within 10 ms");
      const controller = new AbortController();
      const waits = [
        server.recv({ signal: controller.signal }),
        server.poll({ timeout: Infinity, signal: controller.signal }),
      ];
      controller.abort(new Error("stop"));
      for (const wait of waits) await assertRejects(() => wait, Error, "stop");
      await assertRejects(() => server.recv({ signal: controller.signal }), Error, "stop");
      await assertRejects(() => client.send(1, { signal: controller.signal }), Error, "stop");
      const polling = server.poll({ timeout: 5000 });
      await client.send("one");
      assertEquals([await polling, await server.poll(), await server.recv(), await server.poll()], [
        true,
        true,
        "one",
        false,
      ]);
      client.close();
      assertEquals([await server.poll({ timeout: 5000 }), await server.poll()], [true, true]);
      await assertRejects(() => server.recv(), EOFError);
      await assertRejects(() => client.recv(), ClosedError);
      await assertRejects(() => client.send(1), ClosedError);
      await assertRejects(() => client.poll(), ClosedError);
      close();
    },
  },
  {
    name: "remote/wait takes them among others; iterating ends with the other end; close() expels who waits here",
    async run({ mp }) {
      const { client, server, close } = await link();
      const queue = new mp.Queue<number>();
      assertEquals(await mp.wait([server, queue], { timeout: 10 }), []);
      const waiting = mp.wait([queue, server, client]);
      await client.send(1);
      assertEquals(await waiting, [server]);
      await queue.put(1);
      assertEquals(await mp.wait([queue, server, client]), [queue, server]);
      await client.send(2);
      client.close();
      const got: unknown[] = [];
      for await (const value of server) got.push(value);
      assertEquals(got, [1, 2]);
      queue.close();
      close();
      const other = await link();
      const expelled = [other.server.recv(), other.server.poll({ timeout: 9000 }), mp.wait([other.server])];
      other.server.close();
      for (const one of expelled) await assertRejects(() => one, ClosedError);
      other.close();
    },
  },
  {
    name: "remote/what belongs to a family can't leave it, nor can a connection travel in it",
    async run({ mp }) {
      const { client, server, close } = await link();
      const lock = new mp.Lock(), queue = new mp.Queue<unknown>(), [end, other] = mp.Pipe();
      const refused: [unknown, string][] = [
        [lock, "value is a Lock"],
        [{ deep: [new Map([["q", queue]])] }, "is a Queue"],
        [[end], "value[0] is a Connection"],
        [() => {}, "value is a function"],
      ];
      for (const [value, message] of refused) {
        const error = await assertRejects(() => client.send(value), SerializationError);
        assertStringIncludes(error.message, message);
      }
      await assertRejects(() => queue.put(client), SerializationError);
      await client.send("nothing was sent");
      assertEquals(await server.recv(), "nothing was sent");
      for (const one of [lock, queue, end, other]) one.close();
      close();
    },
  },
  ...kinds.map((kind): Case => ({
    name: `remote/${kind.name}: send waits for a peer that doesn't read; what has not begun can be given up`,
    async run() {
      const { client, server, close } = await link(kind);
      const count = 100;
      let sent = 0;
      const sending = Array.from({ length: count }, async (_, n) => {
        await client.send(new Uint8Array(256 * 1024).fill(n));
        sent++;
      });
      let before = -1;
      await until(async () => {
        const isStill = sent === before;
        before = sent;
        await sleep(100);
        return isStill;
      });
      assertLess(sent, count);
      await assertRejects(
        () => client.send("withdrawn", { timeout: 50 }),
        TimeoutError,
        "nothing happened within 50 ms",
      );
      const controller = new AbortController(), aborted = client.send("aborted", { signal: controller.signal });
      controller.abort(new Error("no"));
      await assertRejects(() => aborted, Error, "no");
      for (let n = 0; n < count; n++) assertEquals((await server.recv() as Uint8Array)[0], n);
      await Promise.all(sending);
      await client.send("last");
      assertEquals(await server.recv(), "last");
      // What has begun can't be taken back, and is no failure.
      const begun = client.send(new Uint8Array(8 << 20).fill(1), { timeout: 20 });
      await begun;
      assertEquals((await server.recv() as Uint8Array).length, 8 << 20);
      close();
    },
  })),
  {
    name: "remote/the peer is killed: every pending call rejects at once, and says so",
    needs: ["process"],
    async run(env) {
      for (const kind of kinds) {
        const program = startProgram(env, peer, { args: ["listen", JSON.stringify(kind.listener)] });
        const client = await Client<unknown>(await saidAddress(program), kind.client);
        await client.send(1);
        assertEquals(await client.recv(), 1);
        const pending = [client.recv(), client.recvBytes(), client.recvBytesInto(new Uint8Array(1))];
        const polling = client.poll({ timeout: Infinity });
        program.kill("SIGKILL");
        for (const one of pending) await assertRejects(() => within(one, 2000, "a lost link"), EOFError);
        assertEquals(await polling, true);
        await assertRejects(() => client.recv(), EOFError);
        await assertRejects(async () => {
          for (;;) await client.send("too late");
        }, EOFError);
        client.close();
        await program.ended;
        for (const name of filesIn(env.tempDir)) removeFolder(`${env.tempDir}/${name}`); // it couldn't
      }
    },
  },
  {
    name: "remote/a link that is cut in the middle of a message, or brings none, is no end",
    async run() {
      const broken: [Uint8Array, string][] = [
        [new Uint8Array([0, 0]), "in the middle of a message"],
        [frame("12345").subarray(0, 7), "in the middle of a message"],
        [new Uint8Array([255, 255, 255, 254]), "a message of -2 bytes"],
        [new Uint8Array([255, 255, 255, 255, 1, 0, 0, 0, 0, 0, 0, 0]), "at most"],
      ];
      for (const [last, message] of broken) {
        const { server, address } = await bareServer((socket) =>
          socket.end(new Uint8Array([...frame(bytes(1, 2)), ...last]))
        );
        const client = await Client(address);
        assertEquals(await client.recvBytes(), bytes(1, 2));
        const error = await assertRejects(() => within(client.recv(), 5000, "a broken link"), EOFError);
        assertStringIncludes(error.message, message);
        await assertRejects(async () => {
          for await (const _ of client);
        }, EOFError);
        client.close();
        server.close();
      }
    },
  },
];
