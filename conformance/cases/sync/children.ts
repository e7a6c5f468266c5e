/** Starting children in the cases of synchronisation and shared state. */

import { assertEquals } from "../../assert.ts";
import type { Env } from "../../case.ts";
import type { Process, Target } from "../../../mod.ts";

/** Starts a process for each list of arguments. */
export async function startAll<A extends unknown[]>(
  { mp }: Env,
  target: Target<A>,
  lists: readonly NoInfer<A>[],
): Promise<Process[]> {
  const processes = lists.map((args) => new mp.Process({ target, args } as never));
  await Promise.all(processes.map((one) => one.start()));
  return processes;
}

/** Waits until all have ended well. */
export async function joinAll(processes: readonly Process[]): Promise<void> {
  assertEquals(await Promise.all(processes.map((one) => one.join())), processes.map(() => 0));
  for (const one of processes) one.close();
}

/** Runs a process for each list of arguments to its good end. */
export async function runAll<A extends unknown[]>(
  env: Env,
  target: Target<A>,
  lists: readonly NoInfer<A>[],
): Promise<void> {
  await joinAll(await startAll(env, target, lists));
}

/** `n` times the same. */
export function times<T>(n: number, one: T): T[] {
  return Array.from({ length: n }, () => one);
}
