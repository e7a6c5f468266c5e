/** Targets for cases about shared objects in messages, and about large ones. */

import {
  type Connection,
  type Event,
  getContext,
  type JoinableQueue,
  type Lock,
  type Queue,
  registerCodec,
  type Semaphore,
  type SharedArray,
  type SimpleQueue,
  type StartMethod,
  task,
  type Value,
} from "../../../mod.ts";
import { mp } from "../context.ts";

/** A subclass of the program's: a queue by name, with more to it. */
export class Jobs extends mp.Queue<string> {
  readonly key: string;
  readonly urgency: string;
  constructor(key: string, urgency: string) {
    super({ name: key });
    this.key = key;
    this.urgency = urgency;
  }
}
registerCodec(Jobs, {
  name: "conformance Jobs",
  encode: ({ key, urgency }) => [key, urgency],
  decode: ([key, urgency]: [string, string]) => new Jobs(key, urgency),
});

/** Says what it took, and how urgent that is. */
export async function takeJob(jobs: Jobs, out: Queue<unknown>): Promise<void> {
  await out.put(`${jobs.urgency}: ${await jobs.get()}`);
}

interface All {
  readonly lock: Lock;
  readonly event: Event;
  readonly semaphore: Semaphore;
  readonly value: Value;
  readonly array: SharedArray<"d">;
  readonly back: Queue<string>;
  readonly joinable: JoinableQueue<number>;
  readonly simple: SimpleQueue<number>;
  readonly end: Connection<string>;
}

/** Uses each of the objects that come with one message; sends some home through `end`. */
export async function useAll(from: Queue<unknown>, end: Connection<unknown>): Promise<void> {
  const { deep: [map], again: [one, two] } = await from.get() as { deep: [Map<string, All>]; again: [Queue, Queue] };
  const { lock, event, semaphore, value, array, back, joinable, simple, end: inner } = map.get("all") as All;
  value.add(2);
  array[2] = 6;
  await inner.send("said");
  await semaphore.acquire();
  await simple.put(4 + await joinable.get());
  joinable.taskDone();
  await back.put(`${lock.locked()} ${one === two} ${one === back as Queue}`);
  await end.send({ queue: back, lock });
  event.set();
}

/** Adds 1 to a counter that it knows by name, under a lock that it knows by name. */
export async function countByName(method: StartMethod, times: number): Promise<void> {
  const mp = getContext(method);
  const counter = new mp.Value("i", 5, { name: "shareables/counter" });
  const lock = new mp.Lock({ name: "shareables/lock" });
  for (let i = 0; i < times; i++) await lock.with(() => void counter.value++);
  await new mp.Queue<number>({ name: "shareables/done" }).put(times);
}

/** Says of each large message how long it is, and whether its bytes are in their places; the third comes as bytes. */
export async function countLarge(queue: Queue<unknown>, end: Connection<unknown, [number, boolean]>): Promise<void> {
  for (let i = 0;; i++) {
    const item = i === 2 ? await end.recvBytes() : await queue.get();
    if (item === null) return;
    const bytes = item instanceof Uint8Array ? item : (item as { nested: [Uint8Array] }).nested[0];
    let whole = true;
    for (let at = 0; at < bytes.length; at += 4096) if (bytes[at] !== (at / 4096) % 251) whole = false;
    await end.send([bytes.length, whole]);
    if (i === 2 && await queue.get() === null) return;
  }
}

for (const target of [useAll, countByName, countLarge, takeJob]) task(import.meta, target);
