/** A pool's workers and who does what: tasks go out ahead of need, are taken back from the busy, and survive the dead. */

import { ClosedError, TimeoutError, WorkerDiedError } from "../errors.ts";
import { withMethod } from "../memory/families.ts";
import type { Reference } from "../process/reference.ts";
import { runtime } from "../runtime/current.ts";
import { markOrigin } from "../wire/errors.ts";
import { packValue } from "../wire/message.ts";
import type { Deferred } from "./deferred.ts";
import { deferred } from "./deferred.ts";
import type { Received } from "./batch.ts";
import { BatchQueue, BatchWriter } from "./batch.ts";
import { taskEnd, taskStart, workerDeath } from "./events.ts";
import type { MemberOptions } from "./member.ts";
import { Member } from "./member.ts";
import { APPLY, DEFINE, DISMISS, OUTGROWN, READY, TIMED, UNFIT } from "./protocol.ts";
import type { PoolStats } from "./stats.ts";
import { Latencies } from "./stats.ts";
import type { Outcome, Task } from "./task.ts";
import { Backlog } from "./backlog.ts";

/** Tasks and bytes in one batch, at most. */
const BATCH_TASKS = 256;
const BATCH_BYTES = 48 * 1024;
/** Tasks handed in while all are busy, after which they are given out. */
const BUNCH = 64;
/** A task that was given out this often, its workers dying each time before they could say that they were at it, isn't tried again. */
const MOST_ATTEMPTS = 3;

/** Results taken in a row, at most: workers that report without end don't keep the event loop from its turn. */
const MOST_RESULTS = 1024;

/** What a crew is to be. */
export interface CrewOptions extends Omit<MemberOptions, "results"> {
  readonly size: number;
  readonly retries: number;
}

/** The workers of one pool. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #results: BatchQueue;
  readonly #writer: BatchWriter;
  readonly #members = new Map<number, Member>();
  /** Workers that were given up; they haven't ended yet. */
  readonly #goners = new Set<Member>();
  readonly #backlog = new Backlog();
  readonly #references: Reference[] = [];
  readonly #numbers = new Map<unknown, number>();
  readonly #latencies = new Latencies();
  readonly #ended = deferred<void>();
  #collector = new AbortController();
  #nextTask = 1;
  #nextMember = 1;
  /** Tasks without an outcome. */
  #outstanding = 0;
  #done = 0;
  #failed = 0;
  #idle: Deferred<void> | undefined;
  #isCollecting = false;
  #isClosing = false;
  /** The backlog is about to be given out. */
  #isDistributing = false;
  #broken: { readonly error: unknown } | undefined;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#results = withMethod(options.method, () => new BatchQueue());
    this.#writer = new BatchWriter(this.#results.family);
    for (let i = 0; i < options.size; i++) this.#hire();
  }

  /** Resolves when all workers have ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  /** The number of a function, by which tasks name it. `key` is the function, or the URL's text. */
  numberOf(key: unknown, reference: () => Reference): number {
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#references.push(reference()) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Hands a task in. Why it can't be done is its outcome. */
  submit(task: Task): void {
    task.id = this.#nextTask;
    this.#nextTask = this.#nextTask % 0x7fff_ffff + 1;
    task.retries = this.#options.retries;
    task.submittedAt = performance.now();
    this.#outstanding++;
    if (this.#broken !== undefined) {
      return this.#settle(task, { ok: false, error: this.#broken.error, index: 0, isRestDue: false });
    }
    this.#backlog.push(task);
    if (!this.#isDistributing) this.#distributeSoon();
    else if (this.#backlog.size % BUNCH === 0) this.#distribute();
    this.#collect();
  }

  /** Its outcome is of no interest any more. `stop`: if it is running, its worker is replaced. False = it has one already. */
  withdraw(task: Task, stop: boolean): boolean {
    if (task.state === "done") return false;
    const { member } = task;
    if (member !== undefined) {
      this.#drain();
      if (task.state !== "given") return false;
      this.#requeue(this.#takeBack(member));
    }
    const isRunning = task.state === "given" && task.member?.running?.task === task;
    this.#finish(task);
    if (stop && isRunning && member !== undefined) this.#replace(member);
    this.#distribute();
    this.#dismissIfDone();
    return true;
  }

  /** Takes back and refuses everything that no worker has begun; resolves when the rest has its outcome. */
  async drain(error: unknown): Promise<void> {
    for (const member of this.#members.values()) this.#requeue(this.#takeBack(member));
    for (const task of this.#backlog.clear()) this.#settle(task, { ok: false, error, index: 0, isRestDue: false });
    if (this.#outstanding > 0) await (this.#idle ??= deferred<void>()).promise;
  }

  /** No more tasks will come: workers end when all is done. */
  close(): void {
    this.#isClosing = true;
    this.#dismissIfDone();
  }

  /** Everything without an outcome is refused with `reason`; workers are killed. */
  terminate(reason: unknown): void {
    this.#isClosing = true;
    this.#fail(reason);
    for (const member of [...this.#members.values(), ...this.#goners]) kill(member);
    this.#endIfEmpty();
  }

  stats(): PoolStats {
    const members = [...this.#members.values()];
    const isProcess = this.#options.method === "process";
    return {
      queued: this.#outstanding - members.filter(({ assigned }) => assigned.size > 0).length,
      running: members.filter(({ assigned }) => assigned.size > 0).length,
      done: this.#done,
      failed: this.#failed,
      workers: members.map(({ process: { pid }, done, assigned }) => ({
        pid: pid ?? 0,
        tasks: done,
        busy: assigned.size > 0,
        rss: isProcess && pid !== null ? runtime.residentBytesOf(pid) : null,
      })),
      latency: this.#latencies.percentiles(),
    };
  }

  // ── giving out ──

  /** At once to a worker that has nothing to do; else when whoever hands in tasks in a row is done with it, or has many. */
  #distributeSoon(): void {
    const member = this.#roomiest();
    if (member?.assigned.size === 0) return this.#give(member, 1);
    this.#isDistributing = true;
    queueMicrotask(() => {
      this.#isDistributing = false;
      this.#distribute();
    });
  }

  #distribute(): void {
    while (this.#backlog.size > 0) {
      const member = this.#roomiest();
      if (member === undefined) return;
      // A fair share for everyone, so that the last tasks aren't all with one; but not less than is worth a batch.
      const share = Math.max(Math.ceil(this.#backlog.size / (2 * this.#members.size)), member.least);
      this.#give(member, Math.min(member.room, share, BATCH_TASKS));
    }
  }

  /** The member with the least to do, if it may be given more. */
  #roomiest(): Member | undefined {
    let best: Member | undefined;
    for (const member of this.#members.values()) {
      if (member.room > 0 && (best === undefined || member.assigned.size < best.assigned.size)) best = member;
    }
    return best;
  }

  /** Sends up to `most` tasks of the backlog to a member, in one batch. */
  #give(member: Member, most: number): void {
    const writer = this.#writer, tasks: Task[] = [];
    let defined: Set<number> | undefined;
    while (tasks.length < most && writer.length < BATCH_BYTES) {
      const task = this.#backlog.shift();
      if (task === undefined) break;
      const { id, fn, mode, payload, taskTimeout } = task;
      try {
        if (!member.functions.has(fn) && !defined?.has(fn)) {
          writer.add(0, fn, DEFINE, this.#references[fn], "function");
          (defined ??= new Set()).add(fn);
        }
        writer.add(id, fn, taskTimeout < Infinity ? mode | TIMED : mode, payload, mode === APPLY ? "args" : "items");
      } catch (error) {
        this.#settle(task, { ok: false, error: this.#refusal(task) ?? error, index: 0, isRestDue: false });
        continue;
      }
      tasks.push(task);
    }
    if (tasks.length > 0) {
      try {
        member.inbox.putNowait(writer);
      } catch (error) {
        for (const task of tasks) this.#settle(task, { ok: false, error, index: 0, isRestDue: false });
        tasks.length = 0;
      }
    }
    writer.clear();
    for (const task of tasks) this.#assign(member, task);
  }

  #assign(member: Member, task: Task): void {
    task.state = "given";
    task.member = member;
    task.attempts++;
    member.given++;
    member.assigned.set(task.id, task);
    if (task.taskTimeout < Infinity) this.#watch(task, task.taskTimeout);
    if (taskStart.hasSubscribers) {
      taskStart.publish({ pool: this.#options.name, pid: member.process.pid, task: task.id });
    }
  }

  /** Why a task's payload can't travel, with the path inside of it. */
  #refusal({ mode, payload }: Task): unknown {
    try {
      packValue(this.#results.family, payload, mode === APPLY ? "args" : "items");
      return undefined;
    } catch (error) {
      return error;
    }
  }

  /** After `delay` milliseconds: has an item of the task been running for too long? */
  #watch(task: Task, delay: number): void {
    clearTimeout(task.timer);
    task.timer = setTimeout(() => {
      this.#drain();
      const { member } = task;
      if (task.state !== "given" || member === undefined) return;
      const { running } = member;
      const left = running?.task === task ? running.since + task.taskTimeout - Date.now() : task.taskTimeout;
      if (left > 0) return this.#watch(task, left);
      const error = new TimeoutError(`The task ran for more than ${task.taskTimeout} ms (taskTimeout)`);
      this.#settle(task, { ok: false, error, index: running?.item ?? 0, isRestDue: true });
      this.#replace(member);
    }, Math.max(1, delay));
  }

  /** An idle member takes what another was given ahead. */
  #steal(idle: Member): void {
    if (idle.room <= 0) return;
    let busiest: Member | undefined;
    for (const member of this.#members.values()) {
      if (member !== idle && member.assigned.size > (busiest?.assigned.size ?? 1)) busiest = member;
    }
    if (busiest === undefined) return;
    this.#requeue(this.#takeBack(busiest, 1));
    this.#distribute();
  }

  /** Tasks out of a member's inbox, before it takes them itself; at most `batches` batches. */
  #takeBack(member: Member, batches = Infinity): Task[] {
    const tasks: Task[] = [];
    for (let i = 0; i < batches; i++) {
      const batch = member.inbox.takeNow();
      if (batch === undefined) break;
      for (const { a: id, c: mode } of batch) {
        if (mode === DISMISS) {
          this.#sendDismissal(member);
          return tasks;
        }
        const task = mode === DEFINE ? undefined : member.assigned.get(id);
        if (task !== undefined) tasks.push(task);
      }
    }
    member.given -= tasks.length;
    return tasks;
  }

  /** Tasks are to be given out again, before all others. */
  #requeue(tasks: readonly Task[]): void {
    for (const task of tasks) {
      clearTimeout(task.timer);
      task.member?.assigned.delete(task.id);
      task.member = undefined;
      task.state = "waiting";
    }
    this.#backlog.unshift(tasks);
  }

  // ── taking in ──

  /** Takes results in as long as any are due. A pool without work keeps nothing alive. */
  #collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    // Not at once: whoever hands in many tasks in a row isn't kept waiting for the first.
    queueMicrotask(async () => {
      const { signal } = this.#collector;
      try {
        while (this.#outstanding > 0) {
          await this.#results.arrival(this.#hasResults, signal);
          this.#drain();
        }
      } catch (error) {
        if (!signal.aborted) this.#break(error);
      }
      this.#isCollecting = false;
    });
  }

  readonly #hasResults = (): boolean => {
    for (const { lane } of this.#members.values()) if (lane.isReady) return true;
    return false;
  };

  /** Takes what is there now. */
  #drain(): void {
    for (const member of [...this.#members.values()]) {
      const { lane } = member;
      if (!lane.isReady) continue;
      for (let i = 0; i < MOST_RESULTS && lane.next(); i++) {
        const { task, value, error } = lane;
        this.#takeOutcome(member, task, -1, value, error);
      }
      this.#goOn(member);
    }
    for (let i = 0; i < MOST_RESULTS; i++) {
      let batch: Received[] | undefined;
      try {
        batch = this.#results.takeNow();
      } catch (error) {
        if (error instanceof ClosedError) return;
        throw error;
      }
      if (batch === undefined) return;
      this.#take(batch);
    }
  }

  #take(batch: readonly Received[]): void {
    for (const entry of batch) {
      const member = this.#members.get(entry.a);
      if (member === undefined) continue;
      switch (entry.b) {
        case READY:
          member.isReady = true;
          break;
        case UNFIT:
          this.#break(entry.error === undefined ? entry.value : entry.error.reason);
          break;
        case OUTGROWN:
          this.#dismiss(member);
          break;
        default:
          this.#takeOutcome(member, entry.b, entry.c, entry.value, entry.error);
          this.#goOn(member);
      }
    }
  }

  #takeOutcome(member: Member, id: number, failedAt: number, value: unknown, error: Received["error"]): void {
    const task = member.assigned.get(id);
    if (task === undefined) return;
    member.functions.add(task.fn);
    member.done++;
    if (failedAt < 0 && error === undefined) this.#settle(task, { ok: true, value });
    else {
      const reason = error === undefined ? value : error.reason, index = Math.max(0, failedAt);
      if (typeof reason === "object" && reason !== null) {
        const { pid, ident } = member.process;
        markOrigin(reason, { pid: pid ?? 0, ident: ident ?? "", index });
      }
      this.#settle(task, { ok: false, error: reason, index, isRestDue: false });
    }
  }

  /** A member has finished tasks: what next? */
  #goOn(member: Member): void {
    if (member.assigned.size > 0 && this.#backlog.size === 0) return;
    this.#distribute();
    if (member.assigned.size === 0) {
      if (member.isLeaving) this.#letGo(member);
      else if (member.isSpent) this.#dismiss(member);
      else if (this.#outstanding > 0) this.#steal(member);
    }
    this.#dismissIfDone();
  }

  #settle(task: Task, outcome: Outcome): void {
    if (task.state === "done") return;
    const { member } = task;
    this.#finish(task);
    if (outcome.ok) this.#done++;
    else this.#failed++;
    this.#latencies.add(performance.now() - task.submittedAt);
    if (taskEnd.hasSubscribers) {
      taskEnd.publish({ pool: this.#options.name, pid: member?.process.pid, task: task.id, ok: outcome.ok });
    }
    task.settle(outcome);
  }

  /** The task is nobody's any more. */
  #finish(task: Task): void {
    if (task.timer !== undefined) clearTimeout(task.timer);
    task.member?.assigned.delete(task.id);
    if (task.state === "waiting") this.#backlog.forget(task);
    task.member = undefined;
    task.state = "done";
    if (--this.#outstanding === 0) this.#idle?.resolve();
  }

  // ── coming and going ──

  #hire(): void {
    const member = new Member(this.#nextMember++, { ...this.#options, results: this.#results });
    this.#members.set(member.index, member);
    const { process } = member;
    void process.start().then(
      () => process.sentinel.then((exitcode) => this.#left(member, exitcode)),
      (error: unknown) => {
        if (this.#members.has(member.index) && !member.isLeaving) this.#break(error);
        this.#left(member, 1);
      },
    );
  }

  /** A member has ended: what it hadn't begun goes to others, what it was at is lost or tried again. */
  #left(member: Member, exitcode: number): void {
    if (!this.#goners.delete(member)) {
      // Whatever it said before it ended counts.
      this.#drain();
      const { running } = member;
      this.#members.delete(member.index);
      const back = this.#takeBack(member);
      const { pid } = member.process;
      const how = exitcode < 0 ? `signal ${-exitcode}` : `exit code ${exitcode}`;
      const lost = (task: Task) =>
        new WorkerDiedError(`The worker with pid ${pid} died with ${how} while it ran the task`, pid ?? 0, exitcode, {
          cause: { task: task.id },
        });
      for (const task of [...member.assigned.values()]) {
        const isRunning = running?.task === task;
        const mayTry = isRunning ? task.retries-- > 0 : back.includes(task) || task.attempts < MOST_ATTEMPTS;
        if (mayTry) {
          if (!back.includes(task)) back.push(task);
        } else this.#settle(task, { ok: false, error: lost(task), index: running?.item ?? 0, isRestDue: isRunning });
      }
      this.#requeue(back.filter(({ state }) => state === "given"));
      if (!member.isLeaving && workerDeath.hasSubscribers) {
        workerDeath.publish({ pool: this.#options.name, pid, exitcode });
      }
      if (!member.isReady && !member.isLeaving) {
        this.#break(new WorkerDiedError(`A worker died with ${how} before it could take tasks`, pid ?? 0, exitcode));
      }
      if (this.#isNeeded()) this.#hire();
    }
    member.inbox.close();
    this.#distribute();
    this.#dismissIfDone();
    this.#endIfEmpty();
  }

  /** Whether another member is to be hired: there are too few, and something to do for it or to come. */
  #isNeeded(): boolean {
    if (this.#broken !== undefined || this.#members.size >= this.#options.size) return false;
    return !this.#isClosing || this.#backlog.size > 0;
  }

  /** A member that can't be waited for: it is stopped, as soon as it can be, and another takes its place and its tasks. */
  #replace(member: Member): void {
    this.#members.delete(member.index);
    this.#goners.add(member);
    member.isLeaving = true;
    member.wasGivenUp = true;
    this.#requeue(this.#takeBack(member));
    this.#requeue([...member.assigned.values()]);
    kill(member);
    if (this.#isNeeded()) this.#hire();
    this.#distribute();
  }

  /** No worker can do any task: all that is due and all that comes is refused. */
  #break(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#fail(error);
    for (const member of this.#members.values()) kill(member);
  }

  #fail(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = { error };
    this.#collector.abort();
    const due = this.#backlog.clear();
    for (const { assigned } of this.#members.values()) due.push(...assigned.values());
    for (const task of due) this.#settle(task, { ok: false, error, index: 0, isRestDue: false });
  }

  /** Tells a member that there is no more for it. */
  #dismiss(member: Member): void {
    if (member.isLeaving) return;
    member.isLeaving = true;
    this.#requeue(this.#takeBack(member));
    this.#sendDismissal(member);
    if (member.assigned.size === 0) this.#letGo(member);
  }

  /** A member that was dismissed has nothing left to say: another takes its place without waiting for its end. */
  #letGo(member: Member): void {
    this.#members.delete(member.index);
    this.#goners.add(member);
    if (this.#isNeeded()) this.#hire();
  }

  #sendDismissal(member: Member): void {
    this.#writer.add(0, 0, DISMISS, null, "dismissal");
    member.inbox.putNowait(this.#writer);
    this.#writer.clear();
  }

  #dismissIfDone(): void {
    if (!this.#isClosing || this.#outstanding > 0 || this.#broken !== undefined) return;
    for (const member of this.#members.values()) this.#dismiss(member);
  }

  #endIfEmpty(): void {
    // A thread that can't be stopped while it computes isn't waited for.
    const canStop = this.#options.method === "process" || runtime.stopsThreads;
    const awaited = [...this.#goners].filter(({ wasGivenUp }) => canStop || !wasGivenUp);
    if (!this.#isClosing || this.#members.size > 0 || awaited.length > 0) return;
    this.#results.close();
    this.#ended.resolve();
  }
}

function kill({ process }: Member): void {
  if (process.pid !== null) process.kill();
}
