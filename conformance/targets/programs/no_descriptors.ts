/** A program that uses up its descriptors: what others are there for goes on, and a start fails and leaves nothing. */

import { isMain, type Lock, type Queue } from "../../../mod.ts";
import { useUpDescriptors } from "../../host.ts";
import { within } from "../../scale.ts";
import { mp } from "../context.ts";
import { inflate, nothing } from "../stalls.ts";
import { holdForEver } from "../stops.ts";

/** Sends back what it gets, with a lock in it that it has held; a process has no descriptor left for it either. */
export async function echo(
  requests: Queue<readonly [Lock, string] | null>,
  answers: Queue<readonly [Lock, string]>,
): Promise<void> {
  if (mp.startMethod === "process") useUpDescriptors();
  for (let request; (request = await requests.get()) !== null;) {
    const [lock, text] = request;
    await lock.with(() => {});
    await answers.put([lock, text]);
    lock.close();
  }
}

if (isMain(import.meta)) {
  const requests = new mp.Queue<readonly [Lock, string] | null>(), answers = new mp.Queue<readonly [Lock, string]>();
  const held = new mp.Lock(), isHeld = new mp.Event();
  const other = new mp.Process({ target: echo, args: [requests, answers] });
  const holder = new mp.Process({ target: holdForEver, args: [held, isHeld] });
  const pool = new mp.Pool(1), manager = await mp.Manager(), dict = await manager.dict<string, string>();
  await Promise.all([other.start(), holder.start(), isHeld.wait(), pool.apply(inflate, ["a"])]);

  const roundTrip = async (text: string) => {
    const lock = new mp.Lock();
    await requests.put([lock, text]);
    lock.close(); // it is in the message alone
    const [back, said] = await within(answers.get(), 10_000, "an answer");
    await within(back.with(() => {}), 10_000, "the lock that came back");
    back.close();
    return said.length;
  };
  const all = async () => {
    const lengths = [await roundTrip("small"), await roundTrip("x".repeat(300_000))];
    const result = await within(pool.apply(inflate, ["y".repeat(60_000)]), 10_000, "a task");
    await within(dict.set("z", "z".repeat(100_000)), 10_000, "a call");
    lengths.push(result.length, (await within(dict.get("z"), 10_000, "a call"))?.length ?? 0);
    console.log(lengths.join(" "));
  };
  const start = async () => {
    const child = new mp.Process({ target: nothing });
    try {
      await within(child.start(), 10_000, "a start");
      console.log(await within(child.join(), 10_000, "its end"));
    } catch (error) {
      const { name } = error as Error;
      console.log(name, child.isAlive(), await child.join().catch((again) => again === error));
    }
  };
  const free = useUpDescriptors();
  await all();
  for (let i = 0; i < 2; i++) await start();
  const before = mp.activeChildren().length;
  holder.kill();
  console.log(await within(held.acquire(), 10_000, "the lock of a dead holder"), held.abandoned);
  console.log(await within(holder.join(), 10_000, "the holder"), before - mp.activeChildren().length);
  await all();
  free();
  for (let i = 0; i < 2; i++) await start();
  await all();
  await requests.put(null);
  console.log(await other.join());
  pool.close();
  await pool.join();
  await manager.shutdown();
}
