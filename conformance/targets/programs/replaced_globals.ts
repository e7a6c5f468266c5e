/**
 * A program that puts something else in place of the runtime's globals, as test runners do: clocks and timers that stand
 * still, and mocks that always say the same.
 */

import { Empty, isMain, TimeoutError } from "../../../mod.ts";
import { mp } from "../context.ts";

export function square(x: number): number {
  return x * x;
}

export async function never(): Promise<void> {
  await new Promise(() => setInterval(() => {}, 1000));
}

function freeze(): void {
  const nothing = () => 0;
  for (const name of ["setTimeout", "setInterval", "setImmediate", "clearTimeout", "clearInterval", "queueMicrotask"]) {
    Object.defineProperty(globalThis, name, { value: nothing, configurable: true, writable: true });
  }
  for (const clock of [performance, Date]) Object.defineProperty(clock, "now", { value: nothing, configurable: true });
}

function mock(): void {
  for (
    const [name, value] of [["randomUUID", () => "always the same"], ["getRandomValues", (bytes: unknown) => bytes]]
  ) {
    Object.defineProperty(crypto, name as string, { value, configurable: true });
  }
  Object.assign(JSON, { stringify: () => "{}", parse: () => ({}) });
  class Mocked {}
  for (const name of ["TextEncoder", "TextDecoder", "AbortController", "structuredClone"]) {
    Object.defineProperty(globalThis, name, { value: Mocked, configurable: true, writable: true });
  }
}

async function main(): Promise<void> {
  const said: unknown[] = [];
  const errorOf = (promise: Promise<unknown>) => promise.then(() => "none", (error: unknown) => error);
  const queue = new mp.Queue<number>(), event = new mp.Event(), pool = new mp.Pool(1);
  const { stringify } = JSON;
  freeze();
  mock();
  said.push(await errorOf(queue.get({ timeout: 50 })) instanceof Empty);
  said.push(await event.wait({ timeout: 50 }), await mp.wait([queue], { timeout: 50 }));
  for (let i = 0; i < 2000; i++) await queue.put(i); // past what may be ready in a row
  said.push(queue.qsize());
  said.push(await pool.map(square, [1, 2, 3], { chunksize: 1 }));
  said.push(await errorOf(pool.apply(never, [], { taskTimeout: 100 })) instanceof TimeoutError);
  pool.close();
  await pool.join();
  const child = new mp.Process({ target: never });
  await child.start();
  said.push(await child.join({ timeout: 50 }));
  child.terminate();
  said.push(await child.join());
  const [one, two] = [1, 2].map(() => new mp.SharedMemory({ create: true, size: 8 }));
  said.push(one?.name === two?.name);
  const manager = await mp.Manager(), dict = await manager.dict<string, number>();
  await dict.set("a", 1);
  said.push(await dict.get("a"));
  await manager.shutdown();
  console.log(stringify(said));
}

if (isMain(import.meta)) await main();
