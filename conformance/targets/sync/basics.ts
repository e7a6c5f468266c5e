/** Actions of barriers, and what children do with a synchronisation primitive of each kind. */

import type { Barrier, BoundedSemaphore, Condition, Event, Lock, Queue, RLock, Semaphore } from "../../../mod.ts";
import { getContext, type StartMethod } from "../../../mod.ts";

let calls = 0;

/** How often an action ran in this process since the last time. */
export function resetCalls(): number {
  const before = calls;
  calls = 0;
  return before;
}

export function someAction(): void {
  calls++;
}

export async function slowAction(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  calls++;
}

export function failingAction(): never {
  throw new TypeError("this action fails");
}

export function releaseAll(locks: readonly (Lock | Semaphore)[]): void {
  for (const lock of locks) lock.release();
}

/** One of each kind. */
export interface All {
  readonly lock: Lock;
  readonly rlock: RLock;
  readonly semaphore: Semaphore;
  readonly bounded: BoundedSemaphore;
  readonly condition: Condition;
  readonly event: Event;
  readonly barrier: Barrier;
}

/** The child's part of "sync/one of each travels"; puts what it found. */
export async function useAll(queue: Queue<All>, results: Queue<string>): Promise<void> {
  const { lock, rlock, semaphore, bounded, condition, event, barrier } = await queue.get();
  const found: unknown[] = [lock.locked(), rlock.locked(), semaphore.getValue(), bounded.getValue(), event.isSet()];
  lock.release(); // the parent's
  await rlock.with(() => rlock.with(() => semaphore.release(2)));
  await bounded.with(() => found.push(bounded.getValue()));
  found.push(await event.wait({ timeout: 10_000 }));
  found.push(await condition.with(() => condition.wait({ timeout: 10_000 })));
  found.push(await barrier.wait({ timeout: 10_000 }) >= 0, barrier.parties);
  await results.put(found.join(" "));
}

/** Something that can be acquired, by its class and name. */
export type ByName = readonly [kind: "Lock" | "RLock" | "Semaphore" | "Condition", name: string];

/** Puts how many of them could be acquired here. */
export async function countFree(all: readonly ByName[], method: StartMethod, results: Queue<number>): Promise<void> {
  const mp = getContext(method);
  let free = 0;
  for (const [kind, name] of all) {
    const one = new mp[kind]({ name });
    if (one.acquireNowait()) free++;
    one.close();
  }
  await results.put(free);
}
