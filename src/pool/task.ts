/** A task of a pool: a call, or a chunk of calls that one worker does in one go. */

import type { Member } from "./member.ts";

/** What became of a task. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | {
    readonly ok: false;
    readonly error: unknown;
    /** The item of the payload that failed. */
    readonly index: number;
    /** The payload's other items are still to be done: the worker was lost, not just this item. */
    readonly isRestDue: boolean;
  };

/** What a task is to be. */
export interface TaskPlan {
  /** Number of the function. */
  readonly fn: number;
  /** APPLY, MAP or STARMAP. */
  readonly mode: number;
  readonly payload: readonly unknown[];
  /** Milliseconds that one item may take; Infinity = no limit. */
  readonly taskTimeout: number;
  /** Called once with what became of it; not at all when it was withdrawn. */
  settle(outcome: Outcome): void;
}

/** A task in a crew's hands. */
export interface Task extends TaskPlan {
  id: number;
  /** Waiting to be given out, with a worker, or done with. */
  state: "waiting" | "given" | "done";
  /** Who has it. */
  member: Member | undefined;
  /** How often it may still be given to another worker after its own died. */
  retries: number;
  /** How often it was given out. */
  attempts: number;
  submittedAt: number;
  timer: ReturnType<typeof setTimeout> | undefined;
}
