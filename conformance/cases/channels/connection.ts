/** Pipe and Connection: messages both ways, directions, end-of-file, waits, and who may share an end. */

import {
  assert,
  assertEquals,
  assertFalse,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "../../assert.ts";
import { ClosedError, type Connection, EOFError, MisuseError, SerializationError, TimeoutError } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { sleep } from "../../host.ts";
import { answerAll, joinBroken, passOn, sayThrough, sendNumbers } from "../../targets/channels/pipes.ts";

export const connectionCases: readonly Case[] = [
  {
    name: "pipe/both ends send and receive, in order",
    async run({ mp }) {
      const [a, b] = mp.Pipe<unknown>();
      assertEquals([a.readable, a.writable, a.closed, b.readable, b.writable], [true, true, false, true, true]);
      for (let i = 0; i < 20; i++) {
        await a.send({ i });
        await b.send([i]);
      }
      for (let i = 0; i < 20; i++) assertEquals([await b.recv(), await a.recv()], [{ i }, [i]]);
      a.close();
      b.close();
    },
  },
  {
    name: "pipe/with duplex false the first end only receives, the second only sends",
    async run({ mp }) {
      const [receiver, sender] = mp.Pipe<number>({ duplex: false });
      assertEquals([receiver.readable, receiver.writable], [true, false]);
      assertEquals([sender.readable, sender.writable], [false, true]);
      await sender.send(1);
      assertEquals(await receiver.recv(), 1);
      const [r, s] = [receiver, sender] as unknown as [Connection, Connection];
      await assertRejects(() => r.send(1), MisuseError, "Cannot send: this connection is read-only");
      await assertRejects(() => r.sendBytes(new Uint8Array(1)), MisuseError, "read-only");
      await assertRejects(() => s.recv(), MisuseError, "Cannot receive: this connection is write-only");
      await assertRejects(() => s.recvBytes(), MisuseError, "write-only");
      await assertRejects(() => s.recvBytesInto(new Uint8Array(1)), MisuseError, "write-only");
      await assertRejects(() => s.poll(), MisuseError, "write-only");
      await assertRejects(() => mp.wait([s]), MisuseError, "write-only");
      receiver.close();
      sender.close();
    },
  },
  {
    name: "pipe/send refuses in the caller what can't travel",
    async run({ mp }) {
      const [a, b] = mp.Pipe<unknown>();
      await assertRejects(() => a.send({ f() {} }), SerializationError, "value.f is a function");
      assertEquals(await b.poll(), false);
      a.close();
      b.close();
    },
  },
  {
    name: "pipe/recv raises EOFError when all is read and the other end is closed; send does at once",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>();
      await a.send(1);
      await a.send(2);
      const blocked = mp.Pipe<number>();
      const waiting = assertRejects(() => blocked[0].recv(), EOFError, "the other end is closed");
      a.close();
      blocked[1].close();
      await waiting;
      assertEquals([await b.recv(), await b.recv()], [1, 2]);
      const error = await assertRejects(() => b.recv(), EOFError, "everything is read");
      assertEquals(error.code, "ERR_MP_EOF");
      await assertRejects(() => b.recv({ timeout: 0 }), EOFError); // for good
      await assertRejects(() => b.send(3), EOFError, "the other end is closed");
      b.close();
      blocked[0].close();
    },
  },
  {
    name: "pipe/end-of-file needs every copy closed",
    async run({ mp }) {
      const [here, there] = mp.Pipe<number>();
      const child = new mp.Process({ target: sendNumbers, args: [there, 3] });
      await child.start();
      assertEquals(await child.join(), 0);
      for (let i = 0; i < 3; i++) assertEquals(await here.recv(), i);
      // The child is gone, but this process still holds its end.
      await assertRejects(() => here.recv({ timeout: 20 }), TimeoutError);
      there.close();
      await assertRejects(() => here.recv(), EOFError);
      here.close();
    },
  },
  {
    name: "pipe/the end of the only process with the other end is end-of-file",
    async run({ mp }) {
      const [here, there] = mp.Pipe<number>();
      const child = new mp.Process({ target: sendNumbers, args: [there, 3] });
      await child.start();
      there.close();
      const got: number[] = [];
      for await (const n of here) got.push(n); // ends at end-of-file
      assertEquals(got, [0, 1, 2]);
      assertEquals(await child.join(), 0);
      here.close();
    },
  },
  {
    name: "pipe/recv and send with a timeout or a signal",
    async run({ mp }) {
      const [a, b] = mp.Pipe<unknown>(), reason = new Error("enough");
      await assertRejects(() => a.recv({ timeout: 0 }), TimeoutError);
      await assertRejects(() => a.recv({ timeout: 10 }), TimeoutError, "within 10 ms");
      const controller = new AbortController();
      const receiving = a.recv({ signal: controller.signal });
      // The reader is far behind: the second waits for room, and is not sent when it gives up.
      await a.send(new Uint8Array(1.5 * 2 ** 20));
      await assertRejects(() => a.send("late", { timeout: 10 }), TimeoutError);
      const sending = a.send("aborted", { signal: controller.signal });
      controller.abort(reason);
      assertStrictEquals(await assertRejects(() => receiving), reason);
      assertStrictEquals(await assertRejects(() => sending), reason);
      assertEquals((await b.recv() as Uint8Array).length, 1.5 * 2 ** 20);
      assertEquals(await b.poll(), false);
      await b.send("answer");
      assertEquals(await a.recv(), "answer");
      await assertRejects(() => a.recv({ timeout: NaN }), MisuseError);
      a.close();
      b.close();
    },
  },
  {
    name: "pipe/poll: default 0, waits up to its timeout, true at end-of-file, and consumes nothing",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>();
      assertEquals([await a.poll(), await a.poll({ timeout: 5 }), await a.poll({ timeout: -1 })], [
        false,
        false,
        false,
      ]);
      const polling = a.poll({ timeout: Infinity });
      await sleep(1);
      await b.send(1);
      assert(await polling);
      assertEquals([await a.poll(), await a.poll({ timeout: 5 }), await a.recv(), await a.poll()], [
        true,
        true,
        1,
        false,
      ]);
      b.close();
      assertEquals([await a.poll(), await a.poll({ timeout: 5 })], [true, true]);
      await assertRejects(() => a.recv(), EOFError);
      a.close();
      await assertRejects(() => a.poll(), ClosedError);
    },
  },
  {
    name: "pipe/close is idempotent, ends this end's waits, and any use after it is refused",
    async run({ mp }) {
      const [a, b] = mp.Pipe<number>();
      const receiving = assertRejects(() => a.recv(), ClosedError);
      a.close();
      a[Symbol.dispose]();
      await receiving;
      assertEquals([a.closed, b.closed], [true, false]);
      await assertRejects(() => a.send(1), ClosedError);
      await assertRejects(() => a.recv(), ClosedError);
      await assertRejects(() => a.sendBytes(new Uint8Array(1)), ClosedError);
      await assertRejects(() => a.recvBytes(), ClosedError);
      await assertRejects(() => mp.wait([a]), ClosedError);
      await assertRejects(() => a[Symbol.asyncIterator]().next(), ClosedError);
      b.close();
    },
  },
  {
    name: "pipe/processes may share one end: no message is mixed up or lost",
    timeLimit: 60_000,
    async run({ mp }) {
      const [here, there] = mp.Pipe<string, number | null>();
      const children = [0, 1, 2].map(() => new mp.Process({ target: answerAll, args: [there as never] }));
      for (const one of children) one.start();
      for (let i = 0; i < 60; i++) await here.send(i);
      const answers: string[] = [];
      for (let i = 0; i < 60; i++) answers.push(await here.recv());
      assertEquals(answers.toSorted(), Array.from({ length: 60 }, (_, i) => `<${i}>`).toSorted());
      for (const _ of children) await here.send(null);
      assertEquals(await Promise.all(children.map((one) => one.join())), [0, 0, 0]);
      here.close();
      there.close();
    },
  },
  {
    name: "pipe/a connection can itself be sent through a connection",
    async run({ mp }) {
      const [here, there] = mp.Pipe<unknown>(), [inner, outer] = mp.Pipe<string>();
      const child = new mp.Process({ target: passOn, args: [there] });
      await child.start();
      there.close();
      await here.send({ deep: [{ outer }] });
      outer.close();
      assertEquals(await inner.recv(), "hello through what came");
      await inner.send("bye");
      assertEquals(await here.recv(), "bye");
      assertEquals(await child.join(), 0);
      await assertRejects(() => inner.recv(), EOFError);
      await assertRejects(() => here.recv(), EOFError);
      here.close();
      inner.close();
    },
  },
  {
    name: "pipe/an end in a message nobody has read still counts as held",
    async run({ mp }) {
      const queue = new mp.Queue<Connection<string>>(), [here, there] = mp.Pipe<string>();
      await queue.put(there);
      there.close();
      await assertRejects(() => here.recv({ timeout: 10 }), TimeoutError);
      const again = await queue.get();
      await again.send("still there");
      assertEquals(await here.recv(), "still there");
      await queue.put(again);
      again.close();
      queue.close(); // with the queue goes the message, with the message the end
      await assertRejects(() => here.recv(), EOFError);
      here.close();
    },
  },
  {
    name: "pipe/the same name is the same pipe",
    async run({ mp }) {
      const [a, b] = mp.Pipe<string>({ name: "pipe/name" });
      const child = new mp.Process({ target: sayThrough, args: ["pipe/name", mp.startMethod] });
      await child.start();
      assertEquals(await a.recv(), "hello by name");
      assertEquals(await child.join(), 0);
      assertThrows(() => mp.Pipe({ name: "pipe/name", duplex: false }), MisuseError, "duplex");
      a.close();
      b.close();
    },
  },
  {
    name:
      "pipe/a named one that has lost its second end can't be joined, whatever lies there now; without the first it is gone",
    async run({ mp }) {
      const name = "pipe/broken", refusal = 'Cannot join the Pipe "pipe/broken": everyone has closed its second end';
      const [here, there] = mp.Pipe<string>();
      const child = new mp.Process({ target: joinBroken, args: [name, mp.startMethod, there] });
      const [a, b] = mp.Pipe<string>({ name });
      b.close();
      await assertRejects(() => a.recv(), EOFError);
      assertThrows(() => mp.Pipe({ name }), ClosedError, refusal); // nothing lies where it was
      const others = Array.from({ length: 20 }, () => mp.Pipe<string>());
      assertThrows(() => mp.Pipe({ name }), ClosedError, refusal);
      await child.start();
      assertStringIncludes(await here.recv(), refusal);
      assertFalse(a.closed);
      a.close();
      // The child, which is still there, holds nothing of it.
      const [c, d] = mp.Pipe<string>({ name });
      await c.send("anew");
      assertEquals(await d.recv(), "anew");
      await here.send("go");
      assertEquals(await child.join(), 0);
      for (const one of [here, there, c, d, ...others.flat()]) one.close();
    },
  },
];
