/** The tasks of a pool that no worker has: first in, first out, withdrawn ones skipped. */

import { NO_FUNCTION } from "./protocol.ts";
import type { Task } from "./task.ts";

/** A queue of tasks that are "waiting". A task that is forgotten leaves when its turn comes. */
export class Backlog {
  #tasks: Task[] = [];
  #start = 0;
  #size = 0;

  /** Tasks that wait. */
  get size(): number {
    return this.#size;
  }

  /** The function of the next task, or of one that was withdrawn in its place; NO_FUNCTION when there is none. */
  get nextFunction(): number {
    return this.#tasks[this.#start]?.fn ?? NO_FUNCTION;
  }

  push(task: Task): void {
    this.#tasks.push(task);
    this.#size++;
  }

  /** Puts tasks before all others. */
  unshift(tasks: readonly Task[]): void {
    if (tasks.length === 0) return;
    if (tasks.length <= this.#start) {
      this.#start -= tasks.length;
      for (let i = 0; i < tasks.length; i++) this.#tasks[this.#start + i] = tasks[i] as Task;
    } else {
      this.#tasks = [...tasks, ...this.#tasks.slice(this.#start)];
      this.#start = 0;
    }
    this.#size += tasks.length;
  }

  /** The next task, "given" from now on; undefined when none waits. */
  shift(): Task | undefined {
    while (this.#start < this.#tasks.length) {
      // noUncheckedIndexedAccess: the index was compared with the length
      const task = this.#tasks[this.#start] as Task;
      this.#tasks[this.#start++] = undefined as never;
      if (this.#start === this.#tasks.length) {
        this.#tasks = [];
        this.#start = 0;
      } else if (this.#start > 4096 && this.#start * 2 > this.#tasks.length) {
        this.#tasks.splice(0, this.#start);
        this.#start = 0;
      }
      if (task.state !== "waiting") continue;
      this.#size--;
      task.state = "given";
      return task;
    }
    return undefined;
  }

  /** A waiting task is about to be done with; its place is skipped later. */
  forget(): void {
    this.#size--;
  }

  /** All tasks that wait, "given" from now on; the backlog is empty then. */
  clear(): Task[] {
    const tasks = this.#tasks.slice(this.#start).filter(({ state }) => state === "waiting");
    for (const task of tasks) task.state = "given";
    this.#size = 0;
    this.#tasks = [];
    this.#start = 0;
    return tasks;
  }
}
