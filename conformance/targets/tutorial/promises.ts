/** What children do for the tutorial's further promises. */

import { type Connection, type Queue, task, type Value } from "../../../mod.ts";

/** Counts up under the value's lock, one at a time: what `value++` alone would lose. */
export async function count(value: Value, times: number): Promise<void> {
  for (let i = 0; i < times; i++) await value.lock.with(() => value.value++);
}
task(import.meta, count);

/** Counts up without a lock, by an operation that is atomic by itself. */
export function add(value: Value, times: number): void {
  for (let i = 0; i < times; i++) value.add(1);
}
task(import.meta, add);

/** Answers each question, until the other side has no more. */
export async function answer(conn: Connection<number, string>): Promise<void> {
  for await (const question of conn) await conn.send(`${question} times two is ${question * 2}`);
  conn.close();
}
task(import.meta, answer);

/** Puts the numbers from `first` on. */
export async function produce(queue: Queue<number>, first: number, count: number): Promise<void> {
  for (let i = first; i < first + count; i++) await queue.put(i);
}
task(import.meta, produce);
