/** A call of apply: a task that is a call by itself. */

import type { Crew } from "./crew.ts";
import { Limits } from "./limits.ts";
import { taskLimitOf, type TaskOptions } from "./options.ts";
import { APPLY } from "./protocol.ts";
import { Task, type TaskOutcome } from "./task.ts";

/** The call and its only task in one: many are under way at a time. */
export class ApplyTask extends Task {
  readonly #crew: Crew;
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  readonly #limits: Limits | undefined;

  /** Hands it in at once. */
  constructor(
    crew: Crew,
    fn: number,
    args: readonly unknown[],
    options: TaskOptions,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
  ) {
    super(fn, APPLY, args, taskLimitOf(options));
    this.#crew = crew;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#limits = Limits.of(options, "apply", (reason) => this.cancel(reason));
    crew.submit(this);
  }

  /** Ends the call with an error of the caller's; false when it is over already. */
  cancel(reason: unknown): boolean {
    if (!this.#crew.withdraw([this], true)) return false;
    this.#limits?.end();
    this.#reject(reason);
    return true;
  }

  override settle(outcome: TaskOutcome): void {
    this.#limits?.end();
    if (outcome.ok) this.#resolve(outcome.value);
    else this.#reject(outcome.error);
  }
}
