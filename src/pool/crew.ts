/** A pool's workers: who is there, who is leaving, and what becomes of the tasks of those that die. */

import { ClosedError, StalledError } from "../errors/base.ts";
import { WorkerDiedError } from "../errors/outcomes.ts";
import { withMethod } from "../family/families.ts";
import { eventually } from "../family/retries.ts";
import type { Reference } from "../targets/reference.ts";
import { runtime } from "../runtime/current.ts";
import { residentBytesOf } from "../runtime/proc_files.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import { Collector } from "./collector.ts";
import { deferred } from "../base/deferred.ts";
import { Dispatcher } from "./dispatcher.ts";
import { workerDeath } from "./events.ts";
import { Ledger } from "./ledger.ts";
import { Member, type MemberOptions } from "./member.ts";
import type { PoolStats } from "./stats.ts";
import { itemFailed, poolFailed, type Task, taskFailed } from "./task.ts";
import { Watchdog } from "./watchdog.ts";
import { clearTimeout, setTimeout } from "../base/originals.ts";

/** A task that so many workers died with in their hands, not at it, isn't tried again. */
const MOST_ATTEMPTS = 3;
/** So many workers in a row are replaced that were killed before they could take tasks. */
const MOST_FALSE_STARTS = 8;
/**
 * Milliseconds that a thread which can't be stopped while it computes has to end once it was given up: one that doesn't compute
 * ends at once. Then it isn't waited for any more.
 */
const GRACE_MS = 500;

/** What a crew is to be. */
export interface CrewOptions extends Omit<MemberOptions, "results"> {
  readonly size: number;
  readonly retries: number;
}

/** A call that isn't over when all that it has handed in is. */
export interface OpenCall {
  /** It is to hand in no more: somebody waits for the pool's end, who would wait for ever if nobody reads what comes of it. */
  refuse?(error: unknown): void;
  /** No task can be done any more. */
  fail(error: unknown): void;
}

/** The workers of one pool. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #results: BatchQueue;
  readonly #members = new Map<number, Member>();
  /** Workers that were given up; they haven't ended yet. */
  readonly #goners = new Set<Member>();
  readonly #ledger: Ledger;
  readonly #dispatcher: Dispatcher;
  readonly #collector: Collector;
  readonly #watchdog: Watchdog;
  readonly #ended = deferred<void>();
  /** A closed pool isn't done before these are. */
  readonly #calls = new Set<OpenCall>();
  /** Members that are being hired. */
  #coming = 0;
  #nextMember = 1;
  #isClosing = false;
  #isEnded = false;
  #falseStarts = 0;
  /** Why all tasks are refused. */
  #broken: { readonly error: unknown } | undefined;

  constructor(options: CrewOptions) {
    const { method, name, retries, size } = options, members = this.#members;
    this.#options = options;
    this.#results = withMethod(method, () => new BatchQueue());
    const ledger = this.#ledger = new Ledger(name, retries);
    this.#watchdog = new Watchdog(members, ledger, {
      drain: () => this.#collector.drain(Infinity),
      replace: (member) => this.#replace(member),
    });
    this.#dispatcher = new Dispatcher(name, members, ledger, this.#results.family, {
      given: (task) => {
        if (task.taskTimeout < Infinity) this.#watchdog.watch(task);
      },
      relieved: (member) => {
        if (members.has(member.index)) this.#goOn(member);
      },
    });
    this.#collector = new Collector(members, ledger, this.#results, {
      ready: (member) => {
        member.isReady = true;
        this.#falseStarts = 0;
        this.#goOn(member);
      },
      outgrown: (member) => this.#dismiss(member),
      progressed: (member) => this.#goOn(member),
      unfit: (error) => this.#break(error),
    });
    for (let i = 0; i < size; i++) this.#employ(this.#newMember());
  }

  /** Resolves when all workers have ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
  }

  /** Tasks without an outcome. */
  get outstanding(): number {
    return this.#ledger.outstanding;
  }

  /** The number of a function, by which tasks name it. `key` is the function, or the URL's text. */
  numberOf(key: unknown, reference: () => Reference): number {
    return this.#dispatcher.numberOf(key, reference);
  }

  /** Hands a task in. Why it can't be done is its outcome. */
  submit(task: Task): void {
    const ledger = this.#ledger;
    ledger.admit(task);
    if (this.#broken !== undefined) return ledger.refuseBacklog(this.#broken.error);
    this.#dispatcher.added();
    this.#collector.collect();
  }

  /**
   * Outcomes that are of no interest any more. `stop`: workers that are at one of the tasks, or come to it, are replaced. False
   * = all have one already.
   */
  withdraw(tasks: readonly Task[], stop: boolean): boolean {
    const due = tasks.filter(({ state }) => state !== "done");
    if (due.some(({ member }) => member !== undefined)) {
      this.#collector.drain();
      for (const member of new Set(due.map((task) => task.member))) {
        if (member !== undefined) this.#reclaim(member);
      }
    }
    const holders = new Set<Member>();
    let isAny = false;
    for (const task of due) {
      if (task.state === "done") continue;
      const { member } = task;
      isAny = true;
      this.#ledger.finish(task);
      if (member === undefined) continue;
      member.keep(task);
      task.isToBeStopped = stop;
      holders.add(member);
    }
    if (stop) { for (const member of holders) this.#watchdog.chase(member); }
    if (isAny) {
      if (this.outstanding === 0) this.#collector.pause();
      this.#dispatcher.distribute();
      this.#dismissIfDone();
    }
    return isAny;
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
    for (const member of this.#members.values()) this.#reclaim(member);
    this.#ledger.refuseBacklog(error);
    for (const call of [...this.#calls]) call.fail(error);
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
    this.#endIfEmpty();
  }

  stats(): PoolStats {
    this.#collector.drain();
    const members = [...this.#members.values()];
    const isProcess = this.#options.method === "process";
    return {
      // One of those that a worker has is running.
      queued: this.outstanding - members.filter((member) => member.hasWork).length,
      running: members.filter(({ assigned }) => assigned.size > 0).length,
      ...this.#ledger.figures,
      workers: members.map(({ process: { pid }, done, assigned }) => ({
        pid: pid ?? 0,
        tasks: done,
        busy: assigned.size > 0,
        rss: isProcess && pid !== null ? residentBytesOf(pid) : null,
      })),
    };
  }

  /** A member has finished tasks: what next? */
  #goOn(member: Member): void {
    if (member.assigned.size > 0 && this.#ledger.backlog.size === 0) return;
    this.#dispatcher.distribute();
    if (member.assigned.size === 0) {
      if (member.isLeaving) this.#letGo(member);
      else if (member.isSpent) this.#dismiss(member);
      else if (this.outstanding > 0) this.#dispatcher.steal(member);
    }
    this.#dismissIfDone();
  }

  /** What a member hasn't begun is for others. */
  #reclaim(member: Member): void {
    this.#ledger.requeue(this.#dispatcher.reclaim(member));
  }

  // ── coming and going ──

  /** Hires another member, as soon as no stopped process is in the way of that. */
  #hire(): void {
    this.#coming++;
    eventually(() => {
      let member: Member | undefined;
      try {
        if (this.#hasUse) member = this.#newMember();
      } catch (error) {
        if (error instanceof StalledError) throw error;
        this.#break(error);
      }
      this.#coming--;
      if (member !== undefined) this.#employ(member);
      else this.#endIfEmpty();
    });
  }

  #newMember(): Member {
    return new Member(this.#nextMember++, { ...this.#options, results: this.#results });
  }

  #employ(member: Member): void {
    this.#members.set(member.index, member);
    const { process } = member, { initializer, initargs } = this.#options;
    void member.start(initializer === null ? undefined : initargs, (error) => this.#break(error)).then(
      () => process.sentinel.then((exitcode) => this.#left(member, exitcode)),
      async (error: unknown) => {
        // Killed by somebody before it had loaded, it is replaced; whatever else keeps it from starting would do so again.
        const exitcode = process.ident === null ? 1 : await process.sentinel;
        if (exitcode >= 0 && this.#members.has(member.index) && !member.isLeaving) this.#break(error);
        this.#left(member, exitcode);
      },
    );
  }

  /** A member has ended. */
  #left(member: Member, exitcode: number): void {
    // Whatever it said before it ended counts.
    if (this.#members.has(member.index)) this.#collector.drain(Infinity);
    clearTimeout(member.grace);
    if (!this.#goners.delete(member)) this.#lost(member, exitcode);
    member.inbox.close();
    this.#dispatcher.distribute();
    this.#dismissIfDone();
    this.#endIfEmpty();
  }

  /** A member has ended that wasn't given up: what it hadn't begun goes to others, what it was at is lost or tried again. */
  #lost(member: Member, exitcode: number): void {
    const { running, process: { pid } } = member;
    this.#members.delete(member.index);
    const back = new Set(this.#dispatcher.reclaim(member));
    const how = exitcode < 0 ? `signal ${-exitcode}` : `exit code ${exitcode}`;
    const died = (doing: string, cause?: unknown) =>
      new WorkerDiedError(doing, pid ?? 0, exitcode, ...(cause === undefined ? [] : [{ cause }]));
    for (const task of [...member.assigned.values()]) {
      const isRunning = running?.task === task;
      const mayTry = isRunning ? task.retries-- > 0 : back.has(task) || ++task.attempts < MOST_ATTEMPTS;
      if (mayTry) back.add(task);
      else {
        const error = died(`The worker with pid ${pid} died with ${how} while it ran the task`, { task: task.id });
        this.#ledger.settle(task, isRunning ? itemFailed(error, running.item) : taskFailed(error));
      }
    }
    this.#ledger.requeue([...back].filter(({ state }) => state === "given"));
    if (this.#broken !== undefined) this.#ledger.refuseBacklog(this.#broken.error);
    if (!member.isLeaving && workerDeath().hasSubscribers) {
      workerDeath().publish({ pool: this.#options.name, pid, exitcode });
    }
    if (!member.isReady && !member.isLeaving && (exitcode >= 0 || ++this.#falseStarts > MOST_FALSE_STARTS)) {
      this.#break(died(`A worker died with ${how} before it could take tasks`));
    }
    if (this.#isNeeded()) this.#hire();
  }

  /** Whether another member is to be hired: there are too few, and something to do for it or to come. */
  #isNeeded(): boolean {
    return this.#members.size + this.#coming < this.#options.size && this.#hasUse;
  }

  /** Whether there is something to do for another member, or to come. */
  get #hasUse(): boolean {
    return this.#broken === undefined && (!this.#isClosing || this.#ledger.backlog.size > 0);
  }

  /** A member that can't be waited for: it is stopped, as soon as it can be, and another takes its place and its tasks. */
  #replace(member: Member): void {
    this.#giveUp(member);
    this.#reclaim(member);
    this.#ledger.requeue([...member.assigned.values()].filter(({ state }) => state === "given"));
    kill(member);
    if (this.#isNeeded()) this.#hire();
    this.#dispatcher.distribute();
    this.#dismissIfDone();
    this.#endIfEmpty();
  }

  #giveUp(member: Member): void {
    this.#members.delete(member.index);
    this.#goners.add(member);
    member.giveUp();
    if (this.#stopsBusy) return;
    member.grace = setTimeout(() => {
      member.isOverdue = true;
      this.#endIfEmpty();
    }, GRACE_MS);
  }

  /** No worker can do any task: all that is due and all that comes is refused. */
  #break(error: unknown): void {
    if (this.#broken === undefined) this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#broken ??= { error };
    this.#collector.end();
    this.#ledger.refuseBacklog(error);
    for (const member of [...this.#members.values()]) {
      const { assigned } = member;
      if (assigned.size > 0 && !this.#stopsBusy) this.#giveUp(member);
      for (const task of [...assigned.values()]) this.#ledger.settle(task, poolFailed(error));
    }
    for (const call of [...this.#calls]) call.fail(error);
    for (const member of [...this.#members.values(), ...this.#goners]) kill(member);
  }

  /** Whether a worker can be stopped while it computes. */
  get #stopsBusy(): boolean {
    return this.#options.method === "process" || runtime.stopsThreads;
  }

  /** Tells a member that there is no more for it. */
  #dismiss(member: Member): void {
    if (member.isLeaving) return;
    member.isLeaving = true;
    this.#reclaim(member); // which tells it
    if (member.assigned.size === 0) this.#letGo(member);
  }

  /** A member that was dismissed has nothing left to say: another takes its place without waiting for its end. */
  #letGo(member: Member): void {
    this.#members.delete(member.index);
    this.#goners.add(member);
    if (this.#isNeeded()) this.#hire();
  }

  #dismissIfDone(): void {
    if (!this.#isClosing || this.outstanding > 0 || this.#calls.size > 0 || this.#broken !== undefined) return;
    for (const member of this.#members.values()) this.#dismiss(member);
  }

  #endIfEmpty(): void {
    if (this.#isEnded || !this.#isClosing || this.#members.size + this.#coming > 0) return;
    if ([...this.#goners].some(({ isOverdue }) => !isOverdue)) return;
    this.#isEnded = true;
    this.#broken ??= { error: new ClosedError("Cannot do the task: its pool is closed, and its workers have ended") };
    this.#results.close();
    this.#ended.resolve();
  }
}

function kill({ process }: Member): void {
  if (process.isAlive()) process.kill();
}
