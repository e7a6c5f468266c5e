/** A program that leaves a daemon behind whose output it could read. */

import { isMain } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";

export async function daemon(): Promise<void> {
  console.log("nobody reads this");
  await sleep(60_000);
}

if (isMain(import.meta)) {
  await new mp.Process({ target: daemon, daemon: true, stdout: "pipe", stderr: "pipe" }).start();
  console.log("the program is through");
}
