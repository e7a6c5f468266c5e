/** A process's line to a manager's server: questions with numbers, any number of them under way at once. */

import { ClosedError } from "../errors/base.ts";
import { RemoteError } from "../errors/outcomes.ts";
import { withMethod } from "../family/families.ts";
import type { Family } from "../family/family.ts";
import { A_PID } from "../memory/layout.ts";
import type { BatchWriter, Received } from "../wire/batch.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import type { Handle } from "../objects/messages.ts";
import { attach } from "../objects/object.ts";
import { markOrigin, type Origin } from "../codec/graph/errors.ts";
import {
  addCall,
  addHello,
  addWithdrawal,
  answeredIn,
  callAfter,
  isThrown,
  type MethodCall,
  Outbox,
  type Withdrawal,
} from "./protocol.ts";
import { type Seal, sealFor } from "./kept.ts";
import { LONGEST_TIMER } from "../base/wait_options.ts";
import { AbortController, clearTimeout, queueMicrotask, setTimeout } from "../base/originals.ts";

/** How a call waits. */
export interface Waiting {
  /** Milliseconds; 0: it doesn't. */
  readonly limit: number;
  readonly signal: AbortSignal | undefined;
  /**
   * The call that takes back what came of one that had been aborted and was answered all the same, the answer having crossed the
   * abort: so the abort can reject at once. Without it, an abort waits for the answer, and counts if that is an error.
   */
  readonly undo?: (value: unknown, seal: Seal) => MethodCall | undefined;
}

/** Whose call it is. */
interface User {
  /** The call is answered, or never will be. */
  leave(): void;
}

interface Pending {
  readonly object: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly user: User | undefined;
  readonly waiting: Waiting | undefined;
  isAborted: boolean;
  /** Ends what was begun for its time limit and signal. */
  stop: (() => void) | undefined;
}

/** One process's line to one server. There is one only: the server knows a process, not its lines. Made by clientOf(). */
export class ManagerClient {
  readonly requests: BatchQueue;
  /** Owner id of the server's process. */
  readonly server: number;
  readonly #family: Family;
  /** Where errors come from. */
  readonly #origin: Origin;
  readonly #outbox: Outbox;
  readonly #pending = new Map<number, Pending>();
  #replies: BatchQueue | undefined;
  #lastCall = 0;
  #collecting = false;
  #interrupt = new AbortController();

  constructor(requests: BatchQueue, server: number) {
    this.requests = requests;
    this.server = server;
    this.#family = requests.family;
    this.#outbox = new Outbox(this.#family);
    const pid = this.#family.agents.get(server, A_PID);
    this.#origin = { pid, ident: this.#family.identOf(server, pid) };
    this.#family.listeners.add(this.#look);
  }

  /** Every death is rung to everyone. */
  readonly #look = (): void => {
    if (!this.#family.alive(this.server)) this.close();
  };

  /** The server has ended: drops what was there for it. Idempotent. */
  close(): void {
    this.#fail(gone("it"));
    this.#family.listeners.delete(this.#look);
    this.#forgetReplies();
    this.requests.close();
  }

  /**
   * Calls a method of an object on the server, with the arguments that `args` makes. `user` leaves when no answer can come any
   * more.
   */
  call(
    object: number,
    method: string,
    args: () => readonly unknown[],
    user?: User,
    waiting?: Waiting,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      try {
        if (!this.#family.alive(this.server)) throw gone(method);
        this.#replies ??= this.#greet(method);
        const call: MethodCall = { method, args: args() };
        const number = this.#lastCall = callAfter(this.#lastCall), batch = this.#outbox.begin();
        addCall(batch, this.#family.self, number, object, call);
        this.#send(batch, method, (error) => this.#lose(number, error));
        const pending: Pending = { object, resolve, reject, user, waiting, isAborted: false, stop: undefined };
        this.#pending.set(number, pending);
        if (waiting !== undefined) this.#limit(number, pending, waiting);
        this.#collect();
      } catch (error) {
        user?.leave();
        throw error;
      }
    });
  }

  /** Tells the server where to answer. */
  #greet(method: string): BatchQueue {
    const replies = withMethod(this.#family.method, () => new BatchQueue());
    const batch = this.#outbox.begin();
    addHello(batch, this.#family.self, replies);
    this.#send(batch, method, (error) => {
      this.#fail(error);
      this.#forgetReplies();
    });
    return replies;
  }

  #send(batch: BatchWriter, method: string, onLost: (error: unknown) => void): void {
    try {
      this.#outbox.send(batch, this.requests, onLost);
    } catch (error) {
      throw error instanceof ClosedError ? gone(method) : error;
    }
  }

  /** Withdraws a call when its time runs out or it is aborted. */
  #limit(number: number, pending: Pending, { limit, signal, undo }: Waiting): void {
    const onAbort = () => {
      pending.isAborted = true;
      this.#withdraw(number, pending, "abort");
      if (undo !== undefined) pending.reject(signal?.reason);
    };
    const timer = limit > 0 && limit <= LONGEST_TIMER
      ? setTimeout(() => this.#withdraw(number, pending, "timeout"), limit)
      : undefined;
    signal?.addEventListener("abort", onAbort);
    pending.stop = () => {
      pending.stop = undefined;
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    if (signal?.aborted) onAbort(); // by what ran while the arguments were made
  }

  #withdraw(number: number, pending: Pending, why: Withdrawal): void {
    pending.stop?.();
    try {
      const batch = this.#outbox.begin();
      addWithdrawal(batch, this.#family.self, number, why);
      this.#send(batch, "it", (error) => pending.reject(error));
    } catch (error) {
      pending.reject(error);
    }
  }

  /** Takes replies in as long as any are due. */
  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    queueMicrotask(async () => {
      while (this.#pending.size > 0) {
        const { signal } = this.#interrupt, replies = this.#replies as BatchQueue; // there as long as anything is due
        try {
          for (const reply of await replies.get({ signal }) as Received[]) this.#settle(reply);
        } catch (error) {
          if (signal.aborted) continue;
          const isRefused = error instanceof ClosedError; // the server has shut it down
          this.#fail(isRefused ? new RemoteError("Cannot get the answer: the server had no memory for it") : error);
          if (isRefused) this.#forgetReplies();
        }
      }
      this.#collecting = false;
    });
  }

  #settle(answer: Received): void {
    const { value, error } = answer, number = answeredIn(answer), pending = this.#pending.get(number);
    if (pending === undefined) return; // failed meanwhile
    this.#pending.delete(number);
    pending.stop?.();
    const { waiting, isAborted } = pending, isValue = error === undefined && !isThrown(answer);
    if (isValue && isAborted) this.#undo(pending, value);
    if (isValue) pending.resolve(value);
    else if (isAborted) pending.reject(waiting?.signal?.reason);
    else {
      if (error === undefined) markOrigin(value, this.#origin);
      pending.reject(error === undefined ? value : error.reason);
    }
    pending.user?.leave();
  }

  #undo({ object, waiting }: Pending, value: unknown): void {
    const call = waiting?.undo?.(value, sealFor(this.#family));
    if (call !== undefined) this.call(object, call.method, () => call.args).catch(() => {}); // all of it is gone, then
  }

  /** Nothing that is due will come. */
  #fail(error: unknown): void {
    const due = [...this.#pending.values()];
    this.#pending.clear();
    for (const pending of due) {
      pending.stop?.();
      pending.reject(error);
      pending.user?.leave();
    }
    this.#stopCollecting();
  }

  /** A call couldn't be put after all. */
  #lose(number: number, error: unknown): void {
    const pending = this.#pending.get(number);
    if (pending === undefined) return;
    this.#pending.delete(number);
    pending.stop?.();
    pending.reject(error);
    pending.user?.leave();
    if (this.#pending.size === 0) this.#stopCollecting();
  }

  /** Whatever is called next greets the server anew. */
  #forgetReplies(): void {
    this.#replies?.close();
    this.#replies = undefined;
  }

  /** Nothing is due. */
  #stopCollecting(): void {
    this.#interrupt.abort();
    this.#interrupt = new AbortController();
  }
}

/** What a call rejects with when the server has ended. */
export function gone(method: string): RemoteError {
  return new RemoteError(`Cannot call ${method}: the manager's server is gone`);
}

const clients = new WeakMap<BatchQueue, ManagerClient>();

/** This process's line to the server that has that queue of requests; one for each. */
export function clientOf(family: Family, requests: Handle, server: number): ManagerClient {
  const queue = attach(family, requests, (source) => new BatchQueue(source));
  let client = clients.get(queue);
  if (client === undefined) clients.set(queue, client = new ManagerClient(queue, server));
  return client;
}
