/** How much the stress cases do: `MP_SCALE=20` for a long run, 1 for the suite. */

import process from "node:process";
import type { Context, SharedArray, TypeCode } from "../mod.ts";

/** Times as much work as in the suite. */
export const scale: number = Number(process.env["MP_SCALE"] ?? 1);

/** `n`, scaled. */
export function many(n: number): number {
  return Math.max(1, Math.round(n * scale));
}

/** Milliseconds, scaled up (a time limit never gets shorter). */
export function limit(milliseconds: number): number {
  return milliseconds * Math.max(1, scale);
}

/** A number below `end`. */
export function below(end: number): number {
  return Math.floor(Math.random() * end);
}

/** `promise`, or an error that says what hung. */
export function within<T>(promise: Promise<T>, milliseconds: number, what: string): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing came for ${milliseconds} ms`)), milliseconds);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const arrays = new Map<string, SharedArray>();

/** A zeroed array without a lock. One for each shape, for the process's life: an array has no handle to close. */
export function scratchArray<C extends TypeCode>(mp: Context, code: C, length: number, name = ""): SharedArray<C> {
  const key = `${mp.startMethod} ${code} ${length} ${name}`;
  let array = arrays.get(key);
  if (array === undefined) arrays.set(key, array = new mp.SharedArray(code, length, { lock: false }) as SharedArray);
  (array as SharedArray<"B">).fill(0);
  return array as SharedArray<C>;
}
