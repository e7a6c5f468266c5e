/** What a pool tells node:diagnostics_channel, where somebody listens. */

import { channel } from "node:diagnostics_channel";

/** A task was given to a worker: `{ pool, pid, task }`. */
export const taskStart = channel("manyproc:multiprocessing:pool:task:start");
/** A task has an outcome: `{ pool, pid, task, ok }`. */
export const taskEnd = channel("manyproc:multiprocessing:pool:task:end");
/** A worker has ended by itself: `{ pool, pid, exitcode }`. */
export const workerDeath = channel("manyproc:multiprocessing:pool:worker:death");
