/** Cases in which processes are stopped by a signal in the middle of something, and go on or are killed: nothing is lost. */

import { assert, assertEquals } from "../assert.ts";
import type { Case, Env } from "../case.ts";
import { isStopped, runProgram, sendSignal, sleep, until } from "../host.ts";
import { within } from "../scale.ts";
import { type Process, RemoteError, targets as targetsOf, WorkerDiedError } from "../../mod.ts";

const targets = targetsOf<typeof import("../targets/stops.ts")>(new URL("../targets/stops.ts", import.meta.url));
const { inflate } = targetsOf<typeof import("../targets/stalls.ts")>(new URL("../targets/stalls.ts", import.meta.url));

/** How long a process is stopped: longer than a synchronous call is patient. One that is killed then, for a moment. */
const STOP = { SIGCONT: 1200, SIGKILL: 200 };
/** How long anything may take once nobody is stopped. */
const LATE = 20_000;
type Signal = "SIGCONT" | "SIGKILL";

/** Awaits that a process has stopped itself. */
async function stopped(pid: number | null): Promise<number> {
  assert(pid !== null);
  await until(() => isStopped(pid), LATE, "the process to stop");
  return pid;
}

/** Awaits that `work` isn't done while that process is stopped; then lets it go on, or kills it, and awaits the work. */
async function release<T>(pid: number, signal: Signal, work: Promise<T>, milliseconds = STOP[signal]): Promise<T> {
  await Promise.race([work.catch(() => {}), sleep(milliseconds)]);
  assert(sendSignal(pid, signal));
  return await within(work, LATE, "what waited");
}

/** The one child of this process that isn't among those. */
function childBut({ mp }: Env, others: readonly Process[]): Process {
  const [child, ...rest] = mp.activeChildren().filter((one) => !others.includes(one));
  assert(child !== undefined && rest.length === 0);
  return child;
}

/** Starts children, and joins them. */
async function startAndJoin({ mp }: Env, count: number): Promise<void> {
  const children = Array.from({ length: count }, () => new mp.Process({ target: targets.startOthers, args: [1] }));
  await Promise.all(children.map((child) => child.start()));
  assertEquals(await Promise.all(children.map((child) => child.join())), Array(count).fill(0));
  for (const child of children) child.close();
}

/** Each of these with a process that goes on after a while, and with one that is killed. */
function both(name: string, run: (env: Env, signal: Signal) => Promise<void>): Case[] {
  return (["SIGCONT", "SIGKILL"] as const).map((signal) => ({
    name: `stops/${name}, until it ${signal === "SIGCONT" ? "goes on" : "is killed"}`,
    needs: ["process", "linux"],
    growsMemory: true,
    timeLimit: 60_000,
    run: (env) => run(env, signal),
  }));
}

export const stopCases: readonly Case[] = [
  ...both("manager: calls wait for a server that is stopped", async (env, signal) => {
    const { mp } = env, others = mp.activeChildren(), manager = await mp.Manager(), server = childBut(env, others);
    const dict = await manager.dict<string, number | string>();
    const { pid } = server;
    assert(pid !== null);
    // It is stopped at any moment, while it is busy.
    let isOver = false;
    const busy = (async () => {
      while (!isOver) await dict.increment("count");
    })().catch((error: unknown) => error);
    await sleep(20 + Math.random() * 10);
    assert(sendSignal(pid, "SIGSTOP"));
    const calls = [dict.set("small", 1), dict.set("large", "x".repeat(100_000)), dict.size()];
    const ends = Promise.all(calls.map((call) => call.then(() => "done", (error: unknown) => error)));
    assertEquals(await Promise.race([ends, sleep(STOP[signal])]), undefined);
    const begin = performance.now();
    assert(sendSignal(pid, signal));
    const all = await within(ends, LATE, "the calls");
    isOver = true;
    if (signal === "SIGCONT") {
      assertEquals(all, ["done", "done", "done"]);
      assertEquals(await within(busy, LATE, "the calls before"), undefined);
      assertEquals(await dict.get("small"), 1);
    } else {
      for (const error of all) assert(error instanceof RemoteError, String(error));
      assert(await within(busy, LATE, "the calls before") instanceof RemoteError);
      assert(performance.now() - begin < 3000, `the calls heard of it after ${performance.now() - begin} ms`);
    }
    await within(manager.shutdown(), LATE, "the shutdown");
  }),
  ...both("manager: calls wait for a client that is stopped in the middle of one", async ({ mp }, signal) => {
    const manager = await mp.Manager(), dict = await manager.dict<string, number>(), ready = new mp.Event();
    const client = new mp.Process({ target: targets.callAndStop, args: [dict, ready] });
    await client.start();
    const pid = await stopped(client.pid);
    const calls = Promise.all([dict.set("mine", 2), dict.get("mine")]);
    assertEquals(await release(pid, signal, calls), [undefined, 2]);
    assertEquals(await client.join(), signal === "SIGCONT" ? 0 : -9);
    assertEquals(await dict.get("theirs"), signal === "SIGCONT" ? 1 : undefined);
    const last = new mp.Process({ target: targets.callAndStop, args: [dict, ready] });
    await last.start();
    await release(await stopped(last.pid), signal, manager.shutdown(), 300);
    await within(last.join().catch(() => {}), LATE, "the last client");
    for (const one of [client, last, ready]) one.close();
  }),
  ...both("start: a parent is stopped in the middle of one", async (env, signal) => {
    const parent = new env.mp.Process({ target: targets.startAndStop });
    await parent.start();
    await release(await stopped(parent.pid), signal, startAndJoin(env, 2));
    assertEquals(await within(parent.join(), LATE, "the parent"), signal === "SIGCONT" ? 0 : -9);
    parent.close();
  }),
  ...both("bury: a parent is stopped in the middle of taking back what a dead child had", async (env, signal) => {
    const { mp } = env, lock = new mp.Lock(), held = new mp.Event();
    const parent = new mp.Process({ target: targets.buryAndStop });
    const holder = new mp.Process({ target: targets.holdForEver, args: [lock, held] });
    await Promise.all([parent.start(), holder.start()]);
    assert(await held.wait({ timeout: LATE }));
    const pid = await stopped(parent.pid);
    // Another death meanwhile.
    holder.kill();
    const work = Promise.all([startAndJoin(env, 2), lock.acquire(), holder.join()]);
    let turns = 0;
    const timer = setInterval(() => turns++, 20);
    await Promise.race([work, sleep(STOP[signal])]);
    clearInterval(timer);
    // Some 60, where nobody else wants the processor. What waits must not keep the rest of the program from its turns.
    assert(signal === "SIGKILL" || turns >= 10, `the event loop had ${turns} turns`);
    await release(pid, signal, work, 0);
    assertEquals([holder.exitcode, lock.abandoned], [-9, true]);
    lock.release();
    assertEquals(await within(parent.join(), LATE, "the parent"), signal === "SIGCONT" ? 0 : -9);
    for (const one of [parent, holder, lock, held]) one.close();
  }),
  ...both("pool: a worker is stopped in the middle of putting a result", async ({ mp }, signal) => {
    const pids = new mp.Queue<number>(), pool = new mp.Pool(2);
    const task = pool.apply(targets.stopAtResult, [pids]).catch((error: unknown) => error);
    const pid = await stopped(await pids.get());
    // Some of them have results that go the same way.
    const others = Promise.all([pool.map(inflate, ["a", "b", "c"]), pool.apply(inflate, ["d".repeat(50_000)])]);
    const [short, long] = await release(pid, signal, others);
    assertEquals([short, long.length], [["aa", "bb", "cc"], 100_000]);
    const end = await within(task, LATE, "the task");
    if (signal === "SIGCONT") assertEquals(end, new Map([["result", 1]]));
    else assert(end instanceof WorkerDiedError, String(end));
    pool.close();
    await within(pool.join(), LATE, "the pool's end");
    pids.close();
  }),
  ...both("pool: a worker is stopped in the middle of taking a batch", async ({ mp }, signal) => {
    const pids = new mp.Queue<number>(), pool = new mp.Pool(1);
    assertEquals(await within(pool.apply(targets.stopAtBatch, [pids]), LATE, "the first task"), 1);
    const tasks = Promise.all(["a", "b", "c"].map((text) => pool.apply(inflate, [text])));
    const pid = await stopped(await pids.get());
    const more = Promise.all(["d", "e"].map((text) => pool.apply(inflate, [text])));
    const all = await release(pid, signal, Promise.all([tasks, more]));
    assertEquals(all, [["aa", "bb", "cc"], ["dd", "ee"]]);
    pool.close();
    await within(pool.join(), LATE, "the pool's end");
    pids.close();
  }),
  {
    name: "stops/hire: a pool's worker that ends while another is stopped in the memory is replaced",
    growsMemory: true,
    timeLimit: 60_000,
    async run({ mp }) {
      const inside = new mp.Event(), goOn = new mp.Event(), own = new mp.Queue<string>();
      const other = new mp.Process({ target: targets.standInMemory, args: [inside, goOn, own] }), pool = new mp.Pool(1);
      await Promise.all([other.start(), pool.apply(inflate, ["a"])]);
      await own.put("begin");
      assert(await inside.wait({ timeout: LATE }));
      const lost = pool.apply(targets.end).catch((error: unknown) => error), next = pool.apply(inflate, ["b"]);
      assert(await within(lost, LATE, "the task that ends its worker") instanceof WorkerDiedError);
      await sleep(STOP.SIGCONT);
      goOn.set();
      assertEquals(await within(next, LATE, "the task after it"), "bb");
      pool.close();
      await within(pool.join(), LATE, "the pool's end");
      assertEquals(await within(other.join(), LATE, "the other"), 0);
      for (const one of [other, inside, goOn, own]) one.close();
    },
  },
  {
    name:
      "stops/ends: of as many children as a family may have nearly all end at once; each is joined, nobody complains",
    needs: ["process", "linux"],
    timeLimit: 90_000,
    async run(env) {
      const program = new URL("../targets/programs/many_ends.ts", import.meta.url);
      const { code, stdout, stderr } = await runProgram(env, program, { args: [env.tempDir], limit: 80_000 });
      const lines = ["254", "MisuseError", "250 4", "0,0,0,0,0"];
      assertEquals([stdout.trim().split("\n"), code, stderr], [lines, 0, ""]);
    },
  },
  {
    name:
      "stops/descriptors: where none is left all that is there goes on, and a start fails and leaves nothing behind",
    needs: ["linux"],
    timeLimit: 60_000,
    async run(env) {
      const program = new URL("../targets/programs/no_descriptors.ts", import.meta.url);
      const under = ["sh", "-c", 'ulimit -n 200; exec "$0" "$@"'];
      const { code, stdout, stderr } = await runProgram(env, program, { under, limit: 50_000 });
      const all = "5 300000 120000 100000", refused = "SpawnError false true";
      const lines = [all, refused, refused, "true true", "-9 1", all, "0", "0", all, "0"];
      assertEquals([stdout.trim().split("\n"), code], [lines, 0], stderr);
    },
  },
  {
    name:
      "stops/starters: six at once start and join children, and 20 000 locks are in the family; a death is soon dealt with",
    growsMemory: true,
    timeLimit: 90_000,
    async run({ mp }) {
      const locks = Array.from({ length: 20_000 }, () => new mp.Lock()), held = new mp.Event();
      const [lock] = locks as [InstanceType<typeof mp.Lock>];
      const holder = new mp.Process({ target: targets.holdForEver, args: [lock, held] });
      const starters = Array.from({ length: 6 }, () => new mp.Process({ target: targets.startOthers, args: [2] }));
      await Promise.all([holder, ...starters].map((child) => child.start()));
      assert(await held.wait({ timeout: LATE }));
      holder.kill();
      assert(await within(lock.acquire(), LATE, "the lock of a dead holder") && lock.abandoned);
      lock.release();
      assertEquals(await holder.join(), -9);
      const ends = await within(Promise.all(starters.map((child) => child.join())), 60_000, "the starters");
      assertEquals(ends, Array(6).fill(0));
      for (const one of [holder, ...starters, held, ...locks]) one.close();
    },
  },
];
