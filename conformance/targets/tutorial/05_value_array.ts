/** What the ten processes of the tutorial's fifth program do: all write to the same number and array. */

import { task, type Value } from "../../../mod.ts";
import { sleep } from "../../host.ts";

export async function f(n: Value, a: Int32Array, name: number): Promise<void> {
  await sleep(50);
  n.value = name * name;
  for (let i = 0; i < a.length; i++) a[i] = -i;
}
task(import.meta, f);
