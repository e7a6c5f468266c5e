/** What children do with shared state. */

import type { Queue, ShareableList, SharedArray, SharedMemory, Value } from "../../../mod.ts";
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
