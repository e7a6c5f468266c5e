/** What processes do with a manager's dicts. */

import { type DictProxy, type Event, type Queue, task } from "../../../mod.ts";
import { Vector } from "../pool/vectors.ts";

/** Stores what the server has no codec for. */
export async function storeVector(dict: DictProxy<unknown, unknown>): Promise<void> {
  await dict.set("a", new Vector(1, 2));
  if (!(await dict.get("a") instanceof Vector)) throw new Error("It didn't come back");
}
task(import.meta, storeVector);

/** Has a proxy until it is killed. */
export async function keepDict(dict: DictProxy<string, unknown>, has: Event): Promise<void> {
  if (await dict.get("kept") !== 1) throw new Error("The dict isn't as it was");
  has.set();
  await new Promise(() => setInterval(() => dict, 1000));
}
task(import.meta, keepDict);

/** Uses what comes, and closes it. */
export async function useSent(dicts: Queue<DictProxy<string, number>>): Promise<void> {
  for await (const dict of dicts) {
    await dict.increment("kept");
    dict.close();
  }
}
task(import.meta, useSent);
