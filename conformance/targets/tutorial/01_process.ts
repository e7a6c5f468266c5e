/** What the ten processes of the tutorial's first program do. */

import { currentProcess, parentProcess, type Queue, task } from "../../../mod.ts";
import type { Report } from "./report.ts";

/** Says hello once all ten are there: they can only all get past this if they run at the same time. */
export async function hello(name: number, reports: Queue<Report>, there: Queue<number>, go: Queue<number>) {
  await there.put(name);
  await go.get();
  const { name: label, pid, ppid, ident } = currentProcess();
  const parent = parentProcess();
  await reports.put({ name, label, pid, ppid, ident, parentIdent: parent?.ident, parentPid: parent?.pid });
}
task(import.meta, hello);
