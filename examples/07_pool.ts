/** Program 7 of the tutorial: a pool of workers, and the ways to hand tasks to it. */

import { currentProcess, isMain, Pool } from "../mod.ts";

export function square(x: number): number {
  return x * x;
}

export function power(base: number, exponent: number): number {
  return base ** exponent;
}

export function whoAmI(): string {
  return currentProcess().name;
}

function show(how: string, result: unknown): void {
  console.log(how.padEnd(14), JSON.stringify(result));
}

if (isMain(import.meta)) {
  const numbers = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
  await using pool = new Pool(4);

  // One call, awaited or collected later.
  show("apply", await pool.apply(power, [2, 10]));
  const later = pool.applyAsync(power, [2, 20]);
  show("applyAsync", await later.get({ timeout: 10_000 }));

  // Many calls, results in the order of the inputs.
  show("map", await pool.map(square, numbers));
  show("mapAsync", await pool.mapAsync(square, numbers));
  show("starmap", await pool.starmap(power, [[2, 2], [3, 3], [4, 4]]));
  show("starmapAsync", await pool.starmapAsync(power, [[2, 2], [3, 3], [4, 4]]));

  // Results as they come: in the order of the inputs, or the quickest first.
  const inOrder: number[] = [];
  for await (const result of pool.imap(square, numbers)) inOrder.push(result);
  show("imap", inOrder);
  const asTheyCome: number[] = [];
  for await (const result of pool.imapUnordered(square, numbers)) asTheyCome.push(result);
  show("imapUnordered", asTheyCome.sort((a, b) => a - b));

  show("done by", [...new Set(await Promise.all(numbers.map(() => pool.apply(whoAmI))))].sort());
}
