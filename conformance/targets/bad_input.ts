/** Targets for cases about what goes wrong. */

import { type Queue, task } from "../../mod.ts";

/** Sends back what comes, until the queue is shut down. */
export async function echo(from: Queue, to: Queue): Promise<void> {
  for await (const value of from) await to.put(value);
}
task(import.meta, echo);

export function nothing(..._args: unknown[]): void {}
task(import.meta, nothing);

export const notAFunction = 42;

export function exported(): string {
  return "exported";
}
