/** Processes that are stopped while they use what others use. */

import type { Condition, Connection, Event, Lock, Queue, Semaphore } from "../../mod.ts";
import { process } from "../host.ts";
import { mp } from "./context.ts";

/** Puts, gets, acquires and releases until it is killed: wherever it is stopped, it is likely in the middle of something. */
export async function useForEver(queue: Queue<unknown>, semaphore: Semaphore, busy: Queue<number>): Promise<void> {
  await busy.put(process.pid);
  const large = "x".repeat(70_000);
  for (let i = 0;; i++) {
    queue.putNowait(i % 8 === 0 ? large : i);
    queue.getNowait();
    semaphore.acquireNowait();
    semaphore.release();
    if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

/** Lets this thread alone sleep. */
function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

/** Does something, and stands still, for so long or until it may go on, as soon as it has begun a section; says so before. */
export function standStill(inside: Event, until: number | Event, act: () => void): void {
  inNextSection(() => {
    inside.set();
    if (typeof until === "number") sleepSync(until);
    else while (!until.isSet()) sleepSync(2);
  });
  act();
}

/** Does something in the middle of the next section that this process or worker begins. */
export function inNextSection(act: () => void): void {
  const original = Atomics.compareExchange;
  const take = (words: Int32Array, at: number, expected: number, replacement: number): number => {
    const found = original(words, at, expected, replacement);
    // A lock that was free is taken: by no number but a process's own.
    if (expected === 0 && found === 0 && replacement !== 0) {
      Object.assign(Atomics, { compareExchange: original });
      act();
    }
    return found;
  };
  Object.assign(Atomics, { compareExchange: take });
}

/** Stands still in the middle of taking memory, each time that it is told to. */
export async function stopInMemory(inside: Event, orders: Queue<number>, own: Queue<string>): Promise<void> {
  for (;;) {
    const milliseconds = await orders.get();
    if (milliseconds === 0) return;
    try {
      standStill(inside, milliseconds, () => own.putNowait("x".repeat(70_000)));
      own.getNowait();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error; // the memory is full
    }
  }
}

/** Stands still in the middle of using what it is told to, each time. */
export async function stopUsing(
  inside: Event,
  goOn: Event,
  orders: Queue<"queue" | "pipe" | "semaphore" | "end">,
  queue: Queue<string>,
  pipe: Connection<string>,
  semaphore: Semaphore,
): Promise<void> {
  for (;;) {
    const what = await orders.get();
    if (what === "end") return;
    standStill(inside, goOn, () => {
      if (what === "queue") queue.putNowait("theirs");
      else if (what === "pipe") void pipe.send("theirs");
      else semaphore.release();
    });
  }
}

/** Stands still in the middle of starting a child. */
export async function stopStarting(inside: Event, goOn: Event): Promise<void> {
  const child = new mp.Process({ target: nothing });
  standStill(inside, goOn, () => void child.start());
  if (await child.join() !== 0) throw new Error("the child's end");
}

/** Stands still in the middle of notifying, each time that it is told to. */
export async function stopNotifying(
  inside: Event,
  orders: Queue<number>,
  condition: Condition,
  lock: Lock,
): Promise<void> {
  for (;;) {
    const milliseconds = await orders.get();
    if (milliseconds === 0) return;
    await lock.acquire();
    setTimeout(() => lock.release(), 0);
    standStill(inside, milliseconds, () => condition.notify());
  }
}

/** So many characters. */
export function inflate(text: string): string {
  return text + text;
}

/** An initializer that fails when it is told to, and has much to say about it. */
export async function failLargely(here: Event, go: Event): Promise<never> {
  here.set();
  await go.wait();
  throw new Error("w".repeat(70_000));
}

/** Nothing. */
export function nothing(): void {}
