/** Giving a pool's tasks out: ahead of need, in batches worth sending, and taken back from the busy for the idle. */

import type { Family } from "../family/family.ts";
import { eventually } from "../family/retries.ts";
import type { Reference } from "../targets/reference.ts";
import { packValue } from "../wire/parcels.ts";
import { BatchWriter } from "../wire/batch.ts";
import { taskStart } from "./events.ts";
import type { Ledger } from "./ledger.ts";
import type { Member } from "./member.ts";
import { addDefinition, addTask, isApply, NO_FUNCTION } from "./protocol.ts";
import { itemFailed, type Task, taskFailed, type TaskFailure } from "./task.ts";
import { queueMicrotask } from "../base/originals.ts";

/** Tasks and bytes in one batch, at most. */
const BATCH_TASKS = 64;
const BATCH_BYTES = 48 * 1024;
/** Tasks handed in while all are busy, after which they are given out. */
const BUNCH_TASKS = 64;

/** What a dispatcher tells its crew. */
export interface DispatcherEvents {
  /** The task was given to a member. */
  given(task: Task): void;
  /** The member has less to do: what it was given couldn't be sent. */
  relieved(member: Member): void;
}

/** Decides which member gets which tasks of the backlog, and sends them. */
export class Dispatcher {
  readonly #pool: string;
  readonly #members: ReadonlyMap<number, Member>;
  readonly #ledger: Ledger;
  readonly #family: Family;
  readonly #writer: BatchWriter;
  readonly #events: DispatcherEvents;
  readonly #references: Reference[] = [];
  readonly #numbers = new Map<unknown, number>();
  /** The backlog is about to be given out. */
  #isDistributing = false;
  /** A batch is being written: code of the user's (a getter, a Proxy) may hand in tasks meanwhile. */
  #isWriting = false;

  constructor(
    pool: string,
    members: ReadonlyMap<number, Member>,
    ledger: Ledger,
    family: Family,
    events: DispatcherEvents,
  ) {
    this.#pool = pool;
    this.#members = members;
    this.#ledger = ledger;
    this.#family = family;
    this.#writer = new BatchWriter(family);
    this.#events = events;
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

  /**
   * A task has come into the backlog. It is given out at once to a member that has nothing to do; else when whoever hands in
   * tasks in a row is done with it, or has many.
   */
  added(): void {
    if (this.#isDistributing) {
      if (this.#ledger.backlog.size % BUNCH_TASKS === 0) this.distribute();
      return;
    }
    const member = this.#isWriting ? undefined : this.#roomiest();
    if (member?.assigned.size === 0) return this.#give(member, 1);
    this.#distributeSoon();
  }

  #distributeSoon(): void {
    this.#isDistributing = true;
    queueMicrotask(() => {
      this.#isDistributing = false;
      this.distribute();
    });
  }

  /** Gives out as much as members are to have. */
  distribute(): void {
    if (this.#isWriting) return this.#distributeSoon();
    const { backlog } = this.#ledger;
    while (backlog.size > 0) {
      const member = this.#roomiest();
      if (member === undefined) return;
      // A fair share for everyone, so that the last tasks aren't all with one; but not less than is worth a batch.
      const fn = backlog.nextFunction;
      const share = Math.max(Math.ceil(backlog.size / (2 * this.#members.size)), member.leastFor(fn));
      this.#give(member, Math.min(member.roomFor(fn), share, BATCH_TASKS));
    }
  }

  /** An idle member takes half of what another was given and hasn't begun. */
  steal(idle: Member): void {
    if (idle.roomFor(NO_FUNCTION) <= 0) return;
    let busiest: Member | undefined, most = 0;
    for (const member of this.#members.values()) {
      const { unclaimed } = member.claims;
      if (member !== idle && unclaimed > most) [busiest, most] = [member, unclaimed];
    }
    if (busiest === undefined) return;
    this.#ledger.requeue(this.#takeBack(busiest, Math.ceil(most / 2)));
    this.distribute();
  }

  /** All tasks that a member was given and hasn't begun. One that is leaving is told that no more will come. */
  reclaim(member: Member): Task[] {
    const tasks = this.#takeBack(member, Infinity);
    while (member.inbox.dropNow()); // nothing there is for it any more
    // Not a message: that may want memory, and there may be none.
    if (member.isLeaving) eventually(() => member.inbox.isClosed || member.inbox.shutdown());
    return tasks;
  }

  /** Tasks that a member was given and hasn't begun; at most so many, the last. */
  #takeBack(member: Member, most: number): Task[] {
    const taken = member.claims.takeBack(most), tasks = taken.filter(({ state }) => state === "given");
    for (const task of taken) if (task.state === "done") member.forget(task);
    member.given -= taken.length;
    return tasks;
  }

  /** The member with the least to do, if it may be given more. */
  #roomiest(): Member | undefined {
    const fn = this.#ledger.backlog.nextFunction;
    let best: Member | undefined;
    for (const member of this.#members.values()) {
      if (best !== undefined && member.assigned.size >= best.assigned.size) continue;
      if (member.roomFor(fn) > 0) best = member;
    }
    return best;
  }

  /** Sends up to `most` tasks of the backlog to a member, in one batch. */
  #give(member: Member, most: number): void {
    const writer = this.#writer, batch = member.claims.next;
    let tasks: Task[] = [];
    // Told at the end: whoever hears of it may hand in more.
    const refused: [Task, TaskFailure][] = [];
    let defined: Set<number> | undefined;
    this.#isWriting = true;
    while (tasks.length < most && writer.length < BATCH_BYTES) {
      const task = this.#ledger.backlog.shift();
      if (task === undefined) break;
      const { fn } = task;
      try {
        if (!member.functions.has(fn) && !defined?.has(fn)) {
          addDefinition(writer, fn, this.#references[fn]);
          (defined ??= new Set()).add(fn);
        }
        addTask(writer, task, batch, task.taskTimeout < Infinity);
      } catch (error) {
        refused.push([task, this.#refusal(task) ?? taskFailed(error)]);
        continue;
      }
      tasks.push(task);
    }
    this.#isWriting = false;
    if (tasks.length > 0) {
      member.claims.open(tasks);
      try {
        member.inbox.send(writer, (error) => this.#lost(member, batch, error));
      } catch (error) {
        member.claims.cancel(batch);
        for (const task of tasks) refused.push([task, taskFailed(error)]);
        tasks = [];
      }
    }
    writer.clear();
    for (const task of tasks) this.#assign(member, task);
    for (const [task, failure] of refused) this.#ledger.settle(task, failure);
  }

  /** A batch that was kept for a while can't be sent after all. */
  #lost(member: Member, batch: number, error: unknown): void {
    const tasks = member.claims.cancel(batch);
    member.given -= tasks.length;
    for (const task of tasks) {
      if (task.state === "done") member.forget(task);
      else this.#ledger.settle(task, taskFailed(error));
    }
    this.#events.relieved(member);
  }

  #assign(member: Member, task: Task): void {
    task.state = "given";
    task.member = member;
    member.given++;
    member.assigned.set(task.id, task);
    this.#events.given(task);
    if (taskStart().hasSubscribers) taskStart().publish({ pool: this.#pool, pid: member.process.pid, task: task.id });
  }

  /** Which part of a task's payload can't travel, and why, with the path inside of it. */
  #refusal({ mode, payload, first = 0 }: Task): TaskFailure | undefined {
    if (isApply(mode)) {
      try {
        packValue(this.#family, [...payload], "args");
      } catch (error) {
        return taskFailed(error);
      }
    } else {
      for (const [index, item] of payload.entries()) {
        try {
          packValue(this.#family, item, `items[${first + index}]`);
        } catch (error) {
          return itemFailed(error, index);
        }
      }
    }
    return undefined;
  }
}
