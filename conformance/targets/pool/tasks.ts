/** Tasks for the cases of the pool that go well, or fail as functions do. */

import { currentProcess, type Event, getContext, getStartMethod, type Queue, task, type Value } from "../../../mod.ts";

export function square(x: number): number {
  return x * x;
}
task(import.meta, square);

export async function slowSquare(x: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return x * x;
}
task(import.meta, slowSquare);

export function add(a: number, b: number): number {
  return a + b;
}
task(import.meta, add);

export const double: (x: number) => number = task(import.meta, (x: number) => 2 * x);

export default function negate(x: number): number {
  return -x;
}

/** Found by its name alone. */
export function triple(x: number): number {
  return 3 * x;
}

export function echo<T>(value: T): T {
  return value;
}
task(import.meta, echo);

export function countArguments(...args: unknown[]): number {
  return args.length;
}
task(import.meta, countArguments);

export function* generate(): Generator<number> {
  yield 1;
}

/** Who runs the task. */
export function who(_item?: unknown): string {
  return currentProcess().ident;
}
task(import.meta, who);

/** Whether the worker is a daemon, and its name. */
export function whatAmI(): [boolean, string] {
  return [currentProcess().daemon, currentProcess().name];
}
task(import.meta, whatAmI);

/** Fails on multiples of `n` (the item's second part). */
export function failOn([x, n]: readonly [number, number]): number {
  if (x % n === 0) throw Object.assign(new RangeError(`no ${x}`), { code: "ERR_NO", x });
  return x;
}
task(import.meta, failOn);

/** Fails on 0; else counts that it ran, and takes so many milliseconds, asleep or not. */
export function slowOrBad(
  [milliseconds, how, runs]: readonly [number, "await" | "compute", Value],
): Promise<number> | number {
  if (milliseconds === 0) throw new RangeError("bad");
  runs.add(1);
  if (how === "compute") return compute(milliseconds);
  return new Promise((resolve) => setTimeout(() => resolve(milliseconds), milliseconds));
}
task(import.meta, slowOrBad);

/** A function for `bad`, which can't travel; else the number. */
export function functionFor([x, bad]: readonly [number, number]): unknown {
  return x === bad ? () => {} : x;
}
task(import.meta, functionFor);

/** Throws something that isn't an error. */
export function throwText(text: string): never {
  throw text;
}
task(import.meta, throwText);

/** Notes that it runs, then waits for the gate. */
export async function waitFor(gate: Event, begun?: Value): Promise<number> {
  begun?.add(1);
  await gate.wait();
  return 1;
}
task(import.meta, waitFor);

/** Notes that it runs, then computes until the gate is open. */
export function computeUntil(gate: Event, begun: Value): number {
  begun.add(1);
  while (!gate.isSet());
  return 1;
}
task(import.meta, computeUntil);

/** Counts how often it ran. */
export function count(runs: Value): number {
  return runs.add(1);
}
task(import.meta, count);

/** As an item of a map: opens the gate after the last, waits for it at the first. */
export async function waitIfFirst([i, last, gate]: readonly [number, number, Event]): Promise<number> {
  if (i === 0) await gate.wait();
  if (i === last) gate.set();
  return i;
}
task(import.meta, waitIfFirst);

let setUpWith: unknown[] = [];
let tasksSeen = 0;

export function setUp(...args: unknown[]): void {
  setUpWith = [...setUpWith, ...args];
}
task(import.meta, setUp);

export async function setUpLater(runs: Value): Promise<void> {
  await Promise.resolve();
  runs.add(1);
  setUpWith = ["later"];
}
task(import.meta, setUpLater);

/** What the initializer left. */
export function whatWasSetUp(_item?: unknown): unknown[] {
  return setUpWith;
}
task(import.meta, whatWasSetUp);

/** Its worker, and how many tasks that has seen. */
export function countHere(_item?: unknown): [string, number] {
  return [currentProcess().ident, ++tasksSeen];
}
task(import.meta, countHere);

const kept: Uint8Array[] = [];

/** Grows by so many bytes for good, and tells the pid. */
export function grow(bytes: number): number {
  kept.push(new Uint8Array(bytes).fill(1));
  return currentProcess().pid;
}
task(import.meta, grow);

/** Sends what a pool of its own makes of the numbers. */
export async function usePool(numbers: number[]): Promise<number[]> {
  const pool = new (getContext(getStartMethod()).Pool)(2);
  try {
    return await pool.map(square, numbers);
  } finally {
    await pool[Symbol.asyncDispose]();
  }
}
task(import.meta, usePool);

export async function put(queue: Queue<unknown>, value: unknown): Promise<void> {
  await queue.put(value);
}
task(import.meta, put);

/** Works for so many milliseconds without a pause. */
export function compute(milliseconds: number): number {
  const end = Date.now() + milliseconds;
  while (Date.now() < end);
  return milliseconds;
}
task(import.meta, compute);

/** Never ends, yet waits for nothing. */
export function never(_item?: unknown): Promise<never> {
  return new Promise(() => {});
}
task(import.meta, never);

/** 0 waits, in one way or the other, until the last has been done. */
export function awaitLast([i, last, isLastDone, how]: readonly [number, number, Event, "await" | "compute"]): unknown {
  if (i === last) isLastDone.set();
  if (i !== 0) return i;
  if (how === "await") return isLastDone.wait().then(() => i);
  while (!isLastDone.isSet());
  return i;
}
task(import.meta, awaitLast);

/** Computes until the pool has seen what came of all tasks that were done before, or for 10 s; whether it has. */
export function computeUntilSeen(seen: Value<number>, done: Value<number>): boolean {
  const count = done.value;
  for (const end = performance.now() + 10_000; seen.value < count;) if (performance.now() > end) return false;
  return true;
}
task(import.meta, computeUntilSeen);

export function computed(milliseconds: number, done: Value<number>): void {
  compute(milliseconds);
  done.add(1);
}
task(import.meta, computed);
