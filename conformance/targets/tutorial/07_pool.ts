/** Tasks for the tutorial's pool. */

import { task } from "../../../mod.ts";

export function square(x: number): number {
  return x * x;
}
task(import.meta, square);

export async function power(base: number, exponent: number): Promise<number> {
  await Promise.resolve();
  return base ** exponent;
}
task(import.meta, power);
