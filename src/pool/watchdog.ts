/** Stopping what runs in a pool's workers: tasks that take too long, and tasks that nobody wants any more. */

import { TimeoutError } from "../errors/outcomes.ts";
import { LONGEST_TIMER } from "../base/wait_options.ts";
import type { Ledger } from "./ledger.ts";
import type { Member } from "./member.ts";
import { itemFailed, type Task } from "./task.ts";
import { clearTimeout, setTimeout, wallTime } from "../base/originals.ts";

/** Milliseconds between looks at whether a worker has come to a task that it is to be stopped at. */
const CHASE_MS = 20;

/** What a watchdog asks of its crew. */
export interface WatchdogActions {
  /** Takes in what is known by now. */
  drain(): void;
  /** Stops a member in the middle of a task. */
  replace(member: Member): void;
}

export class Watchdog {
  readonly #members: ReadonlyMap<number, Member>;
  readonly #ledger: Ledger;
  readonly #actions: WatchdogActions;

  constructor(members: ReadonlyMap<number, Member>, ledger: Ledger, actions: WatchdogActions) {
    this.#members = members;
    this.#ledger = ledger;
    this.#actions = actions;
  }

  /** From now on, an item of the task that runs for too long is stopped. `delay`: milliseconds until the first look. */
  watch(task: Task, delay: number = task.taskTimeout): void {
    clearTimeout(task.timer);
    task.timer = setTimeout(() => {
      this.#actions.drain();
      const { member } = task;
      if (task.state !== "given" || member === undefined) return;
      const { running } = member;
      const left = running?.task === task ? running.since + task.taskTimeout - wallTime() : task.taskTimeout;
      if (left > 0) return this.watch(task, Math.min(left, task.taskTimeout));
      const error = new TimeoutError(`The task ran for more than ${task.taskTimeout} ms (taskTimeout)`);
      this.#ledger.settle(task, itemFailed(error, running?.item ?? 0));
      this.#actions.replace(member);
    }, Math.min(LONGEST_TIMER, Math.max(1, delay)));
  }

  /** Replaces a member as soon as it is at a task that it is to be stopped at. */
  chase(member: Member): void {
    clearTimeout(member.chase);
    if (!this.#members.has(member.index)) return;
    if (member.running?.task.isToBeStopped) return this.#actions.replace(member);
    for (const task of member.assigned.values()) {
      if (!task.isToBeStopped) continue;
      member.chase = setTimeout(() => {
        this.#actions.drain();
        this.chase(member);
      }, CHASE_MS);
      return;
    }
  }
}
