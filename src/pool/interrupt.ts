/**
 * Ctrl-C while a pool has work: the first drains it, the second kills it; then the process ends as it would have, unless it
 * handles the signal itself.
 */

import { runtime } from "../runtime/current.ts";

/** What an interrupted pool does. */
export interface Interruptible {
  /** Tasks without an outcome. */
  readonly outstanding: number;
  /** Refuses what no worker has begun; resolves when the rest is done. */
  drain(error: unknown): Promise<void>;
  kill(error: unknown): void;
}

/** Milliseconds that running tasks get to finish. */
const DEADLINE = 5000;

const pools = new Set<Interruptible>();
let stop: (() => void) | undefined;
let isDraining = false;

/** From now on, until the function returned is called, Ctrl-C drains that pool. */
export function drainOnInterrupt(pool: Interruptible): () => void {
  pools.add(pool);
  stop ??= runtime.onInterrupt(onInterrupt);
  return () => {
    pools.delete(pool);
    if (pools.size === 0) disarm();
  };
}

function disarm(): void {
  stop?.();
  stop = undefined;
}

function onInterrupt(): void {
  const error = new DOMException("The task was withdrawn: the program was interrupted", "AbortError");
  const busy = [...pools].filter(({ outstanding }) => outstanding > 0);
  if (busy.length === 0 && runtime.handlesInterrupt()) return;
  if (isDraining || busy.length === 0) {
    for (const pool of pools) pool.kill(error);
    return end();
  }
  isDraining = true;
  const timer = setTimeout(() => {
    for (const pool of pools) pool.kill(error);
    end();
  }, DEADLINE);
  void Promise.all(busy.map((pool) => pool.drain(error))).then(() => {
    clearTimeout(timer);
    // The program hears of its last outcomes first.
    setTimeout(() => {
      if (isDraining) end();
    });
  });
}

/** What the signal does when nobody handles it. A handler of the program's has had it already. */
function end(): void {
  isDraining = false;
  if (runtime.handlesInterrupt()) return;
  disarm();
  runtime.endByInterrupt();
}
