/** A program that leaves two children behind: a daemon that would stay, and one that isn't through yet. */

import { currentProcess, isMain } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";

export async function daemon(): Promise<void> {
  console.log("daemon", currentProcess().pid);
  await sleep(60_000);
  console.log("the daemon stayed");
}

export async function other(): Promise<void> {
  await sleep(300);
  console.log("the other child is through");
}

if (isMain(import.meta)) {
  await new mp.Process({ target: daemon, daemon: true }).start();
  await sleep(100);
  await new mp.Process({ target: other }).start();
  console.log("the program is through");
}
