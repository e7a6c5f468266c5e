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
import { addCall, addHello, answeredIn, callAfter, isThrown, type MethodCall, Outbox } from "./protocol.ts";
import { AbortController, queueMicrotask } from "../base/originals.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
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

  /** Calls a method of an object on the server. */
  call(object: number, method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#family.alive(this.server)) throw gone(method);
      this.#replies ??= this.#greet(method);
      const number = this.#lastCall = callAfter(this.#lastCall);
      const call: MethodCall = { method, args };
      const batch = this.#outbox.begin();
      addCall(batch, this.#family.self, number, object, call);
      this.#send(batch, method, (error) => {
        this.#pending.delete(number);
        reject(error);
        if (this.#pending.size === 0) this.#stopCollecting();
      });
      this.#pending.set(number, { resolve, reject });
      this.#collect();
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
    this.#pending.delete(number);
    if (error !== undefined) pending?.reject(error.reason);
    else if (!isThrown(answer)) pending?.resolve(value);
    else {
      markOrigin(value, this.#origin);
      pending?.reject(value);
    }
  }

  /** Nothing that is due will come. */
  #fail(error: unknown): void {
    const due = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of due) reject(error);
    this.#stopCollecting();
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
