/**
 * Ctrl-C while a pool has work: the first drains it, the second kills it; then the process ends as it would have, unless it
 * handles the signal itself.
 */

import { runtime } from "../runtime/current.ts";
import { clearTimeout, setImmediate, setTimeout } from "../base/originals.ts";

/** What an interrupted pool does. */
export interface Interruptible {
  /** Tasks without an outcome. */
  readonly outstanding: number;
  /** Refuses what no worker has begun; resolves when the rest is done. */
  drain(error: unknown): Promise<void>;
  kill(error: unknown): void;
}

/** What the first Ctrl-C has begun. */
interface Drain {
  /** Those that are killed if it takes too long. Where the process goes on, others are none of its business. */
  readonly pools: Iterable<Interruptible>;
  /** Whether the program handled the signal that began it: what it listened for once it doesn't any more. */
  readonly isHandled: boolean;
  readonly deadline: ReturnType<typeof setTimeout>;
}

/** Milliseconds that running tasks get to finish. */
const DEADLINE_MS = 5000;

const pools = new Set<Interruptible>();
let stop: (() => void) | undefined;
let draining: Drain | undefined;

/** From now on, until the function returned is called, Ctrl-C drains that pool. */
export function drainOnInterrupt(pool: Interruptible): () => void {
  pools.add(pool);
  arm();
  return () => {
    pools.delete(pool);
    if (pools.size === 0) disarm();
  };
}

function arm(): void {
  if (pools.size > 0) stop ??= runtime.onInterrupt(onInterrupt);
}

function disarm(): void {
  stop?.();
  stop = undefined;
}

/** Leaves this signal to the program's listeners. Some act only where nobody else listens, to end the process. */
function stepAside(): void {
  disarm();
  setImmediate(arm);
}

function onInterrupt(): void {
  const error = new DOMException("The task was withdrawn: the program was interrupted", "AbortError");
  const isHandled = runtime.handlesInterrupt(), busy = [...pools].filter(({ outstanding }) => outstanding > 0);
  if (draining !== undefined) kill(draining, error);
  else if (busy.length > 0) drain(busy, isHandled, error);
  else if (!isHandled) kill({ pools, isHandled }, error);
  if (isHandled && draining === undefined) stepAside();
}

function drain(busy: readonly Interruptible[], isHandled: boolean, error: unknown): void {
  const deadline = setTimeout(() => kill(mine, error), DEADLINE_MS);
  const mine: Drain = draining = { pools: isHandled ? busy : pools, isHandled, deadline };
  void Promise.all(busy.map((pool) => pool.drain(error))).then(() => {
    // The program hears of its last outcomes first.
    setTimeout(() => {
      if (draining === mine) end(mine);
    });
  });
}

function kill(those: Pick<Drain, "pools" | "isHandled">, error: unknown): void {
  for (const pool of [...those.pools]) pool.kill(error);
  end(those);
}

/** The process ends as it would have. */
function end({ isHandled }: Pick<Drain, "isHandled">): void {
  clearTimeout(draining?.deadline);
  draining = undefined;
  if (isHandled) return;
  disarm();
  runtime.endByInterrupt();
}
