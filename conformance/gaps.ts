/** The known failures. A case listed here must fail: once it passes, the run fails until the line is taken out. */

import type { StartMethod } from "../mod.ts";
import type { RuntimeName } from "./case.ts";

/** One case that fails on a runtime under a start method, and why. */
export interface Gap {
  readonly case: string;
  readonly runtime: RuntimeName;
  /** Only this major version of the runtime; default all. */
  readonly major?: number;
  readonly method: StartMethod;
  readonly reason: string;
}

export const gaps: readonly Gap[] = [
  {
    case: "pool/fault: a task that runs out of memory takes its worker down, and nothing else",
    runtime: "deno",
    method: "worker",
    reason: "A worker of Deno that runs out of memory takes its whole process down; start method process is the answer",
  },
  ...[
    "process/exit code: 13 of a target that never settles, while nothing could make it; stderr says so",
    "process/a target whose module never comes to the end of its load is refused",
  ].map((name): Gap => ({
    case: name,
    runtime: "deno",
    method: "worker",
    reason: "A worker of Deno waits for messages without end, and can't find out that nothing else is left to wait for",
  })),
  ...(["process", "worker"] as const).map((method): Gap => ({
    case: "pool/Ctrl-C in a program that handles it: its handler hears of it once, and an idle pool is left alone",
    runtime: "deno",
    method,
    reason:
      "Deno doesn't tell whether a program listens to a signal: pools end as if it didn't, and it hears of it twice",
  })),
  ...(["deno", "bun"] as const).map((runtime): Gap => ({
    case:
      "stops/descriptors: where none is left all that is there goes on, and a start fails and leaves nothing behind",
    runtime,
    method: "worker",
    reason: "Deno panics, and Bun ends the process, when there is no descriptor left for a worker that is started",
  })),
  ...(["process", "worker"] as const).map((method): Gap => ({
    case: "first program: on standard input, it finds what it imports",
    runtime: "deno",
    method,
    reason: "Deno doesn't show the text of a program on standard input, nor which modules it has loaded",
  })),
];

/** The gap that a case falls into, if any. */
export function findGap(
  name: string,
  where: { readonly runtime: RuntimeName; readonly runtimeVersion: string; readonly method: StartMethod },
  list: readonly Gap[] = gaps,
): Gap | undefined {
  const major = Number.parseInt(where.runtimeVersion);
  return list.find((gap) =>
    gap.case === name && gap.runtime === where.runtime && gap.method === where.method &&
    (gap.major === undefined || gap.major === major)
  );
}
