/**
 * What a pool and its workers say to each other, as entries of batches (see wire/batch.ts): written and read here only. What a
 * worker's task came to goes through its lane instead, where that will do (see wire/lane.ts).
 *
 * ```
 * to a worker      word 0     word 1      word 2                                  value
 *   task           its id     function    batch << 8 | mode                       arguments, or items
 *   definition     NO_TASK    function    DEFINITION                              the function's reference
 *   initargs       NO_TASK    0           INITARGS                                arguments; first of all, if there is an initializer
 *
 * from a worker    word 0     word 1      word 2                                  value
 *   news           worker     NO_TASK     READY, UNFIT, OUTGROWN                  null; UNFIT: why
 *   an item        worker     task        ITEM_FULFILLED, ITEM_REJECTED           its value; its error
 *   the task       worker     task        SUCCEEDED                               its value; null when its items had theirs
 *                  worker     task        item << 3 | FAILED                      the error of that item
 *
 * mode             3 bits: APPLY, MAP, STARMAP      TIMED      SETTLED
 * ```
 *
 * A worker whose inbox is shut down is dismissed: no more will come.
 */

import type { Reference } from "../targets/reference.ts";
import type { BatchWriter, Received } from "../wire/batch.ts";

/** In place of a task's id, which is above it. */
export const NO_TASK = 0;
/** In place of a function's number: none that is known. */
export const NO_FUNCTION = -1;

// ── how a task calls its function ──

/** Once, the payload being the arguments. */
export const APPLY = 0;
/** Once for each item of the payload, the item being the argument. */
export const MAP = 1;
/** Once for each item of the payload, the item being the arguments. */
export const STARMAP = 2;
const DEFINITION = 3;
const INITARGS = 4;
const WAY = 7;
/** With a way: note when each item begins, somebody looks at the time. */
const TIMED = 8;
/** With MAP or STARMAP: each item's outcome is a value, as of Promise.allSettled. */
export const SETTLED = 16;
const BATCH_SHIFT = 8;

export function isApply(mode: number): boolean {
  return (mode & WAY) === APPLY;
}

/** Of a task that isn't APPLY: whether it is MAP, else it is STARMAP. */
export function isMap(mode: number): boolean {
  return (mode & WAY) === MAP;
}

export function isTimed(mode: number): boolean {
  return (mode & TIMED) !== 0;
}

export function isSettled(mode: number): boolean {
  return (mode & SETTLED) !== 0;
}

// ── to a worker ──

/** Adds a task that belongs to the claims' batch of that number; SerializationError when its payload can't travel. */
export function addTask(
  writer: BatchWriter,
  task: { readonly id: number; readonly fn: number; readonly mode: number; readonly payload: readonly unknown[] },
  batch: number,
  hasTimeLimit: boolean,
): void {
  const { id, fn, mode, payload } = task, word = (hasTimeLimit ? mode | TIMED : mode) | batch << BATCH_SHIFT;
  writer.add(id, fn, word, payload, isApply(mode) ? "args" : "items", true); // a function is called with the elements
}

/** Says how a function is found: before the first task that calls it. */
export function addDefinition(writer: BatchWriter, fn: number, reference: Reference | undefined): void {
  writer.add(NO_TASK, fn, DEFINITION, reference, "function");
}

/** Gives the initializer's arguments; SerializationError when they can't travel. */
export function addInitargs(writer: BatchWriter, initargs: readonly unknown[]): void {
  writer.add(NO_TASK, 0, INITARGS, initargs, "initargs", true);
}

export function isDefinition(entry: Received): boolean {
  return entry.word2 === DEFINITION;
}

/** The number of a task's, or of a definition's, function. */
export function functionIn(entry: Received): number {
  return entry.word1;
}

/** The id of the task that an entry is, or is about. */
export function taskIn(entry: Received): number {
  return entry.word0;
}

/** A task's mode. */
export function modeIn(entry: Received): number {
  return entry.word2 & (1 << BATCH_SHIFT) - 1;
}

/** The number of a task's batch, by which it is claimed. */
export function batchIn(entry: Received): number {
  return entry.word2 >>> BATCH_SHIFT;
}

// ── from a worker ──

/** The worker can take tasks. */
export const READY = 0;
/** The initializer failed. */
export const UNFIT = 1;
/** The worker's memory has outgrown its limit: it takes no more. */
export const OUTGROWN = 2;
/** The next item of a task with SETTLED has a value. */
export const ITEM_FULFILLED = 3;
/** The next item of a task with SETTLED has failed. */
export const ITEM_REJECTED = 4;
/** The task is done. */
export const SUCCEEDED = 5;
/** An item of the task has failed, and the task with it. */
export const FAILED = 6;
const WHAT = 7;
const ITEM_SHIFT = 3;

/** Collects what a worker has to say. SerializationError where a value can't travel; what was thrown always travels. */
export class ReportWriter {
  readonly #worker: number;
  readonly #batch: BatchWriter;

  constructor(worker: number, batch: BatchWriter) {
    this.#worker = worker;
    this.#batch = batch;
  }

  ready(): void {
    this.#batch.add(this.#worker, NO_TASK, READY, null, "report");
  }

  unfit(thrown: unknown): void {
    this.#batch.addThrown(this.#worker, NO_TASK, UNFIT, thrown);
  }

  outgrown(): void {
    this.#batch.add(this.#worker, NO_TASK, OUTGROWN, null, "report");
  }

  itemFulfilled(task: number, value: unknown): void {
    this.#batch.add(this.#worker, task, ITEM_FULFILLED, value, "result");
  }

  itemRejected(task: number, thrown: unknown): void {
    this.#batch.addThrown(this.#worker, task, ITEM_REJECTED, thrown);
  }

  succeeded(task: number, value: unknown): void {
    this.#batch.add(this.#worker, task, SUCCEEDED, value, "result");
  }

  failed(task: number, item: number, thrown: unknown): void {
    this.#batch.addThrown(this.#worker, task, item << ITEM_SHIFT | FAILED, thrown);
  }
}

/** What a report says: one of the words above. */
export function whatIn(entry: Received): number {
  return entry.word2 & WHAT;
}

/** The number of the worker that reports. */
export function workerIn(entry: Received): number {
  return entry.word0;
}

/** The id of the task that a report is about. */
export function reportedTaskIn(entry: Received): number {
  return entry.word1;
}

/** Of FAILED: the item of the task's payload. */
export function failedItemIn(entry: Received): number {
  return entry.word2 >>> ITEM_SHIFT;
}
