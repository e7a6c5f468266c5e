/** Taking in what a pool's workers report: results through their lanes and the shared queue, as long as any are due. */

import { ClosedError } from "../errors/base.ts";
import { markOrigin } from "../codec/graph/errors.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import type { Received } from "../wire/batch.ts";
import type { Ledger } from "./ledger.ts";
import type { Member } from "./member.ts";
import { FULFILLED, OUTGROWN, READY, UNFIT } from "./protocol.ts";
import type { Task } from "./task.ts";

/** Results taken in a row, at most: workers that report without end don't keep the event loop from its turn. */
const MOST_RESULTS = 1024;
/**
 * Milliseconds from one look at the results to the next, while they come and every worker has twice that ahead: to be woken
 * for each takes a processor from the workers that often. When none has come meanwhile, the next one wakes again.
 */
const MODERATION = 2;

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
          if (isBusy && this.#allAreBusy()) await sleep(MODERATION);
          else await this.#arrivals.wait(signal);
          signal.throwIfAborted();
          isBusy = this.drain() > 0;
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
    for (const { ahead } of this.#members.values()) if (ahead < 2 * MODERATION) return false;
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
        this.#takeOutcome(member, task, -1, value, error);
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
      const member = this.#members.get(entry.a);
      if (member === undefined) continue;
      switch (entry.b) {
        case READY:
          this.#events.ready(member);
          break;
        case UNFIT:
          this.#events.unfit(entry.error === undefined ? entry.value : entry.error.reason);
          break;
        case OUTGROWN:
          this.#events.outgrown(member);
          break;
        default:
          this.#takeOutcome(member, entry.b, entry.c, entry.value, entry.error);
          this.#events.progressed(member);
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
      member.forget(task); // it was withdrawn
    } else if (failedAt < 0 && error === undefined) this.#ledger.settle(task, { ok: true, value: task.parts ?? value });
    else {
      const reason = error === undefined ? value : error.reason, index = Math.max(0, failedAt);
      noteOrigin(reason, member, task, index);
      this.#ledger.settle(task, { ok: false, error: reason, index, reach: "task" });
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
}

function noteOrigin(error: unknown, { process: { pid, ident } }: Member, { first }: Task, index: number): void {
  markOrigin(error, { pid: pid ?? 0, ident: ident ?? "", ...(first !== undefined && { index: first + index }) });
}
