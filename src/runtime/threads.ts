/** Whether a worker's thread still runs, asked of the system: the runtimes tell it only in the event loop of its parent. */

import { builtin, nodeProcess } from "./node_builtins.ts";

/** The number of this thread in its process; 0 where the system doesn't tell (only Linux does). */
export function threadId(): number {
  if (nodeProcess().platform !== "linux") return 0;
  try {
    return Number(/(\d+)$/.exec(builtin("node:fs").readlinkSync("/proc/thread-self"))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** False when that thread of this process has ended. */
export function threadRuns(id: number): boolean {
  return builtin("node:fs").existsSync(`/proc/self/task/${id}`);
}
