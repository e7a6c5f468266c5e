/** What the tutorial's programs have in common: ten processes are started, then all are joined. */

import type { Process } from "../../../mod.ts";
import { assertEquals, assertNotEquals } from "../../assert.ts";
import type { Env } from "../../case.ts";
import type { Report } from "../../targets/tutorial/report.ts";

/** Milliseconds. On a busy machine it takes Node long to start ten processes. */
export const MINUTE = 60_000;
export const numbers: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
export const zeros: readonly (number | null)[] = numbers.map(() => 0);

/** Starts ten processes with what `make` gives for each number. start() isn't awaited, as in the text. */
export function startTen(make: (i: number) => Process): Process[] {
  return numbers.map((i) => {
    const one = make(i);
    void one.start();
    return one;
  });
}

/** Joins them in turn; their exit codes. */
export async function joinAll(processes: readonly Process[]): Promise<readonly (number | null)[]> {
  const codes: (number | null)[] = [];
  for (const one of processes) codes.push(await one.join());
  assertEquals(processes.map(({ exitcode }) => exitcode), codes);
  return codes;
}

/** One parent; ten different children, each of whom knows itself as its parent knows it. */
export function checkIds({ mp, method }: Env, reports: readonly Report[], processes: readonly Process[]): void {
  const own = mp.currentProcess();
  const inOrder = reports.toSorted((a, b) => a.name - b.name);
  assertEquals(inOrder.map(({ name }) => name), numbers);
  assertEquals(new Set(reports.map(({ parentIdent }) => parentIdent)), new Set([own.ident]));
  assertEquals(new Set(reports.map(({ parentPid }) => parentPid)), new Set([own.pid]));
  assertEquals(new Set(reports.map(({ ppid }) => ppid)), new Set([own.pid]));
  assertEquals(inOrder.map(({ ident }) => ident), processes.map(({ ident }) => ident));
  assertEquals(inOrder.map(({ pid }) => pid), processes.map(({ pid }) => pid));
  assertEquals(inOrder.map(({ label }) => label), processes.map(({ name }) => name));
  assertEquals(new Set(reports.map(({ ident }) => ident)).size, 10);
  for (const { ident, pid } of reports) {
    assertNotEquals(ident, own.ident);
    if (method === "process") assertEquals(ident, String(pid));
    else assertEquals([pid, ident.split(":")[0]], [own.pid, String(own.pid)]);
  }
  assertEquals(new Set(reports.map(({ pid }) => pid)).size, method === "process" ? 10 : 1);
}
