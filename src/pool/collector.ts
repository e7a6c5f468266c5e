/** Taking in what a pool's workers report: results through their lanes and the shared queue, as long as any are due. */

import { ClosedError } from "../errors/base.ts";
import { markOrigin } from "../codec/graph/errors.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import type { Received } from "../wire/batch.ts";
import type { Ledger } from "./ledger.ts";
import type { Member } from "./member.ts";
import {
  FAILED,
  failedItemIn,
  ITEM_FULFILLED,
  ITEM_REJECTED,
  OUTGROWN,
  READY,
  reportedTaskIn,
  SUCCEEDED,
  UNFIT,
  whatIn,
  workerIn,
} from "./protocol.ts";
import { type Task, taskFailed } from "./task.ts";
import { AbortController, queueMicrotask, setTimeout } from "../base/originals.ts";

/** Results taken in a row, at most: workers that report without end don't keep the event loop from its turn. */
const MOST_RESULTS = 1024;
/**
 * Milliseconds from one look at the results to the next, while they come and every worker has twice that ahead: to be woken
 * for each takes a processor from the workers that often. When none has come meanwhile, the next one wakes again.
 */
const MODERATION_MS = 2;

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a collector tells its crew. */
export interface CollectorEvents {
  /** The member takes tasks from now on. */
  ready(member: Member): void;
  /** The member has used too much memory. */
  outgrown(member: Member): void;
  /** The member has finished tasks. */
  progressed(member: Member): void;
  /** No worker can do any task, because of that. */
  unfit(error: unknown): void;
}

export class Collector {
  readonly #members: ReadonlyMap<number, Member>;
  readonly #ledger: Ledger;
  readonly #results: BatchQueue;
  readonly #arrivals: ReturnType<BatchQueue["arrivals"]>;
  readonly #events: CollectorEvents;
  #stopping = new AbortController();
  #isCollecting = false;
  #isEnded = false;

  constructor(members: ReadonlyMap<number, Member>, ledger: Ledger, results: BatchQueue, events: CollectorEvents) {
    this.#members = members;
    this.#ledger = ledger;
    this.#results = results;
    this.#arrivals = results.arrivals(() => this.#hasResults());
    this.#events = events;
  }

  /** Takes results in as long as any are due. A pool without work keeps nothing alive. */
  collect(): void {
    if (this.#isCollecting) return;
    this.#isCollecting = true;
    // Not at once: whoever hands in many tasks in a row isn't kept waiting for the first.
    queueMicrotask(async () => {
      const { signal } = this.#stopping;
      let isBusy = false; // results came when they were last looked for
      try {
        while (this.#ledger.outstanding > 0) {
          if (isBusy && this.#allAreBusy()) await sleep(MODERATION_MS);
          else await this.#arrivals.wait(signal);
          signal.throwIfAborted();
          isBusy = this.drain() > 0;
          // Results are there and can't be had: somebody was stopped while it put one.
          if (!isBusy && this.#results.qsize() > 0) await sleep(MODERATION_MS);
          await undefined; // whoever has its result now may hand in the next task
        }
      } catch (error) {
        if (!signal.aborted) this.#events.unfit(error);
      }
      this.#isCollecting = false;
      // Work may have come while the wait was being given up.
      if (this.#ledger.outstanding > 0 && !this.#isEnded) this.collect();
    });
  }

  /** Nobody wants anything any more: to wait on would keep the program alive. */
  pause(): void {
    if (!this.#isCollecting) return;
    this.#stopping.abort();
    this.#stopping = new AbortController();
  }

  /** Nothing will come any more. */
  end(): void {
    this.#isEnded = true;
    this.#stopping.abort();
  }

  #hasResults(): boolean {
    for (const { lane } of this.#members.values()) if (lane.isReady) return true;
    return false;
  }

  #allAreBusy(): boolean {
    if (this.#members.size === 0 || this.#hasResults() || this.#results.qsize() > 0) return false;
    for (const { ahead } of this.#members.values()) if (ahead < 2 * MODERATION_MS) return false;
    return true;
  }

  /** Takes what is there now, so much of it at most; how much that was. */
  drain(most = MOST_RESULTS): number {
    let taken = 0;
    for (const member of [...this.#members.values()]) {
      const { lane } = member;
      if (!lane.isReady) continue;
      for (let i = 0; i < most && lane.next(); i++, taken++) {
        const { task, value, error } = lane;
        this.#succeeded(member, task, value, error);
      }
      this.#events.progressed(member);
    }
    for (let i = 0; i < most; i++, taken++) {
      let batch: Received[] | undefined;
      try {
        batch = this.#results.takeNow();
      } catch (error) {
        if (error instanceof ClosedError) break;
        throw error;
      }
      if (batch === undefined) break;
      this.#take(batch);
    }
    return taken;
  }

  #take(batch: readonly Received[]): void {
    for (const entry of batch) {
      const member = this.#members.get(workerIn(entry));
      if (member === undefined) continue;
      switch (whatIn(entry)) {
        case READY:
          this.#events.ready(member);
          break;
        case UNFIT:
          this.#events.unfit(whyOf(entry));
          break;
        case OUTGROWN:
          this.#events.outgrown(member);
          break;
        default:
          this.#takeOutcome(member, entry);
          this.#events.progressed(member);
      }
    }
  }

  #takeOutcome(member: Member, entry: Received): void {
    const id = reportedTaskIn(entry), { value, error } = entry;
    switch (whatIn(entry)) {
      case SUCCEEDED:
        return this.#succeeded(member, id, value, error);
      case FAILED:
        return this.#failed(member, id, failedItemIn(entry), whyOf(entry));
      case ITEM_FULFILLED:
        if (error !== undefined) return this.#itemRejected(member, id, error.reason);
        return this.#itemSettled(member.assigned.get(id), { status: "fulfilled", value });
      case ITEM_REJECTED:
        return this.#itemRejected(member, id, whyOf(entry));
    }
  }

  /** A task has a value, if it can be rebuilt. */
  #succeeded(member: Member, id: number, value: unknown, error: Received["error"]): void {
    if (error !== undefined) return this.#failed(member, id, 0, error.reason);
    const task = this.#done(member, id);
    if (task !== undefined) this.#ledger.settle(task, { ok: true, value: task.parts ?? value });
  }

  /** A task has failed at an item. */
  #failed(member: Member, id: number, item: number, reason: unknown): void {
    const task = this.#done(member, id);
    if (task === undefined) return;
    noteOrigin(reason, member, task, item);
    this.#ledger.settle(task, taskFailed(reason, item));
  }

  /** A member is done with a task: which one, if anybody wants to know what came of it. */
  #done(member: Member, id: number): Task | undefined {
    const task = member.assigned.get(id);
    if (task === undefined) return undefined;
    member.functions.add(task.fn);
    member.done++;
    if (task.state !== "done") return task;
    member.forget(task); // it was withdrawn
    return undefined;
  }

  #itemRejected(member: Member, id: number, reason: unknown): void {
    const task = member.assigned.get(id);
    if (task !== undefined) noteOrigin(reason, member, task, task.parts?.length ?? 0);
    this.#itemSettled(task, { status: "rejected", reason });
  }

  /** The next item of a task with SETTLED has its outcome. */
  #itemSettled(task: Task | undefined, outcome: PromiseSettledResult<unknown>): void {
    if (task !== undefined) (task.parts ??= []).push(outcome);
  }
}

/** What a report of a failure says: what was thrown, or why that can't be rebuilt. */
function whyOf({ value, error }: Received): unknown {
  return error === undefined ? value : error.reason;
}

function noteOrigin(error: unknown, { process: { pid, ident } }: Member, { first }: Task, index: number): void {
  markOrigin(error, { pid: pid ?? 0, ident: ident ?? "", ...(first !== undefined && { index: first + index }) });
}
