/** Shared objects that travel in messages: nested anywhere, by name, and gone stale. Large messages. */

import { assert, assertEquals, assertRejects, assertStrictEquals, assertThrows } from "../../assert.ts";
import { ClosedError, type Connection, getContext, MisuseError, type Queue, SerializationError } from "../../../mod.ts";
import type { Case } from "../../case.ts";
import { countByName, countLarge, Jobs, takeJob, useAll } from "../../targets/channels/shareables.ts";

/** Bytes that tell their place. */
function pattern(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 4096) bytes[i] = (i / 4096) % 251;
  return bytes;
}

export const shareableCases: readonly Case[] = [
  {
    name: "shareables/every kind travels through a queue and a pipe, nested in objects, and is the same object there",
    async run({ mp }) {
      const to = new mp.Queue<unknown>(), back = new mp.Queue<string>(), [here, there] = mp.Pipe<unknown>();
      const child = new mp.Process({ target: useAll, args: [to, there] });
      await child.start();
      const [a, b] = mp.Pipe<string>();
      const lock = new mp.Lock(), event = new mp.Event(), semaphore = new mp.Semaphore(2);
      const value = new mp.Value("i", 40), array = new mp.Array("d", [1, 2, 3]);
      const simple = new mp.SimpleQueue<number>(), joinable = new mp.JoinableQueue<number>();
      await joinable.put(1);
      await lock.acquire();
      const all = { lock, event, semaphore, value, array, back, joinable, simple, end: b };
      await to.put({ deep: [new Map([["all", all]])], again: [back, back] });
      await event.wait();
      assertEquals([value.value, [...array]], [42, [1, 2, 6]]);
      assertEquals([await a.recv(), await back.get(), await simple.get()], ["said", "true true true", 5]);
      assert(await joinable.join());
      assertEquals(semaphore.getValue(), 1);
      lock.release();
      const echoed = await here.recv() as { queue: Queue; lock: unknown };
      assertStrictEquals(echoed.queue, back); // what comes home is the one that went
      assertStrictEquals(echoed.lock, lock);
      assertEquals(await child.join(), 0);
      for (const one of [a, b, here, there, lock, event, semaphore, value, simple, joinable, to, back]) one.close();
    },
  },
  {
    name: "shareables/every class travels, as itself; a subclass of the program's with its codec, or not at all",
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), lock = new mp.Lock();
      const [end, other] = mp.Pipe();
      const all = [
        queue,
        lock,
        end,
        other,
        new mp.JoinableQueue(),
        new mp.SimpleQueue(),
        new mp.RLock(),
        new mp.Semaphore(1),
        new mp.BoundedSemaphore(1),
        new mp.Condition({ lock }),
        new mp.Event(),
        new mp.Barrier(1),
        new mp.Value("i", 1),
        mp.Value("d", 1, { lock: false }),
        new mp.RawValue("i", 1) as unknown as { close(): void },
      ];
      await queue.put(all);
      for (const [i, one] of (await queue.get() as unknown[]).entries()) assertStrictEquals(one, all[i], `number ${i}`);

      const plain = new (class Plain extends mp.Queue {})();
      await assertRejects(
        () => queue.put([plain]),
        SerializationError,
        "item[0] is an instance of Plain, a subclass of Queue: registerCodec() lets it travel, or pass a Queue",
      );
      const jobs = new Jobs("conformance/jobs", "urgent");
      const child = new mp.Process({ target: takeJob, args: [jobs, queue] });
      await child.start();
      await jobs.put("sweep");
      assertEquals(await queue.get(), "urgent: sweep");
      assertEquals(await child.join(), 0);
      for (const one of [...all, plain, jobs]) one.close();
    },
  },
  {
    name: "shareables/a queue can be sent through itself, and through a queue that came through a queue",
    async run({ mp }) {
      const outer = new mp.Queue<unknown>(), inner = new mp.Queue<unknown>();
      await outer.put(outer);
      assertStrictEquals(await outer.get(), outer);
      await inner.put("in the innermost");
      await outer.put([inner]);
      inner.close(); // it lives on in the message
      const [again] = await outer.get() as [Queue<unknown>];
      assertEquals(await again.get(), "in the innermost");
      again.close();
      outer.close();
    },
  },
  {
    name: "shareables/a closed one can't be sent, and one that everybody closed can't be used",
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), lock = new mp.Lock(), [a, b] = mp.Pipe<unknown>();
      lock.close();
      await assertRejects(() => queue.put({ lock }), ClosedError);
      await assertRejects(() => a.send([lock]), ClosedError);
      assertEquals([queue.qsize(), await b.poll()], [0, false]);
      const child = new mp.Process({ target: useAll, args: [queue, lock as unknown as Connection] });
      await assertRejects(() => child.start(), ClosedError);
      a.close();
      await assertRejects(() => queue.put(a), ClosedError);
      await assertRejects(() => lock.acquire(), ClosedError);
      assertThrows(() => lock.acquireNowait(), ClosedError);
      b.close();
      queue.close();
    },
  },
  {
    name: "shareables/a closed one still says what it was called",
    run({ mp }) {
      const named = new mp.Queue<number>({ name: "shareables/closed" }), nameless = new mp.Lock();
      named.close();
      nameless.close();
      assertThrows(() => named.putNowait(1), ClosedError, 'queue "shareables/closed"');
      assertThrows(() => nameless.acquireNowait(), ClosedError, "the Lock");
      assertEquals([`${named}`, `${nameless}`], ['<queue "shareables/closed" closed>', "<Lock closed>"]);
      return Promise.resolve();
    },
  },
  {
    name: "shareables/a handle in a message that is thrown away lets go of its object",
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), named = new mp.Queue<number>({ name: "shareables/thrown", maxsize: 1 });
      await queue.put({ named });
      named.close();
      // Still the same object: the message carries it.
      const again = new mp.Queue<number>({ name: "shareables/thrown", maxsize: 1 });
      again.close();
      queue.shutdown({ immediate: true });
      const other = new mp.Queue<number>({ name: "shareables/thrown", maxsize: 2 });
      other.close();
      queue.close();
    },
  },
  {
    name: "shareables/an object of one context is refused by the other, which says where to make it",
    needs: ["process"],
    async run({ mp, method }) {
      const other = getContext("worker");
      const queue = new mp.Queue<unknown>(), foreign = new other.Lock();
      const text = `create it from getContext("${method}")`;
      await assertRejects(() => queue.put({ foreign }), MisuseError, text);
      await assertRejects(
        () => new mp.Process({ target: useAll, args: [queue, foreign as unknown as Connection] }).start(),
        MisuseError,
        text,
      );
      foreign.close();
      queue.close();
    },
  },
  {
    name: "shareables/one name is one object in every process, and the first creator's value counts",
    async run({ mp }) {
      const counter = new mp.Value("i", 100, { name: "shareables/counter" });
      const lock = new mp.Lock({ name: "shareables/lock" }), done = new mp.Queue<number>({ name: "shareables/done" });
      const children = [0, 1].map(() => new mp.Process({ target: countByName, args: [mp.startMethod, 50] }));
      for (const one of children) one.start();
      assertEquals(await Promise.all(children.map((one) => one.join())), [0, 0]);
      assertEquals([counter.value, await done.get(), await done.get()], [200, 50, 50]);
      const again = new mp.Value("i", 7, { name: "shareables/counter" });
      assertEquals(again.value, 200);
      assertThrows(() => new mp.Value("d", 0, { name: "shareables/counter" }), MisuseError);
      for (const one of [again, counter, lock, done]) one.close();
    },
  },
  {
    name: "large/64 MiB go through a queue of one place and a pipe, more than once",
    growsMemory: true,
    timeLimit: 120_000,
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(1), [here, there] = mp.Pipe<[number, boolean]>();
      const child = new mp.Process({ target: countLarge, args: [queue, there as never] });
      await child.start();
      const size = 64 * 2 ** 20, bytes = pattern(size);
      for (let i = 0; i < 2; i++) {
        await queue.put(i === 0 ? bytes : { nested: [bytes], text: "x".repeat(100) });
        assertEquals(await here.recv(), [size, true]);
      }
      await here.sendBytes(bytes);
      assertEquals(await here.recv(), [size, true]);
      await queue.put(null);
      assertEquals(await child.join(), 0);
      for (const one of [queue, here, there]) one.close();
    },
  },
  {
    name: "large/200 MiB arrive whole",
    growsMemory: true,
    timeLimit: 120_000,
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), [here, there] = mp.Pipe<[number, boolean]>();
      const child = new mp.Process({ target: countLarge, args: [queue, there as never] });
      await child.start();
      const size = 200 * 2 ** 20;
      await queue.put(pattern(size));
      assertEquals(await here.recv(), [size, true]);
      child.terminate();
      await child.join();
      for (const one of [queue, here, there]) one.close();
    },
  },
];
