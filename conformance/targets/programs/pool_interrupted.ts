/** A program with a pool that gets SIGINT. MP_HOW says what the pool does meanwhile. */

import { process, writeSync } from "../../host.ts";
import { type Event, isMain, type Pool, task } from "../../../mod.ts";
import { mp } from "../context.ts";

function say(text: string): void {
  writeSync(1, `${text} `);
}

/** Says when it begins and when it is done, once the gate is open. */
export async function work(gate: Event): Promise<number> {
  say(`pid ${process.pid}`);
  say("begun");
  await gate.wait();
  say("finished");
  return 1;
}
task(import.meta, work);

export function nothing(): void {}
task(import.meta, nothing);

/** Opens the gate when tasks had to wait for a worker and none does any more: the interrupt has withdrawn them. */
function openWhenWithdrawn(pool: Pool, gate: Event): void {
  let wasQueued = false;
  const timer = setInterval(() => {
    const isQueued = pool.stats().queued > 0;
    if (wasQueued && !isQueued) {
      gate.set();
      clearInterval(timer);
    }
    wasQueued ||= isQueued;
  }, 20);
}

async function run(how: string): Promise<number> {
  const pool = new mp.Pool({ processes: 2, sigint: how === "ignore" ? "ignore" : "drain" });
  const gate = new mp.Event(), gates = new Array<Event>(6).fill(gate);
  if (how === "ignore") process.on("SIGINT", () => gate.set());
  else if (how !== "long") openWhenWithdrawn(pool, gate);
  let done = 0;
  switch (how) {
    case "idle":
    case "polite":
    case "unused":
      if (how !== "unused") await pool.apply(nothing);
      say("idle");
      return await new Promise<never>(() => setInterval(() => {}, 1000));
    case "handled":
    case "handled once":
    case "apply":
    case "long":
      try {
        for (const one of await Promise.all(gates.map((gate) => pool.apply(work, [gate])))) done += one;
      } finally {
        pool.close();
        if (how.startsWith("handled")) await pool.join();
      }
      return done;
    case "imap":
      for await (const one of pool.imap(work, gates)) done += one;
      return done;
    default:
      for (const one of await pool.map(work, gates, { chunksize: 1 })) done += one;
      pool.close();
      await pool.join();
      return done;
  }
}

if (isMain(import.meta)) {
  const how = process.env["MP_HOW"] ?? "";
  const handles = how === "ignore" || how.startsWith("handled");
  if (handles) process[how === "handled once" ? "once" : "on"]("SIGINT", () => say("handled"));
  // As of libraries that tidy up: it ends the process where it is the only one.
  else if (how === "polite") {
    process.on("SIGINT", function polite() {
      if (process.listenerCount("SIGINT") > 1) return;
      process.off("SIGINT", polite);
      say("tidy");
      process.kill(process.pid, "SIGINT");
    });
  }
  try {
    say(`result ${await run(how)}`);
    process.exitCode = 0;
  } catch (error) {
    say(`rejected ${(error as Error).name}`);
    if (!handles) setInterval(() => {}, 1000); // the interrupt ends it
  }
  if (how === "handled once") await new Promise((resolve) => setTimeout(resolve, 300)); // nothing ends it
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
