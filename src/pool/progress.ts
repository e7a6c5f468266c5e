/**
 * Progress: what a worker is at, for its pool to see at any moment, and what of that the pool doesn't want any more.
 *
 * ```
 * cell                                                                       written by
 *   0  task       id of the task that it is at, or was at last               the worker
 *   1  item       which item of the task's payload                           the worker
 *   2  since      when the item began, Date.now(); only of timed tasks       the worker
 *   3  pace       nanoseconds that a call takes; 0 = not known yet           the worker
 *   4  pace of    the function that this is true of                          the worker
 *   5  stopped    not 0: what it has in its hands is done elsewhere          the pool
 *   6  unwanted   id of a task whose other items it leaves; 0 = none         the pool
 * ```
 *
 * Cells are doubles and there are no atomic ones: each is written by one side, in one store, and is a hint to the other. The
 * pool compares a task with those that it gave and that have no outcome; of a worker that is dead, cells are exact. The pace is
 * 0 while its function changes, and who reads it looks at the function again. A worker that sees a word of the pool's late has
 * done more than it had to, and its results are refused.
 */

import { NO_TASK } from "./protocol.ts";
import { wallTime } from "../base/originals.ts";

const TASK = 0, ITEM = 1, SINCE = 2, PACE = 3, PACE_OF = 4, STOPPED = 5, UNWANTED = 6;
export const PROGRESS_CELLS = 7;

/** The worker's side. */
export class WorkerProgress {
  readonly #cells: Float64Array;

  constructor(cells: Float64Array) {
    this.#cells = cells;
  }

  /** The worker begins a task, with its first item. The task is written last: whoever sees it sees when it began. */
  beginTask(task: number, isTimed: boolean): void {
    const cells = this.#cells;
    if (isTimed) cells[SINCE] = wallTime();
    cells[ITEM] = 0;
    cells[TASK] = task;
  }

  beginItem(item: number, isTimed: boolean): void {
    const cells = this.#cells;
    cells[ITEM] = item;
    if (isTimed) cells[SINCE] = wallTime();
  }

  /** The task's time doesn't count until `startClock`. */
  stopClock(): void {
    this.#cells[SINCE] = Infinity;
  }

  startClock(): void {
    this.#cells[SINCE] = wallTime();
  }

  /** Shows how many nanoseconds a function's calls take. */
  showPace(fn: number, pace: number): void {
    const cells = this.#cells;
    if (cells[PACE_OF] !== fn) cells[PACE] = 0;
    cells[PACE_OF] = fn;
    cells[PACE] = pace;
  }

  /** Whether what the worker has in its hands is done elsewhere. (A thread of Deno's may go on for a while.) */
  get isStopped(): boolean {
    return this.#cells[STOPPED] !== 0;
  }

  /** Whether nobody wants the task any more. */
  isUnwanted(task: number): boolean {
    return this.#cells[UNWANTED] === task;
  }
}

/** The pool's side. */
export class PoolProgress {
  readonly #cells: Float64Array;

  constructor(cells: Float64Array) {
    this.#cells = cells;
  }

  // noUncheckedIndexedAccess: all cells are there

  get task(): number {
    return this.#cells[TASK] as number;
  }

  get item(): number {
    return this.#cells[ITEM] as number;
  }

  /** When the item began, Date.now(); Infinity = its time doesn't count yet. Only of timed tasks. */
  get since(): number {
    return this.#cells[SINCE] as number;
  }

  /** Nanoseconds that a call takes, lately, whatever its function; 0 = not known. */
  get pace(): number {
    return this.#cells[PACE] as number;
  }

  /** The function that the pace is known of. */
  get paceFunction(): number {
    return this.#cells[PACE_OF] as number;
  }

  /** Nanoseconds that a call of that function takes; 0 = it isn't the one that the pace is known of, or it is changing. */
  paceOf(fn: number): number {
    const { pace } = this;
    return this.#cells[PACE_OF] === fn ? pace : 0;
  }

  /** What the worker has in its hands is done elsewhere from now on. */
  stop(): void {
    this.#cells[STOPPED] = 1;
  }

  /** The worker leaves those items of the task that it hasn't begun. */
  markUnwanted(task: number): void {
    this.#cells[UNWANTED] = task;
  }

  /** The worker is done with the task. */
  clearUnwanted(task: number): void {
    if (this.#cells[UNWANTED] === task) this.#cells[UNWANTED] = NO_TASK;
  }
}
