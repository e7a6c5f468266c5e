/** Program 3 of the tutorial: ten processes send through the same end of a pipe; their parent receives at the other. */

import { setTimeout as sleep } from "node:timers/promises";
import { type Connection, currentProcess, isMain, parentProcess, Pipe, Process } from "../mod.ts";

/** What every process does. */
export async function f(conn: Connection<[string]>, name: number): Promise<void> {
  await sleep(100);
  await conn.send([`hello${name}`]);
  console.log(parentProcess()?.ident, "-----------", currentProcess().ident);
}

if (isMain(import.meta)) {
  const [parentConn, childConn] = Pipe<[string]>();
  const processes: Process[] = [];
  for (let i = 0; i < 10; i++) {
    const p = new Process({ target: f, args: [childConn, i] });
    p.start();
    processes.push(p);
  }
  for (const p of processes) await p.join();
  // Whole messages, however many send at once.
  for (let i = 0; i < 10; i++) console.log(await parentConn.recv());
}
