/** A pool's workers and who does what: tasks go out ahead of need, come back from the dead, and are taken from the busy. */

import { Queue } from "../channels/queue.ts";
import { ClosedError, Empty, SerializationError, WorkerDiedError } from "../errors.ts";
import { withMethod } from "../memory/families.ts";
import { Process } from "../process/process.ts";
import type { Reference } from "../process/reference.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { markOrigin } from "../wire/errors.ts";
import { packValue } from "../wire/message.ts";
import type { ResultMessage, TaskMessage } from "./protocol.ts";
import { APPLY, READY, UNFIT } from "./protocol.ts";
import type { WorkerOptions } from "./worker.ts";

const workerModule = new URL(
  import.meta.url.endsWith(".ts") ? "./worker.ts#serve" : "./worker.js#serve",
  import.meta.url,
);

/** Tasks that a worker is given ahead: many when they are short, so that it never waits for us. */
const AHEAD_SHORT = 64;
const AHEAD_LONG = 2;
/** A task that takes longer than this many milliseconds isn't short. */
const SHORT = 1;

/** A call, or a chunk of calls, that one worker does in one go. */
export interface Task {
  readonly fn: number;
  readonly mode: number;
  readonly payload: readonly unknown[];
  /** Its outcome; `index` is the item of the payload that failed. Called once, unless the task was withdrawn. */
  settle(ok: boolean, value: unknown, index: number): void;
  withdrawn: boolean;
}

interface Worker {
  readonly index: number;
  readonly process: Process;
  readonly inbox: Queue<TaskMessage>;
  /** What it was given and hasn't reported, by id, in the order given. */
  readonly assigned: Map<number, Task>;
  /** Functions that it has shown to have. */
  readonly functions: Set<number>;
  ready: boolean;
  /** Was told that there are no more tasks. */
  dismissed: boolean;
  /** Average time between its results, in milliseconds. */
  pace: number;
  lastResult: number;
}

/** What a crew is to be. */
export interface CrewOptions {
  readonly method: StartMethod;
  readonly size: number;
  readonly initializer: Reference | null;
  readonly initargs: readonly unknown[];
}

/** The workers of one pool. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #results: Queue<ResultMessage>;
  readonly #workers = new Map<number, Worker>();
  readonly #backlog: Task[] = [];
  #backlogStart = 0;
  readonly #references: Reference[] = [];
  readonly #numbers = new Map<unknown, number>();
  #nextTask = 1;
  #nextWorker = 1;
  #outstanding = 0;
  #collecting = false;
  #closing = false;
  #broken: { readonly error: unknown } | undefined;
  /** Aborted when no result is of interest any more. */
  readonly #collector = new AbortController();
  readonly #ended = Promise.withResolvers<void>();

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#results = withMethod(options.method, () => new Queue<ResultMessage>());
    for (let i = 0; i < options.size; i++) this.#hire();
  }

  /** Resolves when all workers have ended. */
  get ended(): Promise<void> {
    return this.#ended.promise;
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
    if (this.#broken !== undefined) return task.settle(false, this.#broken.error, 0);
    this.#outstanding++;
    this.#backlog.push(task);
    this.#distribute();
    this.#collect();
  }

  /** No more tasks will come: workers end when all is done. */
  close(): void {
    if (this.#closing) return;
    this.#closing = true;
    this.#dismissIfDone();
  }

  /** Everything that isn't done is refused with `reason`; workers are killed. */
  terminate(reason: unknown): void {
    this.#closing = true;
    this.#fail(reason);
    for (const { process } of this.#workers.values()) process.terminate();
    this.#endIfEmpty();
  }

  // ── giving out ──

  #distribute(): void {
    while (this.#backlogStart < this.#backlog.length) {
      const worker = this.#leastLoaded();
      if (worker === undefined) break;
      // noUncheckedIndexedAccess: the index was compared with the length
      const task = this.#backlog[this.#backlogStart++] as Task;
      if (task.withdrawn) this.#outstanding--;
      else this.#assign(worker, this.#nextTask++, task);
    }
    if (this.#backlogStart > 1024 && this.#backlogStart * 2 > this.#backlog.length) {
      this.#backlog.splice(0, this.#backlogStart);
      this.#backlogStart = 0;
    }
  }

  #leastLoaded(): Worker | undefined {
    let best: Worker | undefined;
    for (const worker of this.#workers.values()) {
      if (best === undefined || worker.assigned.size < best.assigned.size) best = worker;
    }
    if (best === undefined) return undefined;
    return best.assigned.size < (best.pace > SHORT ? AHEAD_LONG : AHEAD_SHORT) ? best : undefined;
  }

  #assign(worker: Worker, id: number, task: Task): void {
    const { fn, mode, payload } = task;
    // Until a first result shows that the worker has it: any one of these tasks may be taken back by us.
    const isNew = !worker.functions.has(fn);
    try {
      worker.inbox.putNowait(
        isNew ? [id, fn, mode, payload, this.#references[fn] as Reference] : [id, fn, mode, payload],
      );
    } catch (error) {
      this.#outstanding--;
      task.settle(false, error instanceof SerializationError ? this.#refusal(task) ?? error : error, 0);
      return;
    }
    if (worker.assigned.size === 0) worker.lastResult = performance.now();
    worker.assigned.set(id, task);
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

  /** An idle worker takes what another was given ahead. */
  #steal(idle: Worker): void {
    let busiest: Worker | undefined;
    for (const worker of this.#workers.values()) {
      if (worker.assigned.size > (busiest?.assigned.size ?? 1)) busiest = worker;
    }
    if (busiest === undefined || busiest === idle) return;
    const [message] = this.#takeBack(busiest, 1);
    if (message !== undefined) this.#assign(idle, message.id, message.task);
  }

  /** Up to `most` tasks out of a worker's inbox, before it takes them itself. */
  #takeBack(worker: Worker, most = Infinity): { id: number; task: Task }[] {
    const taken: { id: number; task: Task }[] = [];
    while (taken.length < most) {
      let message: TaskMessage;
      try {
        message = worker.inbox.getNowait();
      } catch (error) {
        if (error instanceof Empty) break;
        throw error;
      }
      if (message === null) break;
      const [id] = message;
      const task = worker.assigned.get(id);
      worker.assigned.delete(id);
      if (task !== undefined) taken.push({ id, task });
    }
    return taken;
  }

  // ── taking in ──

  /** Takes results in as long as any are due. A pool without work keeps nothing alive. */
  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    // Not at once: whoever hands in many tasks in a row isn't kept waiting for the first.
    queueMicrotask(async () => {
      const { signal } = this.#collector;
      try {
        while (this.#outstanding > 0) this.#take(await this.#results.get({ signal }));
      } catch (error) {
        if (!signal.aborted) this.#break(error);
      }
      this.#collecting = false;
    });
  }

  #take([index, id, ok, value, at = 0]: ResultMessage): void {
    const worker = this.#workers.get(index);
    if (worker === undefined) return;
    if (id === READY) {
      worker.ready = true;
      return;
    }
    if (id === UNFIT) return this.#break(value);
    const task = worker.assigned.get(id);
    if (task === undefined) return;
    worker.assigned.delete(id);
    worker.functions.add(task.fn);
    const now = performance.now();
    worker.pace = worker.pace * 0.75 + (now - worker.lastResult) * 0.25;
    worker.lastResult = now;
    this.#outstanding--;
    if (!ok && typeof value === "object" && value !== null) {
      const { pid, ident } = worker.process;
      markOrigin(value, { pid: pid ?? 0, ident: ident ?? "", index: at });
    }
    if (!task.withdrawn) task.settle(ok, value, at);
    this.#distribute();
    if (worker.assigned.size === 0 && this.#outstanding > 0) this.#steal(worker);
    this.#dismissIfDone();
  }

  // ── coming and going ──

  #hire(): void {
    const index = this.#nextWorker++;
    const { method, initializer, initargs } = this.#options;
    const { inbox, process } = withMethod(method, () => {
      const inbox = new Queue<TaskMessage>();
      const options: WorkerOptions = { index, inbox, results: this.#results, initializer, initargs };
      return {
        inbox,
        process: new Process({ target: workerModule, args: [options], name: `PoolWorker-${index}`, daemon: true }),
      };
    });
    const worker: Worker = {
      index,
      process,
      inbox,
      assigned: new Map(),
      functions: new Set(),
      ready: false,
      dismissed: false,
      pace: 0,
      lastResult: 0,
    };
    this.#workers.set(index, worker);
    void process.start().then(
      () => process.sentinel.then((exitcode) => this.#left(worker, exitcode)),
      (error: unknown) => {
        this.#break(error);
        this.#left(worker, 1);
      },
    );
  }

  /** A worker has ended: what it hadn't begun goes to others, what it had is lost. */
  #left(worker: Worker, exitcode: number): void {
    // Whatever it said before it ended counts.
    for (;;) {
      let message: ResultMessage;
      try {
        message = this.#results.getNowait();
      } catch (error) {
        if (error instanceof Empty || error instanceof ClosedError) break;
        throw error;
      }
      this.#take(message);
    }
    this.#workers.delete(worker.index);
    const back = this.#broken === undefined ? this.#takeBack(worker) : [];
    const { pid } = worker.process;
    const how = exitcode < 0 ? `signal ${-exitcode}` : `exit code ${exitcode}`;
    for (const task of worker.assigned.values()) {
      this.#outstanding--;
      const error = new WorkerDiedError(
        `The worker with pid ${pid} died with ${how} while it ran the task`,
        pid ?? 0,
        exitcode,
      );
      if (!task.withdrawn) task.settle(false, error, 0);
    }
    worker.assigned.clear();
    worker.inbox.close();
    if (this.#broken === undefined && !worker.ready) {
      this.#break(new WorkerDiedError(`A worker died with ${how} before it could take tasks`, pid ?? 0, exitcode));
    }
    this.#backlog.splice(this.#backlogStart, 0, ...back.map(({ task }) => task));
    if (this.#broken === undefined && !(this.#closing && this.#outstanding === 0)) this.#hire();
    this.#distribute();
    this.#dismissIfDone();
    this.#endIfEmpty();
  }

  /** No worker can do any task: all that is due and all that comes is refused. */
  #break(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#fail(error);
    for (const { process } of this.#workers.values()) if (process.isAlive()) process.terminate();
  }

  #fail(error: unknown): void {
    if (this.#broken !== undefined) return;
    this.#broken = { error };
    const due = this.#backlog.splice(0).slice(this.#backlogStart);
    this.#backlogStart = 0;
    for (const worker of this.#workers.values()) {
      due.push(...worker.assigned.values());
      worker.assigned.clear();
    }
    this.#outstanding = 0;
    this.#collector.abort();
    for (const task of due) if (!task.withdrawn) task.settle(false, error, 0);
  }

  #dismissIfDone(): void {
    if (!this.#closing || this.#outstanding > 0 || this.#broken !== undefined) return;
    for (const worker of this.#workers.values()) {
      if (!worker.dismissed) worker.inbox.putNowait(null);
      worker.dismissed = true;
    }
  }

  #endIfEmpty(): void {
    if (!this.#closing || this.#workers.size > 0) return;
    this.#results.close();
    this.#ended.resolve();
  }
}
