/** What the ten processes of the tutorial's third program do: all send through one end. */

import { type Connection, currentProcess, parentProcess, type Queue, task } from "../../../mod.ts";
import { sleep } from "../../host.ts";
import type { Report } from "./report.ts";

export async function f(conn: Connection<unknown, [string]>, name: number, reports: Queue<Report>): Promise<void> {
  await sleep(50);
  await conn.send([`hello${name}`]);
  const { name: label, pid, ppid, ident } = currentProcess();
  const parent = parentProcess();
  await reports.put({ name, label, pid, ppid, ident, parentIdent: parent?.ident, parentPid: parent?.pid });
}
task(import.meta, f);

/** A message that shows when it is not whole: its length and its letter come first, in words. */
export interface Marked {
  readonly from: number;
  readonly ordinal: number;
  readonly length: number;
  readonly text: string;
}

/** Sends `count` messages of very different lengths, from a few bytes to more than a pipe of the system holds. */
export async function sendMany(
  conn: Connection<unknown, Marked>,
  from: number,
  count: number,
  there: Queue<number>,
  go: Queue<number>,
): Promise<void> {
  await there.put(from);
  await go.get();
  for (let ordinal = 0; ordinal < count; ordinal++) {
    const length = [0, 10, 1000, 70_000][(from + ordinal) % 4] as number;
    await conn.send({ from, ordinal, length, text: String(from).repeat(length) });
  }
}
task(import.meta, sendMany);
