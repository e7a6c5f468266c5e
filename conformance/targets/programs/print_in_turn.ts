/** A program whose children print two lines each, one child at a time. */

import { isMain } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import { mp } from "../context.ts";

const lock = new mp.Lock({ name: "print_in_turn/lock" });

export async function f(name: number): Promise<void> {
  await lock.acquire();
  console.log(`hello--${name}`);
  await sleep(10);
  console.log(`bye--${name}`);
  await sleep(10); // what a worker prints goes through its process
  lock.release();
}

if (isMain(import.meta)) {
  const processes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((i) => new mp.Process({ target: f, args: [i] }));
  for (const one of processes) void one.start();
  for (const one of processes) await one.join();
}
