/** What processes do that wait at a manager's objects, or hold them, until they are killed. */

import {
  type BarrierProxy,
  type ConditionProxy,
  type DictProxy,
  type Event,
  type EventProxy,
  type JoinableQueueProxy,
  type ListProxy,
  type LockProxy,
  type QueueProxy,
  type SemaphoreProxy,
  task,
} from "../../../mod.ts";

/** Each way to wait for ever: the call is sent when this returns. */
const waits = {
  lock: (lock: LockProxy) => lock.acquire(),
  with: (lock: LockProxy | SemaphoreProxy) => lock.with(() => {}),
  semaphore: (semaphore: SemaphoreProxy) => semaphore.acquire(),
  event: (event: EventProxy) => event.wait(),
  barrier: (barrier: BarrierProxy) => barrier.wait(),
  get: (queue: QueueProxy<unknown>) => queue.get(),
  put: (queue: QueueProxy<unknown>) => queue.put("a ghost's"),
  join: (queue: JoinableQueueProxy<unknown>) => queue.join(),
  condition: (condition: ConditionProxy) => condition.wait(),
} as const;

/** A way to wait. */
export type Wait = keyof typeof waits;

/** Waits in that way; says so before. */
export async function waitAt(how: Wait, object: unknown, began: Event): Promise<void> {
  if (how === "condition") await (object as ConditionProxy).acquire();
  const waiting = (waits[how] as (object: unknown) => Promise<unknown>)(object);
  began.set();
  await waiting;
  await new Promise(() => setInterval(() => object, 1000));
}
task(import.meta, waitAt);

/** Acquires it so often, and has it until it is killed. */
export async function keepAcquired(lock: LockProxy, times: number, began: Event): Promise<void> {
  for (let i = 0; i < times; i++) await lock.acquire();
  began.set();
  await new Promise(() => setInterval(() => lock, 1000));
}
task(import.meta, keepAcquired);

/** Is inside of with() until it is killed. */
export async function stayInside(lock: LockProxy | SemaphoreProxy, began: Event): Promise<void> {
  await lock.with(() => {
    began.set();
    return new Promise(() => setInterval(() => lock, 1000));
  });
}
task(import.meta, stayInside);

/** Acquires it, and ends without giving it back. */
export async function acquireAndEnd(lock: LockProxy): Promise<void> {
  await lock.acquire();
}
task(import.meta, acquireAndEnd);

/** Releases what another has acquired; says what came of it. */
export async function releaseOthers(locks: readonly LockProxy[], told: ListProxy<string>): Promise<void> {
  for (const lock of locks) {
    const error = await lock.release().then(() => undefined, (reason: unknown) => reason);
    await told.push(error === undefined ? "released" : (error as Error).constructor.name);
  }
}
task(import.meta, releaseOthers);

/** Meets the others, so many times. */
export async function meet(barrier: BarrierProxy, rounds: number, indices: ListProxy<number>): Promise<void> {
  for (let i = 0; i < rounds; i++) await indices.push(await barrier.wait());
}
task(import.meta, meet);

/** Waits for the number to be another, changes it, and notifies. */
export async function takeTurns(
  changed: ConditionProxy,
  state: DictProxy<string, number>,
  mine: number,
  turns: number,
) {
  for (let i = 0; i < turns; i++) {
    await changed.with(async () => {
      while (await state.get("turn") !== mine) await changed.wait();
      await state.set("turn", 1 - mine);
      await state.increment("turns");
      await changed.notifyAll();
    });
  }
}
task(import.meta, takeTurns);

/** Calls under way at a time in each client. */
const AT_ONCE = 16;

/** Does `each` for the numbers from `first` on, many at a time. */
async function manyAtOnce(first: number, count: number, each: (number: number) => Promise<unknown>): Promise<void> {
  let next = first;
  const lane = async () => {
    while (next < first + count) await each(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** Counts, lists and queues so many numbers from `first` on. */
export async function produce(
  first: number,
  count: number,
  dict: DictProxy<string, number>,
  list: ListProxy<number>,
  queue: QueueProxy<number>,
): Promise<void> {
  await manyAtOnce(first, count, async (number) => {
    await Promise.all([dict.increment("count"), dict.set(`${number}`, number), list.push(number), queue.put(number)]);
  });
}
task(import.meta, produce);

/** Takes what there is until the end, many at a time. */
export async function consume(queue: QueueProxy<number>, seen: ListProxy<number>): Promise<void> {
  const lane = async () => {
    for await (const number of queue) await seen.push(number);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}
task(import.meta, consume);

/** Under the lock, reads and writes what isn't atomic. */
export async function countUnderLock(lock: LockProxy, dict: DictProxy<string, number>, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await lock.with(async () => void await dict.set("n", (await dict.get("n") ?? 0) + 1));
  }
}
task(import.meta, countUnderLock);

/** Uses all of them over and over, until it is killed. */
export async function churn(
  lock: LockProxy,
  condition: ConditionProxy,
  semaphore: SemaphoreProxy,
  queue: QueueProxy<unknown>,
): Promise<void> {
  for (;;) {
    await Promise.all([
      lock.with(() => {}),
      semaphore.with(() => {}),
      condition.with(async () => {
        await condition.wait({ timeout: 1 });
        await condition.notify();
      }),
      queue.put(lock),
      queue.get({ timeout: 2 }).catch(() => {}),
    ]);
  }
}
task(import.meta, churn);
