/** One call of a pool's method: its tasks, its limits, and its one outcome. */

import { TimeoutError } from "../errors.ts";
import type { WaitOptions } from "../memory/futex.ts";
import { limitOf } from "../memory/futex.ts";
import type { Crew } from "./crew.ts";
import type { TaskOptions } from "./options.ts";
import { taskLimitOf } from "./options.ts";
import { SETTLED } from "./protocol.ts";
import type { Outcome, Task } from "./task.ts";

/** setTimeout takes no more milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** What to do with items that a call handed in. */
export interface ChunkHandler {
  /** Their values, in order; with SETTLED as of Promise.allSettled. */
  done(values: unknown[]): void;
  /** The first that failed. */
  failed(error: unknown): void;
}

/** A call that is under way. When it is over, whatever the outcome, none of its tasks is. */
export class Call {
  readonly #crew: Crew;
  readonly #fn: number;
  readonly #mode: number;
  readonly #taskTimeout: number;
  readonly #tasks = new Set<Task>();
  readonly #onEnd: (error: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  /** `onEnd` is called when the call ends by abort, timeout or cancel(). `doing` names it in errors. */
  constructor(
    crew: Crew,
    fn: number,
    mode: number,
    options: TaskOptions,
    doing: string,
    onEnd: (error: unknown) => void,
  ) {
    this.#crew = crew;
    this.#fn = fn;
    this.#mode = mode;
    this.#taskTimeout = taskLimitOf(options);
    this.#onEnd = onEnd;
    this.#signal = options.signal;
    this.#limit(options, doing);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Hands in one task with `payload` as its arguments or items. */
  submit(payload: readonly unknown[], settle: (outcome: Outcome) => void): void {
    if (this.#isOver) return;
    let isSettled = false, task: Task | undefined;
    task = this.#crew.submit({
      fn: this.#fn,
      mode: this.#mode,
      payload,
      taskTimeout: this.#taskTimeout,
      settle: (outcome) => {
        isSettled = true;
        if (task !== undefined) this.#tasks.delete(task);
        if (!this.#isOver) settle(outcome);
      },
    });
    // It may be refused at once, and the call be over with it.
    if (!isSettled && !this.#isOver) this.#tasks.add(task);
  }

  /** Hands in items as one chunk. With SETTLED, the death of a worker is the outcome of one item: the others are done again. */
  submitChunk(items: readonly unknown[], handler: ChunkHandler): void {
    if (items.length === 0) return handler.done([]);
    this.submit(items, (outcome) => {
      if (outcome.ok) return handler.done(outcome.value as unknown[]);
      if ((this.#mode & SETTLED) === 0) return handler.failed(outcome.error);
      const rejected: PromiseRejectedResult = { status: "rejected", reason: outcome.error };
      if (!outcome.isRestDue) return handler.done(items.map(() => rejected));
      const { index } = outcome;
      this.submitChunk(items.slice(0, index), {
        ...handler,
        done: (before) =>
          this.submitChunk(items.slice(index + 1), {
            ...handler,
            done: (after) => handler.done([...before, rejected, ...after]),
          }),
      });
    });
  }

  /** The call has its outcome: what is left of it is withdrawn. `stop`: also what is running. */
  end(stop = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener("abort", this.#onAbort);
    for (const task of this.#tasks) this.#crew.withdraw(task, stop);
    this.#tasks.clear();
  }

  /** Ends the call with an error of the caller's; false when it is over already. */
  cancel(reason: unknown): boolean {
    if (this.#isOver) return false;
    this.end(true);
    this.#onEnd(reason);
    return true;
  }

  #limit(options: WaitOptions, doing: string): void {
    const limit = limitOf(options);
    this.#signal?.throwIfAborted();
    this.#signal?.addEventListener("abort", this.#onAbort);
    if (limit > LONGEST_TIMER) return;
    this.#timer = setTimeout(() => {
      this.cancel(new TimeoutError(`Cannot ${doing}: it was not done within ${limit} ms`));
    }, limit);
  }

  readonly #onAbort = (): void => void this.cancel(this.#signal?.reason);
}
