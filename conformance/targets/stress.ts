/** What the children of the stress cases do. */

import type { Connection, Lock, Queue, SharedArray, Value } from "../../mod.ts";
import { getContext, getStartMethod } from "../../mod.ts";
import { below } from "../scale.ts";

/** Bytes of the text that item `i` carries: mostly few, now and then more than a frame of the ring holds. */
export function sizeOf(i: number): number {
  return i % 997 === 996 ? 70_000 + i % 5000 : i % 31 === 30 ? 3000 : i % 50;
}

/** The bytes that item `i` of producer `who` carries: both can be told from them. */
export function bytesOf(who: number, i: number): Uint8Array {
  return new Uint8Array(sizeOf(i)).fill((who * 31 + i) & 0xff);
}

/** Throws unless `bytes` are exactly `bytesOf(who, i)`. */
export function checkBytes(who: number, i: number, bytes: Uint8Array): void {
  const wanted = (who * 31 + i) & 0xff, size = sizeOf(i);
  if (bytes.length !== size) throw new Error(`Item ${who}/${i} has ${bytes.length} bytes, not ${size}`);
  const wrong = bytes.findIndex((byte) => byte !== wanted);
  if (wrong >= 0) throw new Error(`Byte ${wrong} of item ${who}/${i} is ${bytes[wrong]}, not ${wanted}`);
}

/** Counts in sections that would lose counts if two ran at once. */
export async function countInSections(lock: Lock, counter: SharedArray<"i">, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    await lock.with(() => {
      const before = counter[0] as number;
      for (let spin = 0; spin < i % 8; spin++) counter[1] = spin;
      counter[0] = before + 1;
    });
  }
}

/** The same, giving up now and then, by time and by abort; `counter[2]` counts how often it went in. */
export async function countImpatiently(lock: Lock, counter: SharedArray<"i">, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    const abort = new AbortController();
    let got: boolean;
    if (i % 3 === 0) {
      const timer = setTimeout(() => abort.abort("enough"), below(3));
      try {
        got = await lock.acquire({ signal: abort.signal });
      } catch (error) {
        if (error !== "enough") throw error;
        got = false;
      }
      clearTimeout(timer);
    } else got = await lock.acquire({ timeout: i % 3 === 1 ? below(3) : Math.random() });
    if (!got) continue;
    const before = counter[0] as number;
    if (i % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    counter[0] = before + 1;
    Atomics.add(counter, 2, 1);
    lock.release();
  }
}

export async function produce(
  queue: Queue<[number, number, Uint8Array] | null>,
  who: number,
  n: number,
): Promise<void> {
  for (let i = 0; i < n; i++) await queue.put([who, i, bytesOf(who, i)]);
}

/** Takes until a null comes; checks that each producer's items come in order; reports how many of each it had. */
export async function consume(
  queue: Queue<[number, number, Uint8Array] | null>,
  producers: number,
  seen: SharedArray<"B">,
  results: Queue<string>,
): Promise<void> {
  const last: number[] = new Array(producers).fill(-1);
  const each = seen.length / producers;
  try {
    for (;;) {
      const item = await queue.get();
      if (item === null) return await results.put("ok");
      const [who, i, bytes] = item;
      checkBytes(who, i, bytes);
      if (i <= (last[who] as number)) throw new Error(`Item ${who}/${i} came after ${who}/${last[who]}`);
      last[who] = i;
      Atomics.add(seen, who * each + i, 1);
    }
  } catch (error) {
    await results.put(String(error));
  }
}

export async function sendMany(end: Connection<never, [number, number, Uint8Array]>, who: number, n: number) {
  for (let i = 0; i < n; i++) await end.send([who, i, bytesOf(who, i)]);
}

export async function echo(end: Connection<unknown>): Promise<void> {
  for await (const message of end) await end.send(message);
}

export function addOnes(value: Value<number>, n: number): void {
  for (let i = 0; i < n; i++) value.add(1);
}

/** Adds one to each element, in sections and, in another array, atomically. */
export async function addToAll(guarded: SharedArray<"d">, atomic: SharedArray<"L">, n: number): Promise<void> {
  for (let i = 0; i < n; i++) {
    await guarded.lock.with(() => {
      for (let at = 0; at < guarded.length; at++) guarded[at] = (guarded[at] as number) + 1;
    });
    for (let at = 0; at < atomic.length; at++) Atomics.add(atomic as unknown as Uint32Array, at, 1);
  }
}

/** Joins names that all siblings join at the same time, puts its number into each queue; what holds one is never another. */
export async function joinNames(prefix: string, who: number, names: number, started: Value<number>, all: number) {
  const mp = getContext(getStartMethod());
  started.add(1);
  while (started.value < all) await new Promise((resolve) => setTimeout(resolve, 1));
  for (let i = 0; i < names; i++) {
    const queue = new mp.Queue<number>({ name: `${prefix}-queue-${i}` });
    const value = new mp.Value("i", 0, { name: `${prefix}-value-${i}` });
    value.add(1);
    await queue.put(who);
  }
}

/** Makes objects and closes them. */
export async function churn(n: number): Promise<void> {
  const mp = getContext(getStartMethod());
  for (let i = 0; i < n; i++) {
    const queue = new mp.Queue<unknown>(), lock = new mp.Lock(), [a, b] = mp.Pipe();
    const named = new mp.Queue<unknown>({ name: `churn-${i % 7}` });
    await queue.put([i, lock, "x".repeat(i % 61 === 0 ? 100_000 : 100)]);
    await a.send([queue]);
    if (i % 2 === 0) await b.recv();
    await named.put(i);
    for (const one of [a, queue, named, lock, b]) one.close();
  }
}

/**
 * Store-buffer litmus: of two that each write their own word and then read the other's, at least one must see the other.
 * `words`: 2 × n of the writes, then 2 × n of what was read, then how far each is.
 */
export function storeThenLoad(words: SharedArray<"i">, me: number, n: number): void {
  const mine = me * n, theirs = (1 - me) * n, seen = (2 + me) * n, progress = 4 * n;
  for (let i = 0; i < n; i++) {
    if (i % 16 === 0) {
      Atomics.store(words, progress + me, i + 1);
      for (let spin = 0; Atomics.load(words, progress + 1 - me) <= i; spin++) {
        if (spin % 1000 === 999) Atomics.wait(bed, 0, 0, 0.1);
      }
    }
    Atomics.store(words, mine + i, 1);
    Atomics.store(words, seen + i, Atomics.load(words, theirs + i) + 1);
  }
}
const bed = new Int32Array(new SharedArrayBuffer(4));
