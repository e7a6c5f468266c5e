/** What the children of the memory cases do. */

import type { Queue, SharedArray } from "../../mod.ts";
import { getContext, getStartMethod } from "../../mod.ts";
import { below } from "../scale.ts";

/** Bytes of a message: in slabs of several classes, and in runs of one to twelve granules. */
function someSize(): number {
  return 1 + below([100, 3000, 30_000, 120_000, 250_000, 1_000_000, 3_000_000][below(7)] as number);
}

/** All bytes of a message are its length's last byte. */
function isWhole(bytes: Uint8Array): boolean {
  const wanted = bytes.length & 0xff;
  return bytes[0] === wanted && bytes.every((byte) => byte === wanted);
}

/**
 * Puts messages of all sizes into a queue that others use as well, takes some that anybody has put, and makes objects that it
 * closes. `trouble[0]` counts what is not as it was put.
 */
export async function exchangeSizes(
  queue: Queue<Uint8Array>,
  trouble: SharedArray<"i">,
  n: number,
): Promise<void> {
  const mp = getContext(getStartMethod());
  for (let i = 0; i < n; i++) {
    const size = someSize(), own = new mp.Queue<Uint8Array>();
    for (let j = 0; j < 3; j++) own.putNowait(new Uint8Array(size + j).fill(size + j));
    await queue.put(new Uint8Array(size).fill(size), { timeout: 5 }).catch(() => {});
    for (let j = 0; j < 2; j++) if (!isWhole(own.getNowait())) Atomics.add(trouble, 0, 1);
    own.close();
    const taken = await queue.get({ timeout: 5 }).catch(() => undefined);
    if (taken !== undefined && !isWhole(taken)) Atomics.add(trouble, 0, 1);
  }
}

export async function exchangeSizesForEver(queue: Queue<Uint8Array>, trouble: SharedArray<"i">): Promise<void> {
  for (;;) await exchangeSizes(queue, trouble, 100);
}
