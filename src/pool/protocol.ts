/** What a pool and its workers say to each other, as entries of batches. */

/** How a task calls its function: once, the payload being the arguments. */
export const APPLY = 0;
/** Once for each item of the payload, the item being the argument. */
export const MAP = 1;
/** Once for each item of the payload, the item being the arguments. */
export const STARMAP = 2;
/** Not a task: the payload is the reference of function `b`, which the tasks after it need. */
export const DEFINE = 3;
/** Not a task: there are no more. */
export const DISMISS = 4;
/** With a mode: note when each item begins, somebody looks at the time. */
export const TIMED = 8;
/** With MAP or STARMAP: each item's outcome is a value, as of Promise.allSettled. */
export const SETTLED = 16;
const WAY = 7;
const BATCH_SHIFT = 8;

/** A mode without its flags. */
export function wayOf(mode: number): number {
  return mode & WAY;
}

/** A mode, with the number of its task's batch. */
export function inBatch(mode: number, batch: number): number {
  return mode | batch << BATCH_SHIFT;
}

/** The number of a task's batch. */
export function batchOf(mode: number): number {
  return mode >>> BATCH_SHIFT;
}

// Into a worker: a = task, b = function, c = mode and batch. Out of a worker: a = worker, b = task, or one of READY, UNFIT and
// OUTGROWN, c = the item at which it failed, -1 = it succeeded, or one of FULFILLED and REJECTED.

/** c: the value of the next item of a task with SETTLED. */
export const FULFILLED = -2;
/** c: its error. */
export const REJECTED = -3;

/** The worker can take tasks. */
export const READY = -1;
/** The initializer failed: value = why. */
export const UNFIT = -2;
/** The worker's memory has outgrown its limit: it takes no more. */
export const OUTGROWN = -3;

// Words of the array by which a worker shows what it is at: the task, its item, and when that began (Date.now()).
export const PROGRESS_TASK = 0;
export const PROGRESS_ITEM = 1;
export const PROGRESS_SINCE = 2;
/** Nanoseconds that a task takes, 0 = not known yet, and the function that this is true of. */
export const PROGRESS_PACE = 3;
export const PROGRESS_PACE_OF = 4;
// In the same array, written by the pool:
/** Not 0: what the worker has in its hands is done elsewhere. (A thread of Deno's may go on for a while.) */
export const PROGRESS_STOP = 5;
/** A task that nobody wants any more: the worker leaves the items that it hasn't begun. */
export const PROGRESS_UNWANTED = 6;
export const PROGRESS_WORDS = 7;
