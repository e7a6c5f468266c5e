/** What children on several runtimes do together. */

import {
  type Connection,
  currentProcess,
  exit,
  type Lock,
  parentProcess,
  Process,
  type Queue,
  setExecutable,
  type SharedArray,
  task,
  type Value,
} from "../../../mod.ts";
import { runtimeName } from "../../program.ts";
import { differenceElsewhere } from "../../same.ts";
import { travelling } from "../../travelling.ts";

/** What both sides use. */
export interface Shared {
  readonly to: Queue<unknown>;
  readonly back: Queue<unknown>;
  readonly end: Connection;
  readonly lock: Lock;
  readonly value: Value;
  readonly array: SharedArray<"d">;
}

/** Says what it is, echoes through queue and pipe, and counts under the lock, at the same time as its parent. */
export async function exchange({ to, back, end, lock, value, array }: Shared, times: number): Promise<void> {
  await back.put([runtimeName, currentProcess().ppid, parentProcess()?.name]);
  for (let i = 0; i < times; i++) await lock.with(() => void value.value++);
  for (let i = 0; i < array.length; i++) array[i] = (array[i] ?? 0) * 2;
  for await (const item of to) await back.put(item);
  for await (const message of end) await end.send(message);
}

/** Puts `[who, 0]` … `[who, each - 1]` with a text that tells its length. */
export async function produce(queue: Queue<[number, number, string]>, who: number, each: number): Promise<void> {
  for (let i = 0; i < each; i++) await queue.put([who, i, "x".repeat(i % 97)]);
}

/** Takes until the shutdown; `seen` counts each item. Puts what was wrong, or "ok", and its runtime. */
export async function consume(
  queue: Queue<[number, number, string]>,
  each: number,
  seen: SharedArray<"B">,
  reports: Queue<[string, string]>,
): Promise<void> {
  const next = new Map<number, number>();
  let trouble = "ok";
  for await (const [who, i, text] of queue) {
    if (i < (next.get(who) ?? 0)) trouble = `${who} ${i} came late`;
    if (text.length !== i % 97) trouble = `${who} ${i} is not whole`;
    next.set(who, i + 1);
    Atomics.add(seen, who * each + i, 1);
  }
  await reports.put([runtimeName, trouble]);
}

/** Says its runtime, and starts the next of `chain` (paths of executables) as its child; waits for it. */
export async function descend(told: Queue<string>, chain: readonly string[]): Promise<void> {
  await told.put(`${runtimeName} ${currentProcess().name}`);
  const [next, ...rest] = chain;
  if (next === undefined) return;
  setExecutable(next);
  const child = new Process({ target: descend, args: [told, rest] });
  await child.start();
  exit(await child.join() ?? 1);
}

/** Compares each value with what this runtime makes of its name, and sends back how they differ, and the value. */
export async function compareValues(
  to: Queue<[what: string, value: unknown]>,
  back: Queue<[difference: string | undefined, value: unknown]>,
): Promise<void> {
  for await (const [what, value] of to) await back.put([differenceElsewhere(travelling[what]?.(), value), value]);
}

for (const target of [exchange, produce, consume, descend, compareValues]) task(import.meta, target);
