/**
 * What a pool tells node:diagnostics_channel, where somebody listens. (Bun 1.4 forgets a channel that nobody holds, with its
 * subscribers: hold `channel(name)`.)
 */

import type { Channel } from "node:diagnostics_channel";
import { builtin } from "../runtime/node_builtins.ts";

/** The channel, made when it is first asked for: a child never does, and on Deno loading the module takes 15 ms. */
function lazyChannel(name: string): () => Channel {
  let channel: Channel | undefined;
  return () => channel ??= builtin("node:diagnostics_channel").channel(`manyproc:multiprocessing:pool:${name}`);
}

/** A task was given to a worker: `{ pool, pid, task }`. */
export const taskStart = lazyChannel("task:start");
/** A task has an outcome: `{ pool, pid, task, ok }`. */
export const taskEnd = lazyChannel("task:end");
/** A worker has ended that was not dismissed, or given up for a task: `{ pool, pid, exitcode }`. */
export const workerDeath = lazyChannel("worker:death");
