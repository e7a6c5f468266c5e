/** The tutorial's second program: a queue at the top of the module, which children reach by its name. */

import { task } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";

export const q = new mp.Queue<[string]>({ name: "tutorial/q" });

export async function f(name: number): Promise<void> {
  await sleep(50);
  await q.put([`hello${name}`]);
}
task(import.meta, f);
