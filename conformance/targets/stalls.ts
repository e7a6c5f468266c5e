/** Processes that are stopped while they use what others use. */

import type { Condition, Lock, Queue, Semaphore } from "../../mod.ts";
import { process } from "../host.ts";

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

/** Sends much back. */
export function swell(index: number): string {
  return String(index).padEnd(5000, "x");
}

/** The process that runs this. */
export function ownPid(): number {
  return process.pid;
}

/** Notifies until it is killed. */
export async function notifyForEver(lock: Lock, condition: Condition, busy: Queue<number>): Promise<void> {
  await busy.put(process.pid);
  for (;;) {
    await lock.acquire();
    for (let i = 0; i < 2000; i++) condition.notifyAll();
    lock.release();
  }
}
