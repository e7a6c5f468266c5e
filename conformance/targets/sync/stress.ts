/** What the children of the stress cases of synchronisation and shared state do. */

import type { Barrier, Condition, Event, Lock, RLock, Semaphore, SharedArray, Value } from "../../../mod.ts";
import { below } from "../../scale.ts";

/** Takes permits, one way or another. `state`: 0 = permits out, 1 = how often too many were, 2 = how often it got one. */
export async function takePermits(
  semaphore: Semaphore,
  most: number,
  state: SharedArray<"i">,
  n: number,
): Promise<void> {
  const inside = async (i: number) => {
    if (Atomics.add(state, 0, 1) >= most) Atomics.add(state, 1, 1);
    Atomics.add(state, 2, 1);
    if (i % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    Atomics.sub(state, 0, 1);
  };
  for (let i = 0; i < n; i++) {
    if (i % 4 === 0) await semaphore.with(() => inside(i));
    else if (i % 4 === 1) {
      const held = await semaphore.hold();
      await inside(i);
      held[Symbol.dispose]();
    } else if (await semaphore.acquire(i % 4 === 2 ? {} : { timeout: below(3) })) {
      await inside(i);
      semaphore.release();
    }
  }
}

/** A buffer between producers and consumers: `ring` begins with the number of items and the place of the first. */
export interface Buffer {
  readonly ring: SharedArray<"i">;
  readonly notEmpty: Condition;
  readonly notFull: Condition;
  readonly seen: SharedArray<"B">;
}

const COUNT = 0, FIRST = 1, ITEMS = 2;

export async function produceItems({ ring, notEmpty, notFull }: Buffer, from: number, n: number): Promise<void> {
  const size = ring.length - ITEMS;
  for (let item = from; item < from + n; item++) {
    await notFull.with(async () => {
      await notFull.waitFor(() => (ring[COUNT] as number) < size);
      ring[ITEMS + ((ring[FIRST] as number) + (ring[COUNT] as number)) % size] = item;
      ring[COUNT] = (ring[COUNT] as number) + 1;
      notEmpty.notify();
    });
  }
}

/** Takes `n` items, or as many as come in `n` impatient tries: those end by time or abort. */
export async function consumeItems(
  { ring, notEmpty, notFull, seen }: Buffer,
  n: number,
  patient: boolean,
): Promise<void> {
  const size = ring.length - ITEMS;
  for (let i = 0; i < n; i++) {
    await notEmpty.with(async () => {
      if (patient) await notEmpty.waitFor(() => (ring[COUNT] as number) > 0);
      else if (ring[COUNT] === 0) await waitImpatiently(notEmpty, i);
      if (ring[COUNT] === 0) return;
      Atomics.add(seen, ring[ITEMS + (ring[FIRST] as number)] as number, 1);
      ring[FIRST] = ((ring[FIRST] as number) + 1) % size;
      ring[COUNT] = (ring[COUNT] as number) - 1;
      notFull.notify();
    });
  }
}

async function waitImpatiently(condition: Condition, i: number): Promise<void> {
  if (i % 2 === 0) return void await condition.wait({ timeout: below(3) });
  const abort = new AbortController(), timer = setTimeout(() => abort.abort("enough"), below(3));
  await condition.wait({ signal: abort.signal }).catch((error) => {
    if (error !== "enough") throw error;
  });
  clearTimeout(timer);
}

/** Two at once wait for each of the rounds that `round` counts, and say in `arrived` that they saw it. */
export async function followRounds(
  changed: Condition,
  round: Value<number>,
  arrived: Value<number>,
  n: number,
): Promise<void> {
  const follow = async () => {
    for (let i = 1; i <= n; i++) {
      await changed.with(() => changed.waitFor(() => round.value >= i));
      arrived.add(1);
    }
  };
  await Promise.all([follow(), follow()]);
}

/** Two at once wait for one notification each, and say so in `state`: 0 = waits begun, 1 = ended. */
export async function waitTwice(condition: Condition, state: SharedArray<"i">): Promise<void> {
  const wait = () =>
    condition.with(async () => {
      Atomics.add(state, 0, 1);
      await condition.wait();
      Atomics.add(state, 1, 1);
    });
  await Promise.all([wait(), wait()]);
}

/** Waits for `n` pulses, of one event and the other in turn; `waiting` counts the waits that have begun. */
export async function awaitPulses(events: readonly [Event, Event], waiting: Value<number>, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    const pulse = events[i % 2 === 0 ? 0 : 1].wait();
    waiting.add(1);
    if (!await pulse) throw new Error(`Pulse ${i} ended with false`);
  }
}

/** Passes a barrier, `waits` times at once in each round. `rounds`: arrivals of each; `indices`: a bit for each index. */
export async function passRounds(
  barrier: Barrier,
  waits: number,
  rounds: SharedArray<"i">,
  indices: SharedArray<"i">,
): Promise<void> {
  const party = async () => {
    for (let round = 0; round < rounds.length; round++) {
      Atomics.add(rounds, round, 1);
      const index = await barrier.wait();
      const arrived = Atomics.load(rounds, round);
      if (arrived !== barrier.parties) throw new Error(`Round ${round} went on with ${arrived} of ${barrier.parties}`);
      if ((Atomics.or(indices, round, 1 << index) & (1 << index)) !== 0) throw new Error(`Two have index ${index}`);
    }
  };
  await Promise.all(Array.from({ length: waits }, party));
}

/** Counts in sections inside sections that would lose counts if two ran at once. */
export async function countNested(lock: RLock, counter: SharedArray<"i">, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    await lock.with(async () => {
      const before = counter[0] as number;
      await lock.with(async () => {
        if (i % 32 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
        if (lock.acquireNowait()) lock.release();
        counter[0] = before + 1;
      });
    });
  }
}

/** Adds n to each, by add and by compareExchange. */
export function countAtomically(numbers: Value<number>[], bigs: Value<bigint>[], n: number): void {
  for (let i = 0; i < n; i++) {
    for (const value of numbers) {
      if (i % 2 === 0) value.add(1);
      else {
        let old = value.value;
        for (let found; (found = value.compareExchange(old, old + 1)) !== old;) old = found;
      }
    }
    for (const value of bigs) {
      if (i % 2 === 0) value.add(1n);
      else {
        let old = value.value;
        for (let found; (found = value.compareExchange(old, old + 1n)) !== old;) old = found;
      }
    }
  }
}

/** Takes it again and again, and nearly always has it, until `state[0]` is set; `state[1]` counts. */
export async function hog(lock: Lock | Semaphore, state: SharedArray<"i">): Promise<void> {
  while (Atomics.load(state, 0) === 0) {
    await lock.with(() => {
      for (const end = performance.now() + 0.05; performance.now() < end;);
      Atomics.add(state, 1, 1);
    });
  }
}
