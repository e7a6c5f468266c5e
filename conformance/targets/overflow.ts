/** What others do with objects of a process whose stack was full. */

import { type Condition, type Event, type JoinableQueue, type Queue, type Semaphore, Value } from "../../mod.ts";

/** Takes so many items out. */
export async function drain(queue: Queue<unknown>, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await queue.get({ timeout: 10_000 });
}

/** Uses everything once. */
export async function useAll(
  semaphore: Semaphore,
  condition: Condition,
  event: Event,
  queue: JoinableQueue<number>,
): Promise<void> {
  await semaphore.acquire();
  semaphore.release();
  await condition.with(() => condition.notify());
  event.set();
  queue.putNowait(1);
  new Value("i", 0).close();
}
