/** What a pool and its workers say to each other. */

import type { Reference } from "../process/reference.ts";

/** One call with the payload as its arguments. */
export const APPLY = 0;
/** One call for each item of the payload, the item as the argument. */
export const MAP = 1;
/** One call for each item of the payload, the item as the arguments. */
export const STARMAP = 2;

/**
 * A task, into a worker's inbox: its id, the function's number, how to call it, arguments or items; the function's reference
 * goes with it until the worker has shown that it has the function. null: there are no more.
 */
export type TaskMessage =
  | readonly [id: number, fn: number, mode: number, payload: readonly unknown[], reference?: Reference]
  | null;

/** What a worker says about itself instead of a task's id. */
export const READY = -1;
export const UNFIT = -2;

/** An outcome, out of a worker: who, which task, whether it succeeded, value(s) or error, and at which item it failed. */
export type ResultMessage = readonly [worker: number, id: number, ok: boolean, value: unknown, index?: number];
