/** Targets for cases about queues. */

import { type JoinableQueue, type Queue, type SimpleQueue, task } from "../../../mod.ts";

/** Puts `count` items `[who, 0]`, `[who, 1]` … */
export async function fill(queue: Queue<[number, number]>, who: number, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await queue.put([who, i]);
}

/** Doubles what comes until the shutdown. */
export async function doubleAll(who: number, jobs: Queue<number>, results: Queue<[number, number]>): Promise<void> {
  for await (const job of jobs) await results.put([who, 2 * job]);
}

/** Puts all that comes until the shutdown, as one item. */
export async function collect<T>(queue: Queue<T>, back: Queue<T[]>): Promise<void> {
  const all: T[] = [];
  for await (const item of queue) all.push(item);
  await back.put(all);
}

/** Deals with jobs until the shutdown; says of each that it began. */
export async function finishAll(jobs: JoinableQueue<number>, begun: Queue<number>): Promise<void> {
  for await (const job of jobs) {
    await begun.put(job);
    jobs.taskDone();
  }
}

/** Sends back what comes, until null. */
export async function echoSimply(from: SimpleQueue<unknown>, to: SimpleQueue<unknown>): Promise<void> {
  for (;;) {
    const item = await from.get();
    await to.put(item);
    if (item === null) return;
  }
}

for (const target of [fill, doubleAll, collect, finishAll, echoSimply]) task(import.meta, target);
