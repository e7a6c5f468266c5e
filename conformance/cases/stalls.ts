/** Cases in which processes are stopped in the middle of anything: whoever awaits waits on, and all goes on with them. */

import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "../assert.ts";
import type { Case, Env } from "../case.ts";
import { process, runProgram, sendSignal, sleep, timersDue, until } from "../host.ts";
import { within } from "../scale.ts";
import {
  ClosedError,
  Empty,
  Full,
  MisuseError,
  setExecutable,
  SpawnError,
  StalledError,
  targets as targetsOf,
  TimeoutError,
} from "../../mod.ts";

const targets = targetsOf<typeof import("../targets/stalls.ts")>(new URL("../targets/stalls.ts", import.meta.url));

/** How long a child stands still: longer than a synchronous call is patient. */
const STANDSTILL = 2500;

/** Runs `act` while a child stands still in the middle of taking memory. `stopAgain` lets it do so once more. */
async function whileMemoryStalls(
  { mp }: Env,
  act: (stopAgain: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const timers = timersDue();
  const inside = new mp.Event(), orders = new mp.Queue<number>(), own = new mp.Queue<string>();
  const child = new mp.Process({ target: targets.stopInMemory, args: [inside, orders, own] });
  await child.start();
  const stopAgain = async () => {
    inside.clear();
    await orders.put(STANDSTILL);
    assert(await inside.wait({ timeout: 20_000 }));
  };
  await act(stopAgain);
  await orders.put(0);
  assertEquals(await within(child.join(), 20_000, "the child"), 0);
  child.close();
  for (const one of [inside, orders, own]) one.close();
  // What was let go meanwhile is freed when its turn to be tried again comes.
  await until(() => timersDue() <= timers, 5000, "the timers of what is tried again");
}

export const stallCases: readonly Case[] = [
  {
    name: "stalls/queue and semaphore: whoever awaits waits on while another is stopped",
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 90_000,
    async run({ mp }) {
      const queue = new mp.Queue<unknown>(), semaphore = new mp.Semaphore(8), busy = new mp.Queue<number>();
      const child = new mp.Process({ target: targets.useForEver, args: [queue, semaphore, busy] as never });
      await child.start();
      const pid = await busy.get({ timeout: 20_000 });
      let stops = 0;
      for (let round = 0; round < 12; round++) {
        await sleep(Math.random() * 5);
        assert(sendSignal(pid, "SIGSTOP"));
        await sleep(5);
        // Does it stand in the way?
        let isStalled = false;
        const work = (async () => {
          await queue.put("mine");
          await queue.get();
          assert(await semaphore.acquire());
        })();
        const begin = performance.now();
        await Promise.race([work, sleep(50)]);
        isStalled = performance.now() - begin > 900;
        if (isStalled) stops++;
        if (isStalled) await sleep(1500);
        assert(sendSignal(pid, "SIGCONT"));
        await within(work, 10_000, "the work, once the other goes on");
        for (;;) {
          try {
            semaphore.release();
            break;
          } catch (error) {
            assert(error instanceof StalledError);
          }
        }
        if (stops >= 2) break;
      }
      child.kill();
      await within(child.join(), 20_000, "the child");
      child.close();
      for (const one of [queue, semaphore, busy]) one.close();
    },
  },
  {
    name: "stalls/large items: put, send and sendBytes wait on while another is stopped in the memory",
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, large = "y".repeat(300_000), bytes = new Uint8Array(200_000).fill(7);
      const queue = new mp.Queue<unknown>(), [left, right] = mp.Pipe<unknown>(), lock = new mp.Lock();
      await whileMemoryStalls(env, async (stopAgain) => {
        await stopAgain();
        const puts = [queue.put([large, lock]), queue.put("small"), queue.put([large, 2])];
        const sends = [left.send({ large, lock }), left.sendBytes(bytes)];
        // What was given is as it was then, whatever becomes of it.
        bytes.fill(8);
        await within(Promise.all([...puts, ...sends]), 20_000, "what was put and sent");
        const [first, inside] = await queue.get() as [string, typeof lock];
        assert(first === large && inside === lock);
        assertEquals(await queue.get(), "small");
        assertEquals((await queue.get() as unknown[])[1], 2);
        assert((await right.recv() as { lock: unknown }).lock === lock);
        const received = await right.recvBytes();
        assert(received.length === bytes.length && received.every((byte) => byte === 7));
        await stopAgain();
        assertThrows(() => queue.putNowait([large, lock]), StalledError);
        assertEquals(queue.qsize(), 0);
        await within(queue.put([large, "after"]), 20_000, "the put after it");
        assertEquals((await queue.get() as unknown[])[1], "after");
        // One that gives up leaves nothing behind.
        await stopAgain();
        const abort = new AbortController();
        const given = queue.put([large, lock], { signal: abort.signal });
        abort.abort("enough");
        assertEquals(await given.catch((error: unknown) => error), "enough");
        assertEquals(queue.qsize(), 0);
      });
      for (const one of [queue, left, right, lock]) one.close();
    },
  },
  {
    name: "stalls/start: start() waits on while another is stopped in the memory",
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env;
      await whileMemoryStalls(env, async (stopAgain) => {
        await stopAgain();
        const child = new mp.Process({ target: targets.nothing }), ended = new mp.Process({ target: targets.nothing });
        const started = child.start(), killed = ended.start();
        ended.kill();
        assertEquals(await within(child.join(), 20_000, "the end"), 0);
        await within(started, 20_000, "the start");
        assertEquals(await within(ended.join(), 20_000, "the end of the other"), -9);
        await killed.catch(() => {});
        child.close();
        ended.close();
      });
    },
  },
  {
    name: "stalls/pool memory: large tasks and results arrive while another is stopped in the memory",
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, large = "z".repeat(100_000);
      await whileMemoryStalls(env, async (stopAgain) => {
        const pool = new mp.Pool(2);
        await pool.apply(targets.inflate, ["a"]);
        for (let round = 0; round < 2; round++) {
          await stopAgain();
          const results = Promise.all([large, large, large, large].map((text) => pool.apply(targets.inflate, [text])));
          assert((await within(results, 20_000, "the results")).every(({ length }) => length === 200_000));
        }
        pool.close();
        await within(pool.join(), 20_000, "the pool's end");
      });
    },
  },
  {
    name: "stalls/pool end: what a worker said last arrives, though another was stopped in the memory as it ended",
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, here = new mp.Event(), go = new mp.Event();
      await whileMemoryStalls(env, async (stopAgain) => {
        const pool = new mp.Pool({ processes: 1, initializer: targets.failLargely, initargs: [here, go] });
        const task = pool.apply(targets.inflate, ["a"]).catch((error: unknown) => error);
        assert(await here.wait({ timeout: 20_000 }));
        await stopAgain();
        go.set();
        const error = await within(task, 20_000, "the task's end");
        assert(error instanceof Error && error.message.includes("w".repeat(70_000)), String(error).slice(0, 300));
        pool.terminate();
        await within(pool.join(), 20_000, "the pool's end");
      });
      for (const one of [here, go]) one.close();
    },
  },
  {
    name: "stalls/manager: calls are answered while another client is stopped in the memory",
    growsMemory: true,
    timeLimit: 60_000,
    async run(env) {
      const { mp } = env, large = "m".repeat(100_000);
      const manager = await mp.Manager();
      const dict = await manager.dict<string, string>();
      await whileMemoryStalls(env, async (stopAgain) => {
        await stopAgain();
        await within(dict.set("large", large), 20_000, "the call");
        await stopAgain();
        assertEquals(await within(dict.get("large"), 20_000, "the answer"), large);
      });
      await manager.shutdown();
    },
  },
  {
    name: "stalls/full: what waited for memory that isn't there then fails with the reason, each task and call",
    needs: ["process", "linux"],
    timeLimit: 60_000,
    async run(env) {
      const program = new URL("../targets/programs/full_memory.ts", import.meta.url);
      const { code, stdout, stderr } = await runProgram(env, program, { limit: 50_000 });
      const lines = [
        "RangeError, string, RangeError, RemoteError, RangeError, boolean",
        "SpawnError: Cannot run the target: there was no shared memory left for the child to say why; " +
        "it has written to standard error what it knows",
        "false",
        "string, undefined, string",
        "true",
      ];
      assertEquals([stdout.trim().split("\n"), code], [lines, 0], stderr);
    },
  },
  {
    name: "stalls/time limits: what runs out while another is stopped says that, and who it is",
    timeLimit: 60_000,
    async run({ mp }) {
      const queue = new mp.Queue<string>(2), [near, far] = mp.Pipe<string>(), semaphore = new mp.Semaphore(1);
      const inside = new mp.Event(), goOn = new mp.Event(), orders = new mp.Queue<string>();
      const child = new mp.Process({
        target: targets.stopUsing,
        args: [inside, goOn, orders, queue, far, semaphore] as never,
      });
      await child.start();
      const whileStopped = async (what: string, act: () => Promise<void>) => {
        inside.clear();
        goOn.clear();
        await orders.put(what);
        assert(await inside.wait({ timeout: 20_000 }));
        await act();
        goOn.set();
      };
      const fails = async (call: Promise<unknown>, name: "FULL" | "EMPTY" | "TIMEOUT", doing: string) => {
        const error = await call.then(() => undefined, (error: unknown) => error);
        assert(error instanceof TimeoutError && error.code === `ERR_MP_${name}`, String(error));
        assert(error.message.startsWith(`Cannot ${doing}`), error.message);
        assert(/: (process|worker) [\d:]+ is changing .*let it go on/.test(error.message), error.message);
        assert(error.message.includes(` ${child.ident} is`), error.message);
        assert(error.cause instanceof StalledError);
      };
      const limit = { timeout: 50 };
      await queue.put("first");
      await whileStopped("queue", async () => {
        await fails(queue.put("mine", limit), "FULL", "put into");
        await fails(queue.put("mine", { block: false }), "FULL", "put into");
        await fails(queue.get(limit), "EMPTY", "get from");
        await fails(queue.get({ timeout: 0 }), "EMPTY", "get from");
      });
      assertEquals([await queue.get(), await queue.get()], ["first", "theirs"]);
      await queue.put("a");
      await queue.put("b");
      const full = await queue.put("c", limit).catch((error: unknown) => error);
      assert(full instanceof Full && full.message.endsWith("it is full (2 items)") && full.cause === undefined);
      assertEquals([queue.getNowait(), queue.getNowait()], ["a", "b"]);
      const empty = await queue.get(limit).catch((error: unknown) => error);
      assert(empty instanceof Empty && empty.message.endsWith("it is empty") && empty.cause === undefined);
      await far.send("first"); // the other end's handle of this process
      await whileStopped("pipe", () => fails(near.recv(limit), "TIMEOUT", "receive from"));
      assertEquals([await near.recv(), await near.recv()], ["first", "theirs"]);
      await whileStopped("pipe", () => fails(far.send("mine", limit), "TIMEOUT", "send through"));
      assertEquals(await near.recv(), "theirs");
      await whileStopped("semaphore", async () => {
        await fails(semaphore.hold(limit), "TIMEOUT", "hold");
        assertEquals(await semaphore.acquire(limit), false);
      });
      assert(await semaphore.acquire({ timeout: 20_000 }) && await semaphore.acquire({ timeout: 20_000 }));
      await orders.put("end");
      assertEquals(await within(child.join(), 20_000, "the child"), 0);
      child.close();
      for (const one of [queue, near, far, semaphore, inside, goOn, orders]) one.close();
    },
  },
  {
    name: "stalls/unborn: a Process whose start waits for a stopped process says what is so, and hears what it is told",
    timeLimit: 60_000,
    async run({ mp, method }) {
      const inside = new mp.Event(), goOn = new mp.Event();
      const other = new mp.Process({ target: targets.stopStarting, args: [inside, goOn] });
      await other.start();
      assert(await inside.wait({ timeout: 20_000 }));
      const abort = new AbortController(), make = () => new mp.Process({ target: targets.nothing });
      const plain = make(), killed = make(), disposed = make();
      const aborted = new mp.Process({ target: targets.nothing, signal: abort.signal });
      const pool = new mp.Pool(1); // its worker waits too
      pool.terminate();
      const starts = [plain, killed, disposed, aborted].map((child) => child.start());
      for (const child of [plain, killed, disposed, aborted]) {
        assert(child.isAlive());
        assertEquals([child.exitcode, child.pid, child.ident], [null, null, null]);
        assertMatch(String(child), / started>$/);
        assertThrows(() => child.close(), MisuseError, "still running");
        assert(mp.activeChildren().includes(child));
      }
      await assertRejects(() => plain.start(), MisuseError, "already");
      const refused = make();
      if (method === "process") setExecutable("/nowhere/node");
      const refusal = refused.start().then(() => undefined, (error: unknown) => error);
      const refusedEnd = refused.join().catch((error: unknown) => error);
      setExecutable(process.execPath);
      assertEquals(await plain.join({ timeout: 20 }), null);
      assertEquals(await mp.wait([plain], { timeout: 20 }), []);
      const sentinel = plain.sentinel;
      killed.kill();
      killed.terminate();
      abort.abort();
      const disposal = disposed[Symbol.asyncDispose]();
      assertEquals(await Promise.race([sentinel, killed.join(), disposal, sleep(50)]), undefined);
      goOn.set();
      assertEquals(await within(sentinel, 20_000, "the sentinel"), 0);
      assertEquals(await within(plain.join(), 20_000, "the end"), 0);
      assertEquals(await within(killed.join(), 20_000, "the end of the killed one"), -9);
      assertEquals(await within(aborted.join(), 20_000, "the end of the aborted one"), -15);
      await within(disposal, 20_000, "the disposal");
      await within(pool.join(), 20_000, "the pool's end");
      const end = await within(refusedEnd, 20_000, "the end of the refused one");
      if (method === "worker") assertEquals(end, 0);
      else assert(end instanceof SpawnError && end === await refusal && await refused.sentinel === 1);
      assertThrows(() => disposed.isAlive(), ClosedError);
      await Promise.allSettled(starts);
      assertEquals(await within(other.join(), 20_000, "the other's end"), 0);
      for (const one of [plain, killed, aborted, refused, other, inside, goOn]) one.close();
    },
  },
  {
    name: "stalls/notify: wait() comes back with the lock held while another is stopped in a notify()",
    timeLimit: 60_000,
    async run({ mp }) {
      const lock = new mp.Lock(), condition = new mp.Condition(lock), inside = new mp.Event();
      const orders = new mp.Queue<number>();
      const child = new mp.Process({ target: targets.stopNotifying, args: [inside, orders, condition, lock] });
      await child.start();
      const abort = new AbortController(),
        begin = async (signal?: AbortSignal) => {
          await lock.acquire();
          // Waits until it is awaited: in an object, so as not to be awaited here.
          return { wait: condition.wait({ timeout: 30_000, ...(signal && { signal }) }) };
        };
      const patient = await begin(), hasty = await begin(abort.signal);
      await orders.put(STANDSTILL);
      assert(await inside.wait({ timeout: 20_000 }));
      abort.abort("enough");
      const ends = [patient, hasty].map(async ({ wait }) => {
        const end = await wait.catch((reason: unknown) => reason);
        assert(lock.locked());
        lock.release();
        return end;
      });
      assertEquals(await within(Promise.all(ends), 30_000, "the waits"), [true, "enough"]);
      await orders.put(0);
      assertEquals(await within(child.join(), 20_000, "the child"), 0);
      child.close();
      for (const one of [condition, lock, inside, orders]) one.close();
    },
  },
];
