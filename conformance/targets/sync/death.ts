/** What the victims of the death cases of synchronisation do until they are killed. */

import type { Barrier, Condition, RLock, Semaphore, SharedArray, Value } from "../../../mod.ts";

function rest(i: number): Promise<void> | undefined {
  return i % 8 === 0 ? new Promise((resolve) => setTimeout(resolve, 1)) : undefined;
}

/** Holds permits again and again, by hold() and by with(). */
export async function holdForEver(semaphore: Semaphore): Promise<void> {
  for (let i = 0;; i++) {
    if (i % 2 === 0) await semaphore.with(() => rest(i));
    else {
      const held = await semaphore.hold();
      await rest(i);
      held[Symbol.dispose]();
    }
  }
}

/** Takes permits by acquire() and by hold(), says so, and keeps them. */
export async function takeAndKeep(semaphore: Semaphore, acquired: number, held: number, ready: Value<number>) {
  for (let i = 0; i < acquired; i++) await semaphore.acquire();
  const kept = [];
  for (let i = 0; i < held; i++) kept.push(await semaphore.hold());
  ready.add(1);
  await new Promise((resolve) => setTimeout(resolve, 1e6));
  return kept.length;
}

/** Is inside a section of a section, says so, and stays. */
export async function stayInside(lock: RLock, ready: Value<number>): Promise<void> {
  await lock.with(() =>
    lock.with(async () => {
      ready.add(1);
      await new Promise((resolve) => setTimeout(resolve, 1e6));
    })
  );
}

/** Takes one item after another: there are `items[0]`, and `items[1]` were taken. */
export async function takeItems(condition: Condition, items: SharedArray<"i">): Promise<void> {
  for (;;) {
    await condition.with(async () => {
      while (Atomics.load(items, 0) === 0) await condition.wait();
      Atomics.sub(items, 0, 1);
      Atomics.add(items, 1, 1);
    });
  }
}

/** Waits `n` times at once. */
export async function waitForNotification(condition: Condition, n: number, ready: Value<number>): Promise<void> {
  await Promise.all(Array.from({ length: n }, () =>
    condition.with(() => {
      ready.add(1);
      return condition.wait();
    })));
}

/** Passes a barrier until it is broken; `passed` counts. */
export async function passUntilBroken(barrier: Barrier, passed: Value<number>): Promise<void> {
  for (;;) {
    try {
      await barrier.wait();
    } catch {
      return;
    }
    passed.add(1);
  }
}

export async function waitOnce(barrier: Barrier): Promise<number> {
  return await barrier.wait();
}
