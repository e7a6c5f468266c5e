/** What children do with shared state. */

import type { Event, Queue, Semaphore, ShareableList, SharedArray, SharedMemory, Value } from "../../../mod.ts";
import { getContext, getStartMethod } from "../../../mod.ts";

/** One of each kind. */
export interface State {
  readonly value: Value<number>;
  readonly big: Value<bigint>;
  readonly array: SharedArray<"d">;
  readonly memory: SharedMemory;
  readonly list: ShareableList<unknown>;
}

/** Reads all, by what came and by name, changes all, and puts what it read. */
export async function useState({ value, big, array, memory, list }: State, results: Queue<string>): Promise<void> {
  const mp = getContext(getStartMethod());
  const attached = new mp.SharedMemory({ name: memory.name }), same = new mp.ShareableList({ name: list.shm.name });
  const found = [value.value, big.value, [...array].join("+"), attached.bytes[0], memory.size, [...same].join("+")];
  await value.lock.with(() => value.value *= 2);
  big.add(1n);
  await array.lock.with(() => array.reverse());
  attached.bytes[1] = 9;
  same.set(1, "zwei");
  attached.close();
  same.close();
  memory.unlink();
  await results.put(found.join(" "));
}

/** Reads a number until it isn't 0, or as often as is said; whether it has changed. Nothing else happens in the loop. */
function spin(number: Value<number>, reads: number): boolean {
  for (let count = 0; count < reads; count++) if (number.value !== 0) return true;
  return false;
}

/** Spins on one number until it changes, then on the other; says when each loop has been compiled. */
export function spinUntilBothChange(integer: Value<number>, float: Value<number>, spinning: Semaphore): void {
  for (const number of [integer, float]) {
    if (spin(number, 20_000_000)) throw new Error("The number changed before it was asked to");
    spinning.release();
    if (!spin(number, 2_000_000_000)) throw new Error("The change was never seen");
  }
}

/** Says that it has the block, and closes it when told to. */
export async function closeMemory(block: SharedMemory, seen: Event, go: Event): Promise<void> {
  block.bytes[0] = block.bytes[0] as number;
  seen.set();
  await go.wait();
  block.close();
}
