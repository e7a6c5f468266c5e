/** Tasks that go wrong in every way that a task can. */

import { process } from "../../host.ts";
import { exit, isMainProcess, registerCodec, task, type Value } from "../../../mod.ts";

/** How a task goes wrong; "" = not at all. */
export type How =
  | ""
  | "throw"
  | "process.exit"
  | "exit"
  | "exit later"
  | "kill"
  | "spin"
  | "compute"
  | "bad result"
  | "bad rebuilt"
  | "bad error"
  | "reject later"
  | "throw later";

/** An item: its number, how it goes wrong, and where to note when (Date.now()). */
export type Item = readonly [value: number, how: How, clock: Value];

/** Its instances can't be rebuilt in the root. */
export class Fragile {
  readonly text = "fragile";
}

export class FragileError extends Error {}

function decodeHere(): never {
  throw new TypeError("broken on arrival");
}
registerCodec(Fragile, {
  name: "conformance Fragile",
  encode: () => null,
  decode: () => isMainProcess() ? decodeHere() : new Fragile(),
});
registerCodec(FragileError, {
  name: "conformance FragileError",
  encode: ({ message }) => message,
  decode: (message: string) => isMainProcess() ? decodeHere() : new FragileError(message),
});

/** Squares the number, or goes wrong. */
export function work([value, how, clock]: Item): unknown {
  if (how === "") return value * value;
  clock.value = Date.now();
  switch (how) {
    case "throw":
      throw new RangeError("thrown by the task");
    case "process.exit":
      return process.exit(7);
    case "exit":
      return exit(8);
    case "exit later":
      return new Promise(() => setTimeout(() => process.exit(9), 10));
    case "kill":
      process.kill(process.pid, "SIGKILL");
      for (;;);
    case "spin":
      for (;;);
    case "compute":
      for (const end = Date.now() + 1500; Date.now() < end;);
      return value;
    case "bad result":
      return { deep: [() => {}] };
    case "bad rebuilt":
      return { deep: [new Fragile()] };
    case "bad error":
      throw new FragileError("the original");
    case "reject later":
      return new Promise(() => setTimeout(() => void Promise.reject(new TypeError("nobody caught this")), 10));
    case "throw later":
      return new Promise(() =>
        setTimeout(() => {
          throw new TypeError("nobody caught this");
        }, 10)
      );
  }
}
task(import.meta, work);

/** An initializer that fails. */
export function failToStart(runs: Value, how: "throw" | "reject" | "exit"): Promise<void> | void {
  runs.add(1);
  if (how === "exit") process.exit(4);
  if (how === "reject") return Promise.reject(new RangeError("not today"));
  throw new RangeError("not today");
}
task(import.meta, failToStart);

/** Counts that it ran, and takes its worker down the first few times. */
export function dieAtFirst(runs: Value, deaths: number): number {
  const before = runs.add(1);
  if (before < deaths) process.exit(1);
  return before;
}
task(import.meta, dieAtFirst);

/** Notes that item `i` ran; the bad one takes its worker down. */
export function dieOn([i, bad, runs]: readonly [number, number, Int32Array]): number {
  Atomics.add(runs, i, 1);
  if (i === bad) process.exit(1);
  return i;
}
task(import.meta, dieOn);
