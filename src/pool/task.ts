/** A task of a pool: a call, or a chunk of calls that one worker does in one go. */

import type { setTimeout } from "../base/originals.ts";
import type { Member } from "./member.ts";

/** What became of a task. */
export type TaskOutcome = { readonly ok: true; readonly value: unknown } | TaskFailure;

/** Why a task has no value. */
export interface TaskFailure {
  readonly ok: false;
  readonly error: unknown;
  /** The item of the payload that failed; 0 where it isn't one. */
  readonly index: number;
  /**
   * item: it alone failed, the payload's others have no outcome and can be handed in again; task: it failed and the others
   * are lost with it; pool: no task can be done any more.
   */
  readonly reach: "item" | "task" | "pool";
}

export function itemFailed(error: unknown, index: number): TaskFailure {
  return { ok: false, error, index, reach: "item" };
}

export function taskFailed(error: unknown, index = 0): TaskFailure {
  return { ok: false, error, index, reach: "task" };
}

export function poolFailed(error: unknown): TaskFailure {
  return { ok: false, error, index: 0, reach: "pool" };
}

/** A task in a crew's hands. */
export abstract class Task {
  /** Number of the function. */
  readonly fn: number;
  /** APPLY, MAP or STARMAP, with flags. */
  readonly mode: number;
  readonly payload: readonly unknown[];
  /** Milliseconds that one item may take; Infinity = no limit. */
  readonly taskTimeout: number;
  id = 0;
  /** Not handed in yet or waiting to be given out, with a worker, or done with (if it was withdrawn, a worker may be at it). */
  state: "waiting" | "given" | "done" = "waiting";
  /** Who has it. */
  member: Member | undefined = undefined;
  /** How often it may still be given to another worker after its own died. */
  retries = 0;
  /** How many workers died with it in their hands, not at it. */
  attempts = 0;
  /** It was withdrawn from the worker that has it in its hands: that is replaced once it is at it. */
  isToBeStopped = false;
  /** Outcomes of its items so far, when each comes by itself. */
  parts: PromiseSettledResult<unknown>[] | undefined = undefined;
  submittedAt = 0;
  timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(fn: number, mode: number, payload: readonly unknown[], taskTimeout: number) {
    this.fn = fn;
    this.mode = mode;
    this.payload = payload;
    this.taskTimeout = taskTimeout;
  }

  /** Where the payload's first item stands among those of its call; undefined: the payload isn't items. */
  get first(): number | undefined {
    return undefined;
  }

  /** Called once with what became of it; not at all when it was withdrawn. */
  abstract settle(outcome: TaskOutcome): void;
}
