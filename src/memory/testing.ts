/** What tests of shared memory need: small memories, and agents that are killed between any two of their steps. */

import { Arena } from "./arena.ts";
import { WorkerBacking } from "./backing.ts";

/** Memory for workers of at most `most` bytes: tests make hundreds, and each reserves its address space. */
export function smallMemory(most = 32 * 1024 * 1024): { memory: SharedArrayBuffer; arena: Arena } {
  const memory = new SharedArrayBuffer(0, { maxByteLength: most });
  const arena = new Arena(new WorkerBacking(memory), true);
  return { memory, arena };
}

class Killed extends Error {}

const operations = ["load", "store", "add", "sub", "and", "or", "exchange", "compareExchange"] as const;

/**
 * Runs `victim` as an agent that is killed before its atomic operation number `step` (from 0): neither that nor a later one
 * happens, also not those that it would do on its way out. Plain writes before it have happened. False when the victim came to
 * its end first.
 */
export function killedAt(step: number, victim: () => void): boolean {
  let done = 0;
  const originals = operations.map((name) => [name, Atomics[name]] as const);
  for (const [name, original] of originals) {
    Object.assign(Atomics, {
      [name]: (...args: unknown[]) => {
        if (done >= step) throw new Killed();
        done++;
        return Reflect.apply(original, Atomics, args);
      },
    });
  }
  try {
    victim();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  } finally {
    for (const [name, original] of originals) Object.assign(Atomics, { [name]: original });
  }
}

/** Calls `attempt` with every step at which a victim can be killed; `attempt` returns what `killedAt` did. */
export function atEachStep(attempt: (step: number) => boolean): number {
  for (let step = 0;; step++) if (!attempt(step)) return step;
}
