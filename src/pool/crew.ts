/** A pool's workers and who does what: tasks go out ahead of need, are taken back from the busy, and survive the dead. */

import { ClosedError, TimeoutError, WorkerDiedError } from "../errors.ts";
import { withMethod } from "../memory/families.ts";
import { startUnheld } from "../process/process.ts";
import type { Reference } from "../process/reference.ts";
import { runtime } from "../runtime/current.ts";
import { markOrigin } from "../wire/errors.ts";
import { packValue } from "../wire/message.ts";
import { deferred } from "./deferred.ts";
import type { Received } from "./batch.ts";
import { BatchQueue, BatchWriter } from "./batch.ts";
import { taskEnd, taskStart, workerDeath } from "./events.ts";
import type { MemberOptions } from "./member.ts";
import { Member } from "./member.ts";
import { APPLY, DEFINE, DISMISS, FULFILLED, OUTGROWN, READY, TIMED, UNFIT } from "./protocol.ts";
import type { PoolStats } from "./stats.ts";
import { Latencies } from "./stats.ts";
import type { Outcome, Task } from "./task.ts";
import { Backlog } from "./backlog.ts";

/** Tasks and bytes in one batch, at most. What a worker has taken out of its inbox can't be given to another any more. */
const BATCH_TASKS = 64;
const BATCH_BYTES = 48 * 1024;
/** Tasks handed in while all are busy, after which they are given out. */
const BUNCH = 64;
/** A task that so many workers died with in their hands, not at it, isn't tried again. */
const MOST_ATTEMPTS = 3;
/** So many workers in a row are replaced that were killed before they could take tasks. */
const MOST_FALSE_STARTS = 8;
/** Milliseconds between looks at whether a worker has come to a task that it is to be stopped at. */
const CHASE = 20;

/** Results taken in a row, at most: workers that report without end don't keep the event loop from its turn. */
const MOST_RESULTS = 1024;

/** What a crew is to be. */
export interface CrewOptions extends Omit<MemberOptions, "results"> {
  readonly size: number;
  readonly retries: number;
}

/** A call that isn't over when all that it has handed in is. */
export interface OpenCall {
  /** It is to hand in no more: somebody waits for the pool's end, or there is no pool any more. */
  refuse?(error: unknown): void;
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
  #isCollecting = false;
  #isClosing = false;
  #isEnded = false;
  /** A closed pool isn't done before these are. */
  readonly #calls = new Set<OpenCall>();
  #falseStarts = 0;
  /** The backlog is about to be given out. */
  #isDistributing = false;
  /** Why all tasks are refused. */
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
      return this.#settle(task, { ok: false, error: this.#broken.error, index: 0, reach: "pool" });
    }
    this.#backlog.push(task);
    if (!this.#isDistributing) this.#distributeSoon();
    else if (this.#backlog.size % BUNCH === 0) this.#distribute();
    this.#collect();
  }

  /**
   * Outcomes that are of no interest any more. `stop`: workers that are at one of the tasks, or come to it, are replaced. False
   * = all have one already.
   */
  withdraw(tasks: readonly Task[], stop: boolean): boolean {
    const due = tasks.filter(({ state }) => state !== "done");
    if (due.some(({ member }) => member !== undefined)) {
      this.#drain();
      for (const member of new Set(due.map((task) => task.member))) {
        if (member !== undefined) this.#requeue(this.#takeBack(member));
      }
    }
    const holders = new Set<Member>();
    let isAny = false;
    for (const task of due) {
      if (task.state === "done") continue;
      const { member } = task;
      isAny = true;
      this.#finish(task);
      if (member === undefined) continue;
      // What a worker has in its hands can't be taken back: it keeps the worker busy.
      member.assigned.set(task.id, task);
      task.isToBeStopped = stop;
      holders.add(member);
    }
    if (stop) { for (const member of holders) this.#chase(member); }
    if (isAny) {
      if (this.#outstanding === 0 && this.#isCollecting) this.#stopCollecting();
      this.#distribute();
      this.#dismissIfDone();
    }
    return isAny;
  }

  /** Replaces a member as soon as it is at a task that it is to be stopped at. */
  #chase(member: Member): void {
    clearTimeout(member.chase);
    if (!this.#members.has(member.index)) return;
    if (member.running?.task.isToBeStopped) return this.#replace(member);
    for (const task of member.assigned.values()) {
      if (!task.isToBeStopped) continue;
      member.chase = setTimeout(() => {
        this.#drain();
        this.#chase(member);
      }, CHASE);
      return;
    }
  }

  /** A call will hand in more: until the function returned is called, a closed pool isn't done. */
  keepOpen(call: OpenCall): () => void {
    this.#calls.add(call);
    return () => {
      if (this.#calls.delete(call)) this.#dismissIfDone();
    };
  }

  /** Whoever waits for the end doesn't wait for calls whose results nobody may want. */
  refuseUnread(): void {
    const error = new ClosedError("Cannot go on: the pool was joined before the rest of the input was read");
    for (const call of [...this.#calls]) call.refuse?.(error);
  }

  /** Takes back and refuses everything that no worker has begun; resolves when all that runs is done and no worker is left. */
  async drain(error: unknown): Promise<void> {
    this.#isClosing = true;
    this.#broken ??= { error };
    for (const member of this.#members.values()) this.#requeue(this.#takeBack(member));
    this.#refuseBacklog(error);
    for (const member of [...this.#members.values()]) this.#dismiss(member);
    this.#endIfEmpty();
    await this.#ended.promise;
  }

  /** No more tasks will come: workers end when all is done. */
  close(): void {
    this.#isClosing = true;
    this.#dismissIfDone();
    this.#endIfEmpty();
  }

  /** Everything without an outcome is refused with `reason`; workers are killed. */
  terminate(reason: unknown): void {
    this.#isClosing = true;
    this.#fail(reason);
    for (const member of [...this.#members.values(), ...this.#goners]) kill(member);
    this.#endIfEmpty();
  }

  stats(): PoolStats {
    this.#drain();
    const members = [...this.#members.values()];
    const isProcess = this.#options.method === "process";
    return {
      // One of those that a worker has is running.
      queued: this.#outstanding - members.filter((member) => member.hasWork).length,
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
      const fn = this.#backlog.nextFunction;
      const share = Math.max(Math.ceil(this.#backlog.size / (2 * this.#members.size)), member.leastFor(fn));
      this.#give(member, Math.min(member.roomFor(fn), share, BATCH_TASKS));
    }
  }

  /** The member with the least to do, if it may be given more. */
  #roomiest(): Member | undefined {
    const fn = this.#backlog.nextFunction;
    let best: Member | undefined;
    for (const member of this.#members.values()) {
      if (best !== undefined && member.assigned.size >= best.assigned.size) continue;
      if (member.roomFor(fn) > 0) best = member;
    }
    return best;
  }

  /** Sends up to `most` tasks of the backlog to a member, in one batch. */
  #give(member: Member, most: number): void {
    const writer = this.#writer, tasks: Task[] = [];
    // Told at the end: whoever hears of it may hand in more.
    const refused: [Task, Outcome][] = [];
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
        refused.push([task, this.#refusal(task) ?? { ok: false, error, index: 0, reach: "task" }]);
        continue;
      }
      tasks.push(task);
    }
    if (tasks.length > 0) {
      try {
        member.inbox.putNowait(writer);
      } catch (error) {
        for (const task of tasks) refused.push([task, { ok: false, error, index: 0, reach: "task" }]);
        tasks.length = 0;
      }
    }
    writer.clear();
    for (const task of tasks) this.#assign(member, task);
    for (const [task, outcome] of refused) this.#settle(task, outcome);
  }

  #assign(member: Member, task: Task): void {
    task.state = "given";
    task.member = member;
    member.given++;
    member.assigned.set(task.id, task);
    if (task.taskTimeout < Infinity) this.#watch(task, task.taskTimeout);
    if (taskStart().hasSubscribers) {
      taskStart().publish({ pool: this.#options.name, pid: member.process.pid, task: task.id });
    }
  }

  /** Which part of a task's payload can't travel, and why, with the path inside of it. */
  #refusal({ mode, payload, first = 0 }: Task): Outcome | undefined {
    const { family } = this.#results;
    if (mode === APPLY) {
      try {
        packValue(family, payload, "args");
      } catch (error) {
        return { ok: false, error, index: 0, reach: "task" };
      }
    } else {
      for (const [index, item] of payload.entries()) {
        try {
          packValue(family, item, `items[${first + index}]`);
        } catch (error) {
          return { ok: false, error, index, reach: "item" };
        }
      }
    }
    return undefined;
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
      if (left > 0) return this.#watch(task, Math.min(left, task.taskTimeout));
      const error = new TimeoutError(`The task ran for more than ${task.taskTimeout} ms (taskTimeout)`);
      this.#settle(task, { ok: false, error, index: running?.item ?? 0, reach: "item" });
      this.#replace(member);
    }, Math.max(1, delay));
  }

  /** An idle member takes what another was given ahead. */
  #steal(idle: Member): void {
    if (idle.roomFor(-1) <= 0) return;
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
        if (task?.state === "given") tasks.push(task);
        else if (task !== undefined) member.assigned.delete(id);
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
      // Work may have come while the wait was being given up.
      if (this.#outstanding > 0 && this.#broken === undefined) this.#collect();
    });
  }

  /** Nobody wants anything any more: to wait on would keep the program alive. */
  #stopCollecting(): void {
    this.#collector.abort();
    this.#collector = new AbortController();
  }

  readonly #hasResults = (): boolean => {
    for (const { lane } of this.#members.values()) if (lane.isReady) return true;
    return false;
  };

  /** Takes what is there now, so much of it at most. */
  #drain(most = MOST_RESULTS): void {
    for (const member of [...this.#members.values()]) {
      const { lane } = member;
      if (!lane.isReady) continue;
      for (let i = 0; i < most && lane.next(); i++) {
        const { task, value, error } = lane;
        this.#takeOutcome(member, task, -1, value, error);
      }
      this.#goOn(member);
    }
    for (let i = 0; i < most; i++) {
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
          this.#falseStarts = 0;
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
    if (failedAt < -1) return this.#takePart(member, task, failedAt, value, error);
    member.functions.add(task.fn);
    member.done++;
    if (task.state === "done") {
      member.assigned.delete(id); // it was withdrawn
    } else if (failedAt < 0 && error === undefined) this.#settle(task, { ok: true, value: task.parts ?? value });
    else {
      const reason = error === undefined ? value : error.reason, index = Math.max(0, failedAt);
      noteOrigin(reason, member, task, index);
      this.#settle(task, { ok: false, error: reason, index, reach: "task" });
    }
  }

  /** The next item of a task with SETTLED has its outcome. */
  #takePart(member: Member, task: Task, how: number, value: unknown, error: Received["error"]): void {
    const parts = task.parts ??= [];
    if (how === FULFILLED && error === undefined) return void parts.push({ status: "fulfilled", value });
    const reason = error === undefined ? value : error.reason;
    noteOrigin(reason, member, task, parts.length);
    parts.push({ status: "rejected", reason });
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
    if (taskEnd().hasSubscribers) {
      taskEnd().publish({ pool: this.#options.name, pid: member?.process.pid, task: task.id, ok: outcome.ok });
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
    this.#outstanding--;
  }

  // ── coming and going ──

  #hire(): void {
    const member = new Member(this.#nextMember++, { ...this.#options, results: this.#results });
    this.#members.set(member.index, member);
    const { process } = member;
    void startUnheld(process).then(
      () => process.sentinel.then((exitcode) => this.#left(member, exitcode)),
      async (error: unknown) => {
        // Killed by somebody before it had loaded, it is replaced; whatever else keeps it from starting would do so again.
        const exitcode = process.ident === null ? 1 : await process.sentinel;
        if (exitcode >= 0 && this.#members.has(member.index) && !member.isLeaving) this.#break(error);
        this.#left(member, exitcode);
      },
    );
  }

  /** A member has ended: what it hadn't begun goes to others, what it was at is lost or tried again. */
  #left(member: Member, exitcode: number): void {
    // Whatever it said before it ended counts.
    if (this.#members.has(member.index)) this.#drain(Infinity);
    if (!this.#goners.delete(member)) {
      const { running } = member;
      this.#members.delete(member.index);
      const back = new Set(this.#takeBack(member));
      const { pid } = member.process;
      const how = exitcode < 0 ? `signal ${-exitcode}` : `exit code ${exitcode}`;
      const lost = (task: Task) =>
        new WorkerDiedError(`The worker with pid ${pid} died with ${how} while it ran the task`, pid ?? 0, exitcode, {
          cause: { task: task.id },
        });
      for (const task of [...member.assigned.values()]) {
        const isRunning = running?.task === task;
        const mayTry = isRunning ? task.retries-- > 0 : back.has(task) || ++task.attempts < MOST_ATTEMPTS;
        if (mayTry) back.add(task);
        else {
          const index = isRunning ? running.item : 0;
          this.#settle(task, { ok: false, error: lost(task), index, reach: isRunning ? "item" : "task" });
        }
      }
      this.#requeue([...back].filter(({ state }) => state === "given"));
      if (this.#broken !== undefined) this.#refuseBacklog(this.#broken.error);
      if (!member.isLeaving && workerDeath().hasSubscribers) {
        workerDeath().publish({ pool: this.#options.name, pid, exitcode });
      }
      if (!member.isReady && !member.isLeaving && (exitcode >= 0 || ++this.#falseStarts > MOST_FALSE_STARTS)) {
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
    member.giveUp();
    this.#requeue(this.#takeBack(member));
    this.#requeue([...member.assigned.values()].filter(({ state }) => state === "given"));
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
    this.#broken ??= { error };
    this.#collector.abort();
    this.#refuseBacklog(error);
    for (const { assigned } of this.#members.values()) {
      for (const task of [...assigned.values()]) this.#settle(task, { ok: false, error, index: 0, reach: "pool" });
    }
    for (const call of [...this.#calls]) call.refuse?.(error);
    this.#calls.clear();
  }

  #refuseBacklog(error: unknown): void {
    for (const task of this.#backlog.clear()) this.#settle(task, { ok: false, error, index: 0, reach: "pool" });
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
    if (!this.#isClosing || this.#outstanding > 0 || this.#calls.size > 0 || this.#broken !== undefined) return;
    for (const member of this.#members.values()) this.#dismiss(member);
  }

  #endIfEmpty(): void {
    // A thread that can't be stopped while it computes isn't waited for.
    const canStop = this.#options.method === "process" || runtime.stopsThreads;
    const awaited = [...this.#goners].filter(({ wasGivenUp }) => canStop || !wasGivenUp);
    if (this.#isEnded || !this.#isClosing || this.#members.size > 0 || awaited.length > 0) return;
    this.#isEnded = true;
    this.#broken ??= { error: new ClosedError("Cannot do the task: its pool is closed, and its workers have ended") };
    this.#results.close();
    this.#ended.resolve();
  }
}

function noteOrigin(error: unknown, { process: { pid, ident } }: Member, { first }: Task, index: number): void {
  markOrigin(error, { pid: pid ?? 0, ident: ident ?? "", ...(first !== undefined && { index: first + index }) });
}

function kill({ process }: Member): void {
  if (process.pid !== null) process.kill();
}
