/** A program whose memory is full when a stopped process lets go of it: what waited for memory fails, each with the reason. */

import { isMain, type SharedMemory, task } from "../../../mod.ts";
import { inflate, stopInMemory } from "../stalls.ts";
import { within } from "../../scale.ts";
import { mp } from "../context.ts";

task(import.meta, inflate);
task(import.meta, stopInMemory);

/** Takes all memory that can be had. */
function fill(): SharedMemory[] {
  const taken: SharedMemory[] = [];
  for (let size = 2 ** 32 - 4096; size > 30_000; size = Math.floor(size / 2)) {
    try {
      for (;;) taken.push(new mp.SharedMemory({ create: true, size }));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return taken;
}

/** What a call comes to, in one word. */
async function outcome(call: Promise<unknown>): Promise<string> {
  try {
    return typeof await within(call, 10_000, "a call");
  } catch (error) {
    const { name, message } = error as Error;
    return message.includes("of shared memory") ? name : `${name}: ${message}`;
  }
}

if (isMain(import.meta)) {
  const inside = new mp.Event(), orders = new mp.Queue<number>(), own = new mp.Queue<string>();
  const child = new mp.Process({ target: stopInMemory, args: [inside, orders, own] });
  const pool = new mp.Pool(1), manager = await mp.Manager(), large = "x".repeat(300_000);
  const dict = await manager.dict<string, string>([["large", large]]);
  await Promise.all([child.start(), pool.apply(inflate, ["a"])]);
  const taken = fill();
  await orders.put(1000);
  await inside.wait();
  const calls = [
    pool.apply(inflate, [large]), // a task that can't be sent
    pool.apply(inflate, ["b"]), // one behind it
    pool.apply(inflate, ["c".repeat(40_000)]), // a result that can't
    dict.get("large"), // an answer that can't
    dict.set("more", large), // a call that can't be sent
    dict.has("large"),
  ];
  console.log((await Promise.all(calls.map(outcome))).join(", "));
  // An error that can't be told takes nothing with it: what it carries is freed with its last handle here.
  const event = new mp.Event({ name: "in a report" });
  event.set();
  const failing = new mp.Process({ target: new URL("../throws_much.ts#f", import.meta.url), stderr: "ignore" });
  console.log(await outcome(failing.start()));
  event.close();
  console.log(new mp.Event({ name: "in a report" }).isSet());
  for (const memory of taken) {
    memory.close();
    memory.unlink();
  }
  const after = [pool.apply(inflate, [large]), dict.set("more", large), dict.get("large")];
  console.log((await Promise.all(after.map(outcome))).join(", "));
  await orders.put(0);
  await child.join();
  pool.close();
  console.log(await pool.join({ timeout: 10_000 }));
  await manager.shutdown();
}
