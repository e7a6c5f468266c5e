/** Uses of a manager's objects as plain data, done here or in a child. */

import { type Queue, task } from "../../../mod.ts";

/** A method, its arguments, and what comes of it: `{ throws: name }` is an error. */
export type Step = readonly [method: string, args: readonly unknown[], result?: unknown];

/** In place of a method: what an iteration yields. */
export const ITERATE = "[iterate]";

/** What comes of each step. */
export async function results(object: unknown, steps: readonly Step[]): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [method, args] of steps) {
    try {
      if (method === ITERATE) {
        const items: unknown[] = [];
        for await (const item of object as AsyncIterable<unknown>) items.push(item);
        all.push(items);
      } else all.push(await (object as Record<string, (...args: readonly unknown[]) => unknown>)[method]?.(...args));
    } catch (error) {
      all.push({ throws: (error as Error).constructor.name }); // Full and Empty have the name of TimeoutError
    }
  }
  return all;
}

/** Does the steps of each object, and puts what comes of them. */
export async function reportAll(
  rows: readonly (readonly [object: unknown, steps: readonly Step[]])[],
  reports: Queue<unknown[]>,
): Promise<void> {
  for (const [object, steps] of rows) await reports.put(await results(object, steps));
}
task(import.meta, reportAll);
