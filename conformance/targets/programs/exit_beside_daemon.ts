/** A program that exits while a daemon computes and another child isn't through yet. */

import { exit, isMain, type Queue } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";
import { compute } from "../lives.ts";

export async function other(): Promise<void> {
  await sleep(200);
  console.log("the other child is through");
}

if (isMain(import.meta)) {
  const there: Queue<string> = new mp.Queue();
  await new mp.Process({ target: compute, args: [there], daemon: true }).start();
  await there.get();
  await new mp.Process({ target: other }).start();
  exit(3);
}
