/** Wait queues: no wake is lost or kept by one that doesn't want it any more, and each waiter has its turn. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { indexOf } from "./agents.ts";
import type { Family } from "./family.ts";
import { clearBit } from "../memory/bitmap.ts";
import { WaitQueue } from "./futex.ts";
import { objectOf, payloadOf, relatives } from "./testing.ts";
import { TURNS_WORDS } from "./turns.ts";
import { BITMAP_WORDS, KIND_BYTES, WAIT_QUEUE_WORDS } from "../memory/layout.ts";

const TOKENS = WAIT_QUEUE_WORDS, TURNS = TOKENS + 1, WORDS = TURNS + TURNS_WORDS;

/** So late that the test has failed long before. */
const LATE = 20_000;

/** One agent's view of an object that holds tokens, each for one to take. */
class Tokens {
  readonly family: Family;
  readonly queue: WaitQueue;
  readonly #i32: Int32Array;
  readonly #at: number;
  readonly awaited: { ready(): boolean; attempt(): string | undefined };
  /** Attempts so far. */
  attempts = 0;

  constructor(family: Family, address: number, withTurns: boolean) {
    const { segment, at } = payloadOf(family, address);
    this.family = family;
    this.queue = WaitQueue.at(family, segment, at, withTurns ? at + TURNS : undefined);
    this.#i32 = segment.i32;
    this.#at = at;
    this.awaited = { ready: () => this.left > 0, attempt: () => this.take() };
  }

  get left(): number {
    return Atomics.load(this.#i32, this.#at + TOKENS);
  }

  /** Whether any agent is registered. */
  get registered(): number[] {
    const found: number[] = [];
    for (let index = 0; index < BITMAP_WORDS * 32; index++) {
      if ((Atomics.load(this.#i32, this.#at + (index >>> 5)) & (1 << (index & 31))) !== 0) found.push(index);
    }
    return found;
  }

  take(): string | undefined {
    this.attempts++;
    if (this.left === 0) return undefined;
    Atomics.sub(this.#i32, this.#at + TOKENS, 1);
    return "token";
  }

  /** Adds tokens, and wakes nobody. */
  put(count: number): void {
    Atomics.add(this.#i32, this.#at + TOKENS, count);
  }

  /** Adds tokens, and wakes a waiter for each. */
  give(count = 1): void {
    for (let i = 0; i < count; i++) {
      this.put(1);
      this.queue.wake(this.awaited.ready);
    }
  }

  sleep(limit = LATE, signal?: AbortSignal): Promise<string | undefined> {
    return this.queue.sleep(this.awaited, limit, signal);
  }

  /** A died agent's bits are cleared, and everybody looks again: the end of its recovery. */
  recover(dead: Tokens): void {
    clearBit(this.#i32, this.#at, indexOf(dead.family.self));
    this.family.ringAll();
  }
}

function tokensOf(count: number, withTurns = false): Tokens[] {
  const family = relatives(count), address = objectOf(family[0] as Family, WORDS, KIND_BYTES);
  return family.map((one) => new Tokens(one, address, withTurns));
}

/** Notes in which order waits end. */
function noting(order: string[], name: string, wait: Promise<unknown>): Promise<void> {
  return wait.then((result) => void order.push(result === "token" ? name : `${name}: ${result}`));
}

/** Lets the event loop turn until rings have been heard and `condition` holds. */
async function until(condition: () => boolean): Promise<void> {
  for (const end = performance.now() + LATE; !condition();) {
    assert(performance.now() < end, `never so: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One that waits on and on, until it is released at the end of its test: the dead would keep the test's process alive. */
function doomed(one: Tokens): () => Promise<void> {
  const controller = new AbortController(), wait = one.sleep(LATE, controller.signal);
  return async () => {
    controller.abort("over");
    await assert.rejects(wait, (reason) => reason === "over");
  };
}

test("waiters of one agent are served in the order in which they came", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens], order: string[] = [];
  const waits = ["1", "2", "3", "4"].map((name) => noting(order, name, b.sleep()));
  assert.deepEqual(a.registered, [indexOf(b.family.self)]);
  a.give(3);
  await until(() => order.length > 0 && a.registered.length > 0);
  assert.deepEqual(order, ["1", "2", "3"]);
  assert.deepEqual([b.queue.busy, a.registered.length], [true, 1]);
  b.give(); // to itself
  await Promise.all(waits);
  assert.deepEqual(order, ["1", "2", "3", "4"]);
  assert.deepEqual([b.queue.busy, a.registered.length, a.left], [false, 0, 0]);
});

test("wakes go round: no agent is woken twice while another waits", async () => {
  const agents = tokensOf(5), [root, ...others] = agents as [Tokens, ...Tokens[]], order: string[] = [];
  const waits = others.flatMap((one, index) => [1, 2, 3].map(() => noting(order, String(index), one.sleep())));
  for (let i = 0; i < waits.length; i++) {
    root.give();
    await until(() => order.length === i + 1);
  }
  await Promise.all(waits);
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(order.slice(4 * round, 4 * round + 4).sort(), ["0", "1", "2", "3"]);
  }
  assert.deepEqual(root.registered, []);
});

test("agents in other words of the bitmap than the first are woken too, and the rotation comes back from the last", async () => {
  const agents = tokensOf(70), root = agents[0] as Tokens, order: string[] = [];
  const waiting = [69, 33, 1, 64, 31].map((index) => noting(order, String(index), (agents[index] as Tokens).sleep()));
  for (let i = 0; i < 5; i++) {
    root.give();
    await until(() => order.length === i + 1);
  }
  await Promise.all(waiting);
  assert.deepEqual(order, ["1", "31", "33", "64", "69"]);
  assert.equal(root.queue.rotation, indexOf((agents[69] as Tokens).family.self) + 1);
  const again = [noting(order, "first", (agents[1] as Tokens).sleep()), noting(order, "root", root.sleep())];
  root.give();
  await until(() => order.length === 6);
  assert.equal(order.at(-1), "root");
  root.give();
  await Promise.all(again);
});

test("nothing is there to take: nobody is woken, and whoever waits stays registered", () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens], controller = new AbortController();
  assert(!a.queue.wake(() => true), "nobody waits");
  const wait = b.sleep(LATE, controller.signal);
  assert(!a.queue.wake(() => false));
  assert.deepEqual(a.registered, [indexOf(b.family.self)]);
  controller.abort("enough");
  return assert.rejects(wait, (reason) => reason === "enough");
});

test("a wake that comes to one that gives up at the same moment is passed on", async () => {
  const [a, b, c] = tokensOf(3) as [Tokens, Tokens, Tokens], controller = new AbortController();
  const given = assert.rejects(b.sleep(LATE, controller.signal), (reason) => reason === "enough");
  const wait = c.sleep();
  a.give();
  assert.deepEqual(a.registered, [indexOf(c.family.self)], "the wake is on its way to the first");
  controller.abort("enough");
  assert.deepEqual(a.registered, [], "and now to the second");
  await given;
  assert.equal(await wait, "token");
});

test("one of several local waiters that gives up keeps its agent's wake for the others", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens], controller = new AbortController();
  const given = assert.rejects(b.sleep(LATE, controller.signal));
  const wait = b.sleep();
  a.give();
  controller.abort();
  await given;
  assert.equal(await wait, "token");
});

test("a wait that can succeed when its time is up doesn't time out", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens], wait = b.sleep(20);
  a.put(1); // whoever did it hasn't come to waking yet
  assert.equal(await wait, "token");
  assert.deepEqual(a.registered, []);
});

test("a time limit that runs out leaves no bit, and the wake of a later change goes to others", async () => {
  const [a, b, c] = tokensOf(3) as [Tokens, Tokens, Tokens];
  const begin = performance.now(), wait = c.sleep();
  assert.equal(await b.sleep(10), undefined);
  assert(performance.now() - begin >= 9);
  assert.deepEqual(a.registered, [indexOf(c.family.self)]);
  a.give();
  assert.equal(await wait, "token");
});

test("a ring for nothing ends no wait", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens];
  let ended = false;
  const wait = b.sleep().finally(() => ended = true);
  for (let i = 0; i < 5; i++) {
    a.family.ringIndex(indexOf(b.family.self));
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const wakes = [
    () => a.queue.wake(() => true), // its change somebody else had
    () => a.queue.wakeAll(),
    () => a.queue.wakeAgent(indexOf(b.family.self)),
  ];
  for (const wake of wakes) {
    const before = b.attempts;
    wake();
    await until(() => b.attempts > before);
  }
  assert(!ended);
  assert.deepEqual(a.registered, [indexOf(b.family.self)], "it registered again");
  a.give();
  assert.equal(await wait, "token");
});

test("the dead are passed over", async () => {
  const [a, b, c, d] = tokensOf(4) as [Tokens, Tokens, Tokens, Tokens];
  const releases = [doomed(b), doomed(c)], wait = d.sleep();
  b.family.end();
  c.family.end();
  a.give();
  assert.equal(await wait, "token");
  assert(!a.queue.wake(() => true));
  await Promise.all(releases.map((release) => release()));
});

test("a wake that died with its receiver isn't lost: all look again", async () => {
  const [a, b, c] = tokensOf(3) as [Tokens, Tokens, Tokens];
  const release = doomed(b), wait = c.sleep(), { attempts } = b;
  a.give();
  assert.deepEqual(a.registered, [indexOf(c.family.self)]);
  b.family.end(); // before it hears the bell
  assert.equal(a.left, 1);
  a.recover(b);
  assert.equal(await wait, "token");
  assert.equal(b.attempts, attempts, "the dead go on no more");
  await release();
});

test("wakeAll reaches all; wakeAgent the one that is meant", async () => {
  const agents = tokensOf(36), root = agents[0] as Tokens, woken = [1, 34, 35].map((index) => agents[index] as Tokens);
  const waits = woken.map((one) => one.sleep());
  const before = woken.map(({ attempts }) => attempts), meant = woken[1] as Tokens;
  root.queue.wakeAgent(indexOf(meant.family.self));
  await until(() => meant.attempts > (before[1] as number));
  assert.deepEqual(woken.map(({ attempts }, i) => attempts > (before[i] as number)), [false, true, false]);
  root.put(3);
  root.queue.wakeAll();
  assert.deepEqual(await Promise.all(waits), ["token", "token", "token"]);
  assert.deepEqual(root.registered, []);
});

test("an attempt that throws ends its own wait, and the next goes on", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens];
  let isBroken = false;
  const attempt = () => {
    if (isBroken) throw new Error("shut down");
  };
  const broken = b.queue.sleep({ ready: () => isBroken, attempt }, LATE);
  const wait = b.sleep();
  isBroken = true;
  a.give();
  await assert.rejects(broken, /shut down/);
  assert.equal(await wait, "token");
  assert.deepEqual([a.registered, b.queue.busy], [[], false]);
});

test("a handle that is closed ends its own waits, not those of others", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens], mine = {}, others = {};
  const first = b.queue.sleep({ ...b.awaited, of: mine }, LATE),
    second = b.queue.sleep({ ...b.awaited, of: others }, LATE);
  assert.equal(b.queue.expel(mine, () => new Error("closed")), 1);
  await assert.rejects(first, /closed/);
  a.give();
  assert.equal(await second, "token");
});

test("when the handle is closed to which a wake is on its way, the wake is passed on", async () => {
  const [a, b, c] = tokensOf(3) as [Tokens, Tokens, Tokens], mine = {};
  const third = b.queue.sleep({ ...b.awaited, of: mine }, LATE), wait = c.sleep();
  a.give();
  assert.deepEqual(a.registered, [indexOf(c.family.self)], "the wake is on its way to the first");
  assert.equal(b.queue.expel(mine, () => new Error("closed")), 1);
  await assert.rejects(third, /closed/);
  assert.equal(await wait, "token");
  assert.equal(b.queue.expel(mine, () => new Error("closed")), 0);
});

test("no time and an aborted signal end a wait at once, without a trace", async () => {
  const [a, b] = tokensOf(2) as [Tokens, Tokens], reason = new Error("before");
  assert.equal(await b.sleep(0), undefined);
  assert.equal(await b.queue.wait(b.awaited, -1), undefined);
  await assert.rejects(b.sleep(LATE, AbortSignal.abort(reason)), (error) => error === reason);
  assert.deepEqual([a.registered, b.queue.busy, b.attempts], [[], false, 0]);
});

test("all waiters of an object in one agent share a queue; one with other turns is another object's", () => {
  const [a] = tokensOf(1) as [Tokens], address = objectOf(a.family, WORDS, KIND_BYTES);
  const { segment, at } = payloadOf(a.family, address), queue = WaitQueue.at(a.family, segment, at);
  assert.equal(WaitQueue.at(a.family, segment, at), queue);
  const other = WaitQueue.at(a.family, segment, at, at + TURNS);
  assert.notEqual(other, queue);
  assert.equal(WaitQueue.at(a.family, segment, at, at + TURNS), other);
});

test("one that barges in all the time lets a sleeper go first in the end", async () => {
  const [a, b] = tokensOf(2, true) as [Tokens, Tokens], wait = b.sleep();
  let rounds = 0;
  // The token comes back, the sleeper is woken; and before it hears that, the token is gone again.
  for (;; rounds++) {
    a.give();
    if (a.queue.crowded) break;
    a.take();
    await new Promise((resolve) => setImmediate(resolve));
    assert(rounds < 100_000);
  }
  assert.equal(await wait, "token");
  assert(rounds >= 2, `${rounds} wakes in vain`);
  assert(!a.queue.crowded && !b.queue.crowded);
});
