/** A program that waits for a daemon as long as it says, and ends. */

import { isMain, wait } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";

export async function daemon(): Promise<void> {
  await sleep(60_000);
}

if (isMain(import.meta)) {
  const child = new mp.Process({ target: daemon, daemon: true });
  await child.start();
  const controller = new AbortController();
  setTimeout(() => controller.abort("enough"), 10);
  console.log((await wait([child], { timeout: 10 })).length, await child.join({ timeout: 10 }));
  console.log(await wait([child], { signal: controller.signal }).catch(String));
}
