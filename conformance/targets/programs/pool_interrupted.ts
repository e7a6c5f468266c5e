/** A program with a pool that gets SIGINT. MP_HOW says what the pool does meanwhile. */

import { process, writeSync } from "../../host.ts";
import { isMain, task } from "../../../mod.ts";
import { mp } from "../context.ts";

function say(text: string): void {
  writeSync(1, `${text} `);
}

/** Says when it begins and when it is done. */
export async function work(milliseconds: number): Promise<number> {
  say(`pid ${process.pid}`);
  say("begun");
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  say("finished");
  return 1;
}
task(import.meta, work);

export function nothing(): void {}
task(import.meta, nothing);

async function run(how: string): Promise<number> {
  const pool = new mp.Pool({ processes: 2, sigint: how === "ignore" ? "ignore" : "drain" });
  const times = new Array<number>(6).fill(how === "long" ? 60_000 : 700);
  let done = 0;
  switch (how) {
    case "idle":
    case "unused":
      if (how === "idle") await pool.apply(nothing);
      say("idle");
      return await new Promise<never>(() => setInterval(() => {}, 1000));
    case "handled":
      try {
        for (const one of await Promise.all(times.map((time) => pool.apply(work, [time])))) done += one;
      } finally {
        pool.close();
        await pool.join();
      }
      return done;
    case "apply":
    case "long":
      for (const one of await Promise.all(times.map((time) => pool.apply(work, [time])))) done += one;
      return done;
    case "imap":
      for await (const one of pool.imap(work, times)) done += one;
      return done;
    default:
      for (const one of await pool.map(work, times, { chunksize: 1 })) done += one;
      pool.close();
      await pool.join();
      return done;
  }
}

if (isMain(import.meta)) {
  const how = process.env["MP_HOW"] ?? "";
  const handles = how === "ignore" || how === "handled";
  if (handles) process.on("SIGINT", () => say("handled"));
  try {
    say(`result ${await run(how)}`);
    process.exitCode = 0;
  } catch (error) {
    say(`rejected ${(error as Error).name}`);
    if (!handles) setInterval(() => {}, 1000); // the interrupt ends it
  }
  if (how === "handled") {
    // A pool without work: the signal is not for it.
    const pool = new mp.Pool(1);
    await pool.apply(nothing);
    process.kill(process.pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 300));
    await pool.apply(nothing);
    say("idle");
  }
  if (handles) process.exit();
}
