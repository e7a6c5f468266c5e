/** wait(): for the first of several objects to be ready. */

import { MisuseError } from "../errors/base.ts";
import { due, turn } from "../base/event_loop.ts";
import { limitOf, LONGEST_TIMER, type WaitOptions } from "../base/wait_options.ts";
import { type Waitable, waitable } from "../base/waitable.ts";
import { engineOf } from "../objects/face.ts";
import { SharedObject } from "../objects/object.ts";
import type { Event } from "../sync/event.ts";
import type { Connection } from "./connection_types.ts";
import type { Queue } from "./queue.ts";
import { AbortController, clearTimeout, now, queueMicrotask, setTimeout } from "../base/originals.ts";

/**
 * What wait() takes: connections, queues, events, processes (by their sentinel); promises count as ready once they are
 * settled.
 */
export type WaitObject =
  | Connection<unknown, never>
  | Queue<unknown>
  | Event
  | { readonly sentinel: Promise<number> }
  | PromiseLike<unknown>;

/** A promise, as something to wait for. */
function settling(promise: PromiseLike<unknown>): Waitable {
  let settled = false;
  const done = Promise.resolve(promise).then(() => void (settled = true), () => void (settled = true));
  return { isReady: () => settled, whenReady: () => done };
}

function waitableOf(object: unknown): Waitable {
  if (typeof object === "object" && object !== null) {
    const one = engineOf(object, SharedObject) ?? object;
    if (waitable in one) return (one as { [waitable](): Waitable })[waitable]();
    if (typeof (object as { then?: unknown }).then === "function") return settling(object as PromiseLike<unknown>);
  }
  throw new MisuseError("Cannot wait: an object is neither a connection, queue, event or process nor a promise");
}

/**
 * Those of `objects` that are ready, in input order, as soon as one is; [] when `timeout` milliseconds ran out. Nothing is
 * taken from them. CPython: `multiprocessing.connection.wait`.
 *
 * A connection is ready with a message or at end-of-file, a queue with an item or shut down, an event when it is set, a
 * process when it has ended, a promise when it is settled.
 * @throws {ClosedError} when one of them is closed
 *
 * @param options `timeout` in milliseconds; default: no limit
 * @throws {MisuseError} when one of them is something else, or a process that was not started
 *
 * @example
 * ```ts
 * import { Event, Queue, wait } from "@manyproc/multiprocessing";
 *
 * const queue = new Queue<number>(), stop = new Event();
 * await queue.put(1);
 * console.log((await wait([queue, stop], { timeout: 1000 }))[0] === queue); // true
 * ```
 */
export async function wait<T extends WaitObject>(objects: Iterable<T>, options?: WaitOptions): Promise<T[]> {
  const limit = limitOf(options), signal = options?.signal;
  signal?.throwIfAborted();
  const all = [...objects];
  const waits = all.map(waitableOf);
  const ready = () => all.filter((_, index) => waits[index]?.isReady());
  const end = now() + limit;
  // Promises that are settled already say so in a later microtask.
  await new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)));
  for (;;) {
    const found = ready();
    const left = end - now();
    if (found.length > 0 || left <= 0 || (all.length === 0 && limit === Infinity)) {
      if (due()) await turn();
      return found;
    }
    // What was ready may be taken by somebody else before we look.
    await first(waits, left, signal);
  }
}

/** Until one of them says that it is ready, or `limit` milliseconds ran out. */
async function first(waits: readonly Waitable[], limit: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted(); // it may have been since the last look: no event would say so
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      if (limit <= LONGEST_TIMER) timer = setTimeout(resolve, limit);
      signal?.addEventListener("abort", () => reject(signal.reason), { signal: stop.signal });
      for (const one of waits) one.whenReady(stop.signal).then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    stop.abort();
  }
}
