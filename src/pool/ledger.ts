/** The tasks of a pool: which have no outcome yet, which of them no worker has, and what became of the others. */

import { Backlog } from "./backlog.ts";
import { taskEnd } from "./events.ts";
import { Latencies, type PoolStats } from "./stats.ts";
import { poolFailed, type Task, type TaskOutcome } from "./task.ts";
import { clearTimeout, now } from "../base/originals.ts";

const LAST_ID = 0x7fff_ffff;

/** Every task that was handed in passes through here once on its way in, and once on its way out. */
export class Ledger {
  readonly backlog = new Backlog();
  readonly #pool: string;
  readonly #retries: number;
  readonly #latencies = new Latencies();
  #nextId = 1;
  #outstanding = 0;
  #done = 0;
  #failed = 0;

  constructor(pool: string, retries: number) {
    this.#pool = pool;
    this.#retries = retries;
  }

  /** Tasks without an outcome. */
  get outstanding(): number {
    return this.#outstanding;
  }

  get figures(): Pick<PoolStats, "done" | "failed" | "latency"> {
    return { done: this.#done, failed: this.#failed, latency: this.#latencies.percentiles() };
  }

  /** A task was handed in, and waits. */
  admit(task: Task): void {
    task.id = this.#nextId;
    this.#nextId = this.#nextId % LAST_ID + 1;
    task.retries = this.#retries;
    task.submittedAt = now();
    this.#outstanding++;
    this.backlog.push(task);
  }

  /** What became of a task; the first outcome counts. */
  settle(task: Task, outcome: TaskOutcome): void {
    if (task.state === "done") return;
    const { member } = task;
    this.finish(task);
    if (outcome.ok) this.#done++;
    else this.#failed++;
    this.#latencies.add(now() - task.submittedAt);
    if (taskEnd().hasSubscribers) {
      taskEnd().publish({ pool: this.#pool, pid: member?.process.pid, task: task.id, ok: outcome.ok });
    }
    task.settle(outcome);
  }

  /** The task is nobody's any more, and nobody is told. */
  finish(task: Task): void {
    if (task.timer !== undefined) clearTimeout(task.timer);
    task.member?.assigned.delete(task.id);
    if (task.state === "waiting") this.backlog.forget();
    task.member = undefined;
    task.state = "done";
    this.#outstanding--;
  }

  /** The tasks are to be given out again, before all others. */
  requeue(tasks: readonly Task[]): void {
    for (const task of tasks) {
      clearTimeout(task.timer);
      task.member?.assigned.delete(task.id);
      task.member = undefined;
      task.state = "waiting";
    }
    this.backlog.unshift(tasks);
  }

  /** Everything that no worker has is refused. */
  refuseBacklog(error: unknown): void {
    for (const task of this.backlog.clear()) this.settle(task, poolFailed(error));
  }
}
