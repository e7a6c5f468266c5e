/** What tests of a pool's books need: tasks that note what becomes of them. */

import { Task, type TaskOutcome } from "./task.ts";

/** A task that keeps its outcomes. */
export class Job extends Task {
  readonly name: number;
  readonly outcomes: TaskOutcome[] = [];
  readonly #then: () => void;

  constructor(name: number, then: () => void = () => {}) {
    super(name % 3, 0, [name], Infinity);
    this.name = name;
    this.#then = then;
  }

  override settle(outcome: TaskOutcome): void {
    this.outcomes.push(outcome);
    this.#then();
  }
}

/** The names of tasks, in order. */
export function names(tasks: Iterable<Task>): number[] {
  return [...tasks].map((task) => (task as Job).name);
}
