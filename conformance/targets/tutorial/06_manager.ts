/** What the ten processes of the tutorial's sixth program do: each adds to a dict and prints it. */

import { type DictProxy, type Lock, type Queue, task } from "../../../mod.ts";
import { sleep } from "../../host.ts";

/** What a process saw: before it wrote, right after, and when it had its turn to print. */
export interface Seen {
  readonly name: number;
  readonly before: ReadonlyMap<number, number>;
  readonly after: ReadonlyMap<number, number>;
  readonly printed: ReadonlyMap<number, number>;
}

export async function f(d: DictProxy<number, number>, name: number, prints: Queue<Seen>, turn: Lock): Promise<void> {
  await sleep(50);
  const before = await d.copy();
  await d.set(name, name * name);
  const after = await d.copy();
  // In turn, so that the order in the queue is the order in which they were seen.
  await turn.with(async () => await prints.put({ name, before, after, printed: await d.copy() }));
}
task(import.meta, f);
