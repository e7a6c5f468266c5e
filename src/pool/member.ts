/** One worker of a pool, as the pool sees it. */

import type { setTimeout } from "../base/originals.ts";
import { withMethod } from "../family/families.ts";
import { ownTarget } from "../process/own_modules.ts";
import { Process, startUnheld } from "../process/process.ts";
import { BatchWriter } from "../wire/batch.ts";
import { addInitargs } from "./protocol.ts";
import type { Reference } from "../targets/reference.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { RawArray } from "../shared/array.ts";
import { FamilyLink } from "../wire/handles.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import { CLAIM_WORDS, PoolClaims } from "./claims.ts";
import { LANE_WORDS, LaneReader } from "../wire/lane.ts";
import { PoolProgress, PROGRESS_CELLS } from "./progress.ts";
import type { Task } from "./task.ts";
import type { WorkerOptions } from "./worker.ts";

/**
 * Nanoseconds of work that a worker is given ahead, so that it never waits for us. More is sent when half of it is done: that
 * half has to be more than what MODERATION_MS in collector.ts asks for.
 */
const AHEAD_NS = 12e6;
/** Nanoseconds of work in a batch, at least, if there is as much. */
const LEAST_BATCH_NS = 5e4;
/** Tasks ahead, at least (the second waits while the first is done) and at most. */
const LEAST_TASKS_AHEAD = 2, MOST_TASKS_AHEAD = 4096;

/** What all workers of a pool have in common. */
export interface MemberOptions {
  readonly method: StartMethod;
  readonly name: string;
  readonly results: BatchQueue;
  readonly initializer: Reference | null;
  readonly initargs: readonly unknown[];
  readonly maxTasks: number;
  readonly maxMemory: number;
}

/** A worker: its process, its inbox, and what it was given. */
export class Member {
  readonly index: number;
  readonly process: Process;
  readonly inbox: BatchQueue;
  /** What of its inbox it hasn't begun, or taken out at all. */
  readonly claims: PoolClaims<Task>;
  /** What it was given and hasn't reported, by id, in the order given. */
  readonly assigned = new Map<number, Task>();
  /** Functions that it has shown to have: until then their references go with each batch, since any may be taken back. */
  readonly functions = new Set<number>();
  /** What comes of its tasks, as far as it fits; the rest comes with `results`. */
  readonly lane: LaneReader;
  readonly #progress: PoolProgress;
  readonly #maxTasks: number;
  readonly #paces: number[] = [];
  isReady = false;
  /** It gets no more tasks: it was told to end, or it has done its share. */
  isLeaving = false;
  /** It was given up, can't be stopped, and hasn't ended in its grace: nobody waits for it any more. */
  isOverdue = false;
  /** Ends its grace. */
  grace: ReturnType<typeof setTimeout> | undefined;
  /** Tasks that it was given in its life, and that it has done. */
  given = 0;
  done = 0;
  /** Looks whether it is at a task that it is to be stopped at. */
  chase: ReturnType<typeof setTimeout> | undefined;

  constructor(index: number, options: MemberOptions) {
    const { method, name, results, initializer, maxTasks, maxMemory } = options;
    this.index = index;
    this.#maxTasks = maxTasks;
    const made = withMethod(method, () => {
      const inbox = new BatchQueue(), progress = new RawArray("d", PROGRESS_CELLS);
      const lane = new RawArray("i", LANE_WORDS), claims = new RawArray("i", CLAIM_WORDS);
      const words: WorkerOptions = { index, inbox, claims, results, lane, progress, initializer, maxMemory };
      return {
        inbox,
        claims,
        progress,
        lane,
        process: new Process({ target: ownTarget("servePool"), args: [words], name: `${name}-${index}`, daemon: true }),
      };
    });
    this.inbox = made.inbox;
    this.claims = new PoolClaims(made.claims);
    this.process = made.process;
    this.#progress = new PoolProgress(made.progress);
    this.lane = new LaneReader(made.lane, new FamilyLink(results.family));
  }

  /** Gives it what its initializer needs, and starts it. `onLost` is told why it can't be given that after all. */
  async start(initargs: readonly unknown[] | undefined, onLost: (error: unknown) => void): Promise<void> {
    if (initargs !== undefined) {
      const writer = new BatchWriter(this.inbox.family);
      addInitargs(writer, initargs);
      this.inbox.send(writer, onLost);
    }
    await startUnheld(this.process);
  }

  /** It has begun a task that nobody wants any more: until it says that it is done with it, it is busy. */
  keep(task: Task): void {
    this.assigned.set(task.id, task);
    this.#progress.markUnwanted(task.id);
  }

  /** It is done with a task that nobody wants any more. */
  forget({ id }: Task): void {
    this.assigned.delete(id);
    this.#progress.clearUnwanted(id);
  }

  /** It is about to be stopped in the middle of a task. */
  giveUp(): void {
    this.isLeaving = true;
    this.#progress.stop();
  }

  /** Whether it has a task that somebody wants. */
  get hasWork(): boolean {
    for (const { state } of this.assigned.values()) if (state === "given") return true;
    return false;
  }

  /** How many more tasks, of that function or NO_FUNCTION, it is to be given now: none before half of what it has ahead is done, so that batches are worth it. */
  roomFor(fn: number): number {
    if (this.isLeaving || !this.claims.hasRoom) return 0;
    const pace = this.#paceOf(fn);
    const ahead = pace === 0
      ? LEAST_TASKS_AHEAD
      : Math.max(LEAST_TASKS_AHEAD, Math.min(MOST_TASKS_AHEAD, Math.floor(AHEAD_NS / pace)));
    const room = ahead - this.assigned.size;
    return room * 2 < ahead ? 0 : Math.min(room, this.#maxTasks - this.given);
  }

  /** Nanoseconds that a call of a function takes, lately; 0 = not known: what others take says nothing. */
  #paceOf(fn: number): number {
    const last = this.#progress.paceFunction, pace = this.#progress.paceOf(last);
    if (pace > 0) this.#paces[last] = pace;
    return this.#paces[fn] ?? 0;
  }

  /** Milliseconds of work that it has and hasn't begun, as far as can be told. */
  get ahead(): number {
    const { unclaimed } = this.claims;
    return unclaimed === 0 ? 0 : unclaimed * this.#progress.pace / 1e6;
  }

  /** Tasks that are worth a batch. */
  leastFor(fn: number): number {
    const pace = this.#paceOf(fn);
    return pace === 0 ? 1 : Math.max(1, Math.floor(LEAST_BATCH_NS / pace));
  }

  /** Whether it has been given all the tasks of its life. */
  get isSpent(): boolean {
    return this.given >= this.#maxTasks;
  }

  /** The task that it is at, and its item; undefined when it is at none that we know of. */
  get running(): { readonly task: Task; readonly item: number; readonly since: number } | undefined {
    const { task: id, item, since } = this.#progress, task = this.assigned.get(id);
    return task && { task, item, since };
  }
}
