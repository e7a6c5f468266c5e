/** What the victims of the death cases do until they are killed. */

import { process } from "../host.ts";
import type { Connection, Lock, Queue, SharedArray } from "../../mod.ts";
import { getContext, getStartMethod, Process } from "../../mod.ts";
import { bytesOf, checkBytes } from "./stress.ts";

type Item = [number, number, Uint8Array];

/** Puts items; `acknowledged[who]` says how many puts have resolved. */
export async function putForEver(queue: Queue<Item>, who: number, acknowledged: SharedArray<"i">): Promise<void> {
  for (let i = 0;; i++) {
    await queue.put([who, i, bytesOf(who, i)]);
    Atomics.store(acknowledged, who, i + 1);
  }
}

/** Takes items; `seen` counts each, `trouble[0]` what is wrong with them. */
export async function getForEver(
  queue: Queue<Item>,
  seen: SharedArray<"B">,
  each: number,
  trouble: SharedArray<"i">,
): Promise<void> {
  for (;;) note(await queue.get(), seen, each, trouble);
}

/** Notes that an item was delivered. */
export function note([who, i, bytes]: Item, seen: SharedArray<"B">, each: number, trouble: SharedArray<"i">): void {
  try {
    checkBytes(who, i, bytes);
  } catch {
    Atomics.add(trouble, 0, 1);
  }
  if (i < each) Atomics.add(seen, who * each + i, 1);
}

export async function sendForEver(end: Connection<never, Item>, who: number, acknowledged: SharedArray<"i">) {
  for (let i = 0;; i++) {
    await end.send([who, i, bytesOf(who, i)]);
    Atomics.store(acknowledged, who, i + 1);
  }
}

export async function receiveForEver(
  end: Connection<Item, never>,
  seen: SharedArray<"B">,
  each: number,
  trouble: SharedArray<"i">,
): Promise<void> {
  for (;;) note(await end.recv(), seen, each, trouble);
}

/**
 * Holds a lock again and again. `state`: 0 = who is inside, 1 = sections, 2 = two were inside, 3 = the last holder died and
 * nobody said so.
 */
export async function lockForEver(lock: Lock, me: number, state: SharedArray<"i">): Promise<void> {
  for (let i = 0;; i++) {
    const held = await lock.hold();
    enterSection(held.abandoned, me, state);
    for (let spin = 0; spin < i % 50; spin++) if (Atomics.load(state, 0) !== me) Atomics.add(state, 2, 1);
    if (i % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.store(state, 0, 0);
    held[Symbol.dispose]();
  }
}

/** The same in this process and in a child of it. */
export async function lockWithChild(lock: Lock, state: SharedArray<"i">): Promise<void> {
  await new Process({ target: lockForEver, args: [lock, 1, state] }).start();
  await lockForEver(lock, 2, state);
}

export function enterSection(abandoned: boolean, me: number, state: SharedArray<"i">): void {
  if (Atomics.exchange(state, 0, me) !== 0 && !abandoned) Atomics.add(state, 3, 1);
  Atomics.add(state, 1, 1);
}

/** Makes objects, lets them travel, and closes them. */
export async function makeForEver(shared: Queue<unknown>): Promise<void> {
  const mp = getContext(getStartMethod());
  for (let i = 0;; i++) {
    const queue = new mp.Queue<unknown>(), lock = new mp.Lock(), [a, b] = mp.Pipe();
    const named = new mp.Queue<unknown>({ name: `made-${i % 5}` });
    const value = new mp.Value("i", i);
    await queue.put([i, lock, "x".repeat(i % 61 === 0 ? 100_000 : 100)]);
    await a.send([queue]);
    await b.recv();
    await named.put([value]);
    await shared.put(lock);
    const other = await shared.get();
    if (other instanceof mp.Lock && other !== lock) other.close();
    for (const one of [a, queue, named, lock, b, value]) one.close();
  }
}

/** Says its pid, then works for ever. */
export async function workForEver(pids: Queue<number>, how: string): Promise<void> {
  const mp = getContext(getStartMethod());
  await pids.put(mp.currentProcess().pid);
  if (how === "nest") {
    await new Process({ target: workForEver, args: [pids, "queue"] }).start();
    how = "queue";
  }
  if (how === "spin") {
    for (;;);
  }
  const queue = new mp.Queue<number>(how === "shared" ? { name: "shared" } : {});
  const lock = new mp.Lock({ name: "shared lock" });
  for (let i = 0;; i++) {
    await lock.with(() => queue.put(i));
    await queue.get();
  }
}

/**
 * Works through sections of a lock until it has had `each` of them, and kills itself inside one in a hundred. `state`: 0 =
 * sections begun, 1 = sections finished, 2 = holders that died and were told of, 3 = holders about to die; 4 + lane = finished
 * ones of that lane. Without the lock nothing of this would add up: no word is changed atomically.
 */
export async function sectionsOrDeath(lock: Lock, lane: number, each: number, state: SharedArray<"i">): Promise<void> {
  const add = (index: number) => state[index] = (state[index] as number) + 1;
  for (let isDone = false; !isDone;) {
    await lock.with((held) => {
      if (held.abandoned) add(2);
      if (state[0] !== state[1]) state[0] = state[1] as number; // what the dead one had begun doesn't count
      isDone = state[4 + lane] as number >= each;
      if (isDone) return;
      add(0);
      if (Math.random() < 0.01) {
        add(3);
        process.kill(process.pid, "SIGKILL");
      }
      add(1);
      add(4 + lane);
    });
  }
}
