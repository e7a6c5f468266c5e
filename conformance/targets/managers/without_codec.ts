/** What a process does with values of a manager for which it has no codec. */

import { type DictProxy, task } from "../../../mod.ts";

/** The value of "a" needs a codec that this process lacks. */
export async function fromOthers(dict: DictProxy<unknown, unknown>): Promise<void> {
  const error: unknown = await dict.get("a").catch((reason: unknown) => reason);
  await dict.set("told", (error as Error).message);
  if (!await dict.has("a") || !await dict.delete("a")) throw new Error("It can't be removed");
}
task(import.meta, fromOthers);
