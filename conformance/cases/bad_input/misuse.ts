/** What the caller does wrong is said at once, by class, with the name of the object and what to do. */

import {
  assert,
  assertEquals,
  assertGreaterOrEqual,
  assertLess,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "../../assert.ts";
import { ClosedError, Empty, Full, MisuseError, type Queue, TimeoutError, type WaitOptions } from "../../../mod.ts";
import type { Case, Env } from "../../case.ts";
import { end, stay } from "../../targets/lives.ts";

/** Everything that waits, each made so that it would wait for ever. */
async function withWaits(
  { mp }: Env,
  run: (waits: Record<string, (o: WaitOptions) => Promise<unknown>>) => Promise<void>,
) {
  const lock = new mp.Lock(), rlock = new mp.RLock(), empty = new mp.Queue(), full = new mp.Queue(1);
  const [here, there] = mp.Pipe();
  const there2 = new mp.Queue<string>();
  const child = new mp.Process({ target: stay, args: [there2] });
  try {
    await child.start();
    await there2.get();
    assert(lock.acquireNowait() && rlock.acquireNowait());
    full.putNowait(0);
    await run({
      "Lock.acquire": (options) => lock.acquire(options),
      "Lock.hold": (options) => lock.hold(options),
      "Lock.with": (options) => lock.with(() => {}, options),
      "RLock.acquire": (options) => rlock.acquire(options),
      "Queue.get": (options) => empty.get(options),
      "Queue.put": (options) => full.put(1, options),
      "Connection.recv": (options) => here.recv(options),
      "Connection.recvBytes": (options) => here.recvBytes(options),
      "Connection.poll": (options) => here.poll({ timeout: Infinity, ...options }),
      "Process.join": (options) => child.join(options),
    });
    // Nothing that was given up took or changed anything.
    assert(lock.locked() && rlock.locked());
    lock.release();
    rlock.release();
    assertEquals([empty.qsize(), full.qsize(), full.getNowait()], [0, 1, 0]);
    assert(lock.acquireNowait() && !lock.acquireNowait());
    await there.send("first");
    assertEquals(await here.recv(), "first");
    empty.putNowait("one");
    assertEquals(await empty.get(), "one");
    assert(child.isAlive());
  } finally {
    await child[Symbol.asyncDispose]();
    for (const one of [lock, rlock, empty, full, here, there, there2]) one.close();
  }
}

export const misuseCases: readonly Case[] = [
  {
    name: "bad input/wait: what isn't an AbortSignal is refused as a signal",
    async run(env) {
      await withWaits(env, async (waits) => {
        for (const [what, wait] of Object.entries(waits)) {
          for (const signal of [{}, 5, null, new AbortController(), { aborted: false }] as never[]) {
            await assertRejects(() => wait({ signal }), MisuseError, "it takes an AbortSignal", what);
          }
        }
      });
      const make = () => new env.mp.Process({ target: end, args: [["return"]], signal: {} as AbortSignal });
      assertThrows(make, MisuseError, "signal is not an AbortSignal");
    },
  },
  {
    name: "bad input/wait: NaN or no number as timeout is a MisuseError",
    async run(env) {
      await withWaits(env, async (waits) => {
        for (const [what, wait] of Object.entries(waits)) {
          await assertRejects(() => wait({ timeout: NaN }), MisuseError, "timeout is NaN", what);
          await assertRejects(() => wait({ timeout: "5" as never }), MisuseError, "timeout is 5", what);
        }
      });
    },
  },
  {
    name: "bad input/wait: options that aren't an object are refused, with what to pass instead",
    async run(env) {
      const { mp } = env, event = new mp.Event(), barrier = new mp.Barrier(2), jobs = new mp.JoinableQueue<number>();
      const semaphore = new mp.Semaphore(0), condition = new mp.Condition(), [here, there] = mp.Pipe();
      await jobs.put(1);
      await condition.acquire();
      await withWaits(env, async ({ "Connection.poll": _, ...waits }) => {
        const all: typeof waits = {
          ...waits,
          "Connection.poll": (options) => here.poll(options),
          "Event.wait": (options) => event.wait(options),
          "Barrier.wait": (options) => barrier.wait(options),
          "JoinableQueue.join": (options) => jobs.join(options),
          "Semaphore.hold": (options) => semaphore.hold(options),
          "Condition.wait": (options) => condition.wait(options),
          "Condition.waitFor": (options) => condition.waitFor(() => false, options),
          "wait": (options) => mp.wait([event], options),
        };
        for (const [what, wait] of Object.entries(all)) {
          const refused = (options: unknown, text: string) =>
            assertRejects(() => wait(options as never), MisuseError, text, what);
          if (what !== "Connection.recvBytes") {
            await refused(1000, "Cannot wait: the options are 1000; pass { timeout: 1000 }");
            await refused(false, "Cannot wait: the options are false; pass { block: false }");
            await refused("soon", 'Cannot wait: the options are "soon"; pass an object');
          } else await refused(1000, "Cannot receive bytes: the options are 1000; pass { maxLength: 1000 }");
          await refused(null, "the options are null; pass an object");
        }
        assertEquals([barrier.nWaiting, jobs.qsize()], [0, 1]);
      });
      condition.release();
      for (const one of [event, barrier, jobs, semaphore, condition, here, there]) one.close();
    },
  },
  {
    name: "bad input/options: what isn't an object is refused, with what to pass instead",
    run({ mp }) {
      const refused = (make: () => unknown, text: string) => void assertThrows(make, MisuseError, text);
      for (const name of ["Lock", "RLock", "Event", "SimpleQueue"] as const) {
        refused(
          () => new mp[name]("mine" as never),
          `Cannot create a ${name}: the options are "mine"; pass { name: "mine" }`,
        );
        refused(() => new mp[name](null as never), "the options are null; pass an object");
      }
      refused(() => new mp.Semaphore(null as never), "Cannot create a Semaphore: the options are null");
      refused(() => new mp.Queue(null as never), "maxsize is null");
      refused(() => mp.Pipe(false as never), "Cannot create a Pipe: the options are false; pass { duplex: false }");
      refused(() => mp.Pipe(null as never), "Cannot create a Pipe: the options are null; pass an object");
      refused(
        () => new mp.Barrier(2, 1000 as never),
        "Cannot create a Barrier: the options are 1000; pass { timeout: 1000 }",
      );
      refused(() => new mp.Barrier(2, (() => {}) as never), "the options are a function; pass { action: … }");
      refused(
        () => new mp.Value("i", 0, false as never),
        "Cannot create a Value: the options are false; pass { lock: false }",
      );
      refused(
        () => new mp.Array("i", 1, false as never),
        "Cannot create an Array: the options are false; pass { lock: false }",
      );
      refused(() => new mp.RawValue("i", 0, "mine" as never), 'Cannot create a RawValue: the options are "mine"');
      refused(() => new mp.RawArray("i", 1, "mine" as never), 'Cannot create a RawArray: the options are "mine"');
      refused(() => new mp.SharedMemory("mine" as never), 'the options are "mine"; pass { name: "mine" }');
      refused(
        () => new mp.Process(stay as never),
        "Cannot create a Process: the options are a function; pass { target: … }",
      );
      const jobs = new mp.Queue<number>({ name: "misuse/options" });
      jobs.putNowait(1);
      refused(
        () => jobs.shutdown(true as never),
        'Cannot shut down queue "misuse/options": the options are true; pass { immediate: true }',
      );
      jobs.putNowait(2); // it is not shut down
      jobs.close();
      return Promise.resolve();
    },
  },
  {
    name: "bad input/wait: a timeout runs out, as false, null or a TimeoutError; a negative one at once",
    async run(env) {
      const outcome = (wait: Promise<unknown>) =>
        wait.catch((error: unknown) => error instanceof TimeoutError ? [error.constructor, error.name] : error);
      const expected: Record<string, unknown> = {
        "Lock.acquire": false,
        "Lock.hold": [TimeoutError, "TimeoutError"],
        "Lock.with": [TimeoutError, "TimeoutError"],
        "RLock.acquire": false,
        "Queue.get": [Empty, "TimeoutError"],
        "Queue.put": [Full, "TimeoutError"],
        "Connection.recv": [TimeoutError, "TimeoutError"],
        "Connection.recvBytes": [TimeoutError, "TimeoutError"],
        "Connection.poll": false,
        "Process.join": null,
      };
      await withWaits(env, async (waits) => {
        for (const timeout of [-5, 0, 20]) {
          const started = performance.now();
          const found: Record<string, unknown> = {};
          await Promise.all(
            Object.entries(waits).map(async ([what, wait]) => found[what] = await outcome(wait({ timeout }))),
          );
          const took = performance.now() - started;
          for (const what of Object.keys(waits)) assertEquals(found[what], expected[what], `${what}, ${timeout}`);
          assertGreaterOrEqual(took, Math.max(0, timeout - 2));
          assertLess(took, 5000);
        }
      });
    },
  },
  {
    name: "bad input/wait: an AbortSignal rejects with its reason, before and during the wait, and loses nothing",
    async run(env) {
      await withWaits(env, async (waits) => {
        const reason = new Error("changed my mind");
        for (const [what, wait] of Object.entries(waits)) {
          assertStrictEquals(await assertRejects(() => wait({ signal: AbortSignal.abort(reason) }), what), reason);
          const controller = new AbortController();
          const waiting = assertRejects(() => wait({ signal: controller.signal, timeout: 10_000 }), what);
          setTimeout(() => controller.abort(reason), 5);
          assertStrictEquals(await waiting, reason);
        }
        const byDefault = await assertRejects(() =>
          (waits["Queue.get"] as typeof waits[string])({ signal: AbortSignal.abort() })
        );
        assertEquals((byDefault as Error).name, "AbortError");
      });
    },
  },
  {
    name: "bad input/process: used before its start, started twice, closed too early, used after close",
    async run({ mp }) {
      const there = new mp.Queue<string>();
      const one = new mp.Process({ target: stay, args: [there], name: "busy bee" });
      await assertRejects(() => one.join(), MisuseError, "Cannot join busy bee: it was not started");
      for (const doing of ["terminate", "kill", "interrupt"] as const) {
        assertThrows(() => one[doing](), MisuseError, `Cannot ${doing} busy bee: it was not started`);
      }
      assertThrows(() => one.sentinel, MisuseError, "busy bee: it was not started");
      await one.start();
      await there.get();
      await assertRejects(() => one.start(), MisuseError, "Cannot start busy bee: it was started already");
      assertThrows(() => one.daemon = true, MisuseError, "busy bee");
      assertThrows(
        () => one.close(),
        MisuseError,
        "Cannot close busy bee: it is still running; join() or terminate() it",
      );
      one.terminate();
      await one.join();
      await assertRejects(() => one.start(), MisuseError, "it was started already");
      one.close();
      one.close();
      await assertRejects(() => one.start(), ClosedError, "Cannot start busy bee");
      await assertRejects(() => one.join(), ClosedError, "Cannot join busy bee");
      assertThrows(() => one.isAlive(), ClosedError);
      assertThrows(() => one.exitcode, ClosedError);
      assertThrows(() => one.terminate(), ClosedError);
      there.close();
    },
  },
  {
    name: "bad input/process: options that make no sense are refused by the constructor",
    run({ mp, method, runtime }) {
      const create = (options: Record<string, unknown>) => () => new mp.Process(options as never);
      assertThrows(create({ name: 7 }), MisuseError, "name is 7");
      assertThrows(create({ signal: {} }), MisuseError, "signal is not an AbortSignal");
      assertThrows(create({ target: end, args: "abc" }), MisuseError, "args is not an array");
      if (method === "process") {
        assertThrows(create({ stdout: "loud" }), MisuseError, 'stdout is "loud"');
        for (const cwd of [7, null, ""]) assertThrows(create({ cwd }), MisuseError, "cwd is ");
        for (const env of [7, null, ["A=1"]]) assertThrows(create({ env }), MisuseError, "env is ");
        assertThrows(create({ env: { DEBUG: 1 } }), MisuseError, "env.DEBUG is 1, it takes a string");
        for (const execArgv of ["--flag", [1], {}]) assertThrows(create({ execArgv }), MisuseError, "execArgv is ");
      } else {
        for (
          const [key, value] of Object.entries({ env: {}, cwd: "/", execArgv: [], stdout: "pipe", stderr: "ignore" })
        ) {
          assertThrows(create({ [key]: value }), MisuseError, key);
        }
      }
      for (const daemon of ["no", 0, null]) assertThrows(create({ daemon }), MisuseError, "daemon is ");
      assertThrows(create({ resourceLimits: 5 }), MisuseError, "resourceLimits is 5");
      for (const maxMemory of [0, -1, NaN, Infinity, "32", null]) {
        assertThrows(create({ resourceLimits: { maxMemory } }), MisuseError, "resourceLimits.maxMemory is ");
      }
      for (const permissions of ["all", 1, null, []]) {
        assertThrows(create({ permissions }), MisuseError, "permissions");
      }
      if (runtime !== "deno" || method !== "worker") {
        assertThrows(create({ permissions: "none" }), MisuseError, "permissions");
      }
      const one = new mp.Process();
      assertThrows(() => one.name = 7 as never, MisuseError, "7");
      assertThrows(() => one.authkey = "secret" as never, MisuseError, "Uint8Array");
      return Promise.resolve();
    },
  },
  {
    name: "bad input/lock: released when it is free, used after close",
    async run({ mp }) {
      for (const type of [mp.Lock, mp.RLock]) {
        const lock = new type({ name: `misuse/${type.name}` });
        assertThrows(() => lock.release(), MisuseError, `"misuse/${type.name}": nobody holds it`);
        await assertRejects(() => lock.with(undefined as never), MisuseError, "not a function");
        assert(!lock.locked());
        const waiter = (async () => {
          await lock.acquire();
          return await lock.acquire(); // until it is closed
        })();
        await new Promise((resolve) => setTimeout(resolve, 5));
        lock.close();
        lock.close();
        await assertRejects(() => waiter, ClosedError, "Cannot acquire");
        await assertRejects(() => lock.acquire(), ClosedError, "it is closed");
        assertThrows(() => lock.acquireNowait(), ClosedError, "it is closed");
        assertThrows(() => lock.release(), ClosedError, "it is closed");
        assertThrows(() => lock.locked(), ClosedError, "it is closed");
      }
    },
  },
  {
    name: "bad input/queue: full, empty, shut down, closed",
    async run({ mp }) {
      const jobs = new mp.Queue<number>({ name: "misuse/jobs", maxsize: 2 });
      assertThrows(() => jobs.getNowait(), Empty, 'Cannot get from queue "misuse/jobs": it is empty');
      await jobs.put(1);
      await jobs.put(2);
      assertThrows(() => jobs.putNowait(3), Full, 'Cannot put into queue "misuse/jobs": it is full (2 items)');
      await assertRejects(() => jobs.put(3, { block: false }), Full);
      const putter = assertRejects(() => jobs.put(3), ClosedError, "it is shut down");
      jobs.shutdown();
      await putter;
      assertThrows(() => jobs.putNowait(3), ClosedError, 'Cannot put into queue "misuse/jobs": it is shut down');
      await assertRejects(() => jobs.put(3), ClosedError, 'Cannot put into queue "misuse/jobs": it is shut down');
      assertEquals([await jobs.get(), jobs.getNowait()], [1, 2]);
      await assertRejects(
        () => jobs.get(),
        ClosedError,
        'Cannot get from queue "misuse/jobs": it is shut down and empty',
      );
      jobs.shutdown(); // once more: nothing
      jobs.close();
      jobs.close();

      const closed = new mp.Queue();
      const getter = assertRejects(() => closed.get(), ClosedError, "it is closed");
      closed.close();
      await getter;
      await assertRejects(() => closed.put(1), ClosedError, "Cannot put into the queue: it is closed");
      await assertRejects(() => closed.get(), ClosedError, "Cannot get from the queue: it is closed");
      for (
        const use of [() => closed.putNowait(1), () => closed.getNowait(), () => closed.qsize(), () => closed.empty()]
      ) {
        assertThrows(use, ClosedError, "it is closed");
      }
      for (const maxsize of [1.5, NaN, "3" as never]) {
        assertThrows(() => new mp.Queue(maxsize), "maxsize");
        assertThrows(() => new mp.Queue({ maxsize }), MisuseError, "maxsize is");
      }
    },
  },
  {
    name: "bad input/pipe: the wrong way, the wrong kind of message, after close",
    async run({ mp }) {
      const [reader, writer] = mp.Pipe<string>({ duplex: false });
      assertEquals([reader.readable, reader.writable, writer.readable, writer.writable], [true, false, false, true]);
      await assertRejects(() => reader.send(undefined as never), MisuseError, "this connection is read-only");
      await assertRejects(() => writer.recv(), MisuseError, "this connection is write-only");
      await writer.send("text");
      await assertRejects(() => reader.recvBytes(), MisuseError, "receive it with recv()");
      assertEquals(await reader.recv(), "text");
      await assertRejects(() => writer.sendBytes("text" as never), MisuseError, "neither an ArrayBuffer nor a view");
      await assertRejects(() => writer.sendBytes(new Uint8Array(2), 3), RangeError, "offset 3");
      await assertRejects(() => writer.sendBytes(new Uint8Array(2), 1, 2), RangeError, "size 2");
      writer.close();
      writer.close();
      assertEquals([writer.closed, reader.closed], [true, false]);
      await assertRejects(() => writer.send("late"), ClosedError, "it is closed");
      const eof = await assertRejects(() => reader.recv());
      assertEquals([(eof as Error).name, await reader.poll()], ["EOFError", true]);
      reader.close();
      await assertRejects(() => reader.recv(), ClosedError, "it is closed");
      await assertRejects(() => reader.poll(), ClosedError, "it is closed");
    },
  },
  {
    name: "bad input/name: every character of a name counts, a byte order mark too",
    run({ mp }) {
      const one = new mp.Value("i", 1, { name: "\ufeffmarked" }), other = new mp.Value("i", 2, { name: "marked" });
      const again = new mp.Value("i", 3, { name: "\ufeffmarked" });
      assertEquals([one.value, other.value, again.value], [1, 2, 1]);
      for (const value of [one, other, again]) value.close();
      return Promise.resolve();
    },
  },
  {
    name: "bad input/name: one name can't be two things",
    run({ mp }) {
      const name = "misuse/taken";
      const queue: Queue = new mp.Queue({ name, maxsize: 3 });
      for (
        const [create, says] of [
          [() => new mp.Lock({ name }), "another class's"],
          [() => new mp.RLock({ name }), "another class's"],
          [() => new mp.Value("i", 0, { name }), "another class's"],
          [() => new mp.Array("i", 3, { name }), "another class's"],
          [() => mp.Pipe({ name }), ""],
          [() => new mp.Queue({ name }), "maxsize 0"],
          [() => new mp.Queue({ name, maxsize: 4 }), "maxsize 4"],
        ] as const
      ) assertThrows(create as () => unknown, MisuseError, says);
      const value = new mp.Value("i", 7, { name: "misuse/value" });
      assertThrows(() => new mp.Value("d", 7, { name: "misuse/value" }), MisuseError);
      assertEquals(new mp.Value("i", 8, { name: "misuse/value" }).value, 7); // the first initial value counts
      const array = new mp.RawArray("h", 3, { name: "misuse/array" });
      assertThrows(() => new mp.RawArray("h", 4, { name: "misuse/array" }), MisuseError, "length 4");
      assertThrows(() => new mp.RawArray("i", 3, { name: "misuse/array" }), MisuseError, '"i"');
      assertEquals(array.length, 3);
      const lock = new mp.Lock({ name: "misuse/lock" });
      assertThrows(() => new mp.RLock({ name: "misuse/lock" }), MisuseError, "another class's");
      for (const bad of ["", 7 as never]) assertThrows(() => new mp.Lock({ name: bad }), MisuseError, "name");
      assertThrows(() => new mp.Lock({ name: "half \ud83d" }), MisuseError, "\\ud83d");
      for (const one of [queue, value, lock]) one.close();
      return Promise.resolve();
    },
  },
];
