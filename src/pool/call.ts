/** One call of a pool's method with many tasks: the tasks, the limits, and the one outcome. */

import type { Crew } from "./crew.ts";
import { Limits } from "./limits.ts";
import { taskLimitOf, type TaskOptions } from "./options.ts";
import { isSettled } from "./protocol.ts";
import { Task, type TaskOutcome } from "./task.ts";

/** What to do with items that a call handed in. */
export interface ChunkHandler {
  /** Their values, in order; with SETTLED as of Promise.allSettled. */
  done(values: unknown[]): void;
  /** The first that failed, or why none can be done. */
  failed(error: unknown): void;
}

/** Tasks that are done with are forgotten when there are this many, and most of all. */
const CROWD = 256;

/** A call that is under way. When it is over, whatever the outcome, none of its tasks is. */
export class Call {
  readonly #crew: Crew;
  readonly #fn: number;
  readonly #mode: number;
  readonly #taskTimeout: number;
  readonly #onEnd: (error: unknown) => void;
  readonly #limits: Limits | undefined;
  /** Those that are under way, and some that aren't any more. */
  #tasks: ChunkTask[] = [];
  #underWay = 0;
  #isOver = false;
  /** Ends the reading of its input. */
  #stopReading: (() => void) | undefined;

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
    this.#limits = Limits.of(options, doing, (reason) => this.cancel(reason));
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * More is to be handed in, even if the pool is closed meanwhile: until the function returned is called, or the call is over,
   * which calls `stop`.
   */
  keepOpen(stop: () => void): () => void {
    const done = this.#crew.keepOpen({ fail: (error) => this.cancel(error) });
    this.#stopReading = () => {
      done();
      stop();
    };
    return () => {
      this.#stopReading = undefined;
      done();
    };
  }

  /** Hands in items as one chunk; `first` is the first one's index in the call. With SETTLED, the death of a worker is the outcome of one item: the others are done again. */
  submitChunk(items: readonly unknown[], first: number, handler: ChunkHandler): void {
    if (this.#isOver) return;
    if (items.length === 0) return handler.done([]);
    const task = new ChunkTask(this, handler, this.#fn, this.#mode, items, first, this.#taskTimeout);
    this.#underWay++;
    this.#tasks.push(task);
    this.#crew.submit(task);
  }

  /** For ChunkTask. */
  settle(task: ChunkTask, outcome: TaskOutcome): void {
    this.#underWay--;
    if (this.#isOver) return;
    if (this.#tasks.length > CROWD && this.#tasks.length > 2 * this.#underWay) {
      this.#tasks = this.#tasks.filter(({ state }) => state !== "done");
    }
    const { payload: items, handler } = task;
    if (outcome.ok) return handler.done(outcome.value as unknown[]);
    if (!isSettled(this.#mode) || outcome.reach === "pool") return handler.failed(outcome.error);
    const rejected: PromiseRejectedResult = { status: "rejected", reason: outcome.error };
    if (outcome.reach === "task") return handler.done(items.map(() => rejected));
    const { index } = outcome, { first } = task, failed = (error: unknown) => handler.failed(error);
    this.submitChunk(items.slice(0, index), first, {
      failed,
      done: (before) =>
        this.submitChunk(items.slice(index + 1), first + index + 1, {
          failed,
          done: (after) => handler.done([...before, rejected, ...after]),
        }),
    });
  }

  /** The call has its outcome: what is left of it is withdrawn. `stop`: also what is running. */
  end(stop = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#limits?.end();
    this.#stopReading?.();
    const tasks = this.#tasks;
    this.#tasks = [];
    this.#crew.withdraw(tasks, stop);
  }

  /** Ends the call with an error of the caller's; false when it is over already. */
  cancel(reason: unknown): boolean {
    if (this.#isOver) return false;
    this.end(true);
    this.#onEnd(reason);
    return true;
  }
}

/** Items of a call that one worker does in one go. */
class ChunkTask extends Task {
  readonly #call: Call;
  readonly handler: ChunkHandler;
  readonly #first: number;

  constructor(
    call: Call,
    handler: ChunkHandler,
    fn: number,
    mode: number,
    items: readonly unknown[],
    first: number,
    taskTimeout: number,
  ) {
    super(fn, mode, items, taskTimeout);
    this.#call = call;
    this.handler = handler;
    this.#first = first;
  }

  override get first(): number {
    return this.#first;
  }

  override settle(outcome: TaskOutcome): void {
    this.#call.settle(this, outcome);
  }
}
