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
  /** Not handed in yet or waiting to be given out, with a worker, or done with. */
  state: "waiting" | "given" | "done" = "waiting";
  /** Who has it. */
  member: Member | undefined = undefined;
  /** How often it may still be given to another worker after its own died. */
  retries = 0;
  /** How often it was given out. */
  attempts = 0;
  submittedAt = 0;
  timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(fn: number, mode: number, payload: readonly unknown[], taskTimeout: number) {
    this.fn = fn;
    this.mode = mode;
    this.payload = payload;
    this.taskTimeout = taskTimeout;
  }

  /** Called once with what became of it; not at all when it was withdrawn. */
  abstract settle(outcome: Outcome): void;
}
