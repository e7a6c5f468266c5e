/** A process's line to a manager's server: questions with numbers, any number of them under way at once. */

import { Queue } from "../channels/queue.ts";
import { ClosedError } from "../errors/base.ts";
import { RemoteError } from "../errors/waits.ts";
import { withMethod } from "../memory/families.ts";
import type { Family } from "../memory/family.ts";
import { A_PID } from "../memory/layout.ts";
import type { Origin } from "../wire/errors.ts";
import { markOrigin } from "../wire/errors.ts";
import type { Reply, Request } from "./protocol.ts";

interface Pending {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** One process's line to one server. There is one only: the server knows a process, not its lines. Made by clientOf(). */
export class ManagerClient {
  readonly requests: Queue<Request>;
  /** Owner id of the server's process. */
  readonly server: number;
  readonly #family: Family;
  /** Where errors come from. */
  readonly #origin: Origin;
  readonly #pending = new Map<number, Pending>();
  #replies: Queue<Reply> | undefined;
  #nextId = 1;
  #collecting = false;

  constructor(requests: Queue<Request>, server: number) {
    this.requests = requests;
    this.server = server;
    this.#family = requests.family;
    const pid = this.#family.agents.get(server, A_PID);
    this.#origin = { pid, ident: this.#family.identOf(server, pid) };
    // Every death is rung to everyone.
    this.#family.listeners.add(() => {
      if (this.#pending.size > 0 && !this.#family.alive(server)) this.#fail();
    });
  }

  /** Calls a method of an object on the server. */
  call(object: number, method: string, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (!this.#family.alive(this.server)) return reject(gone(method));
      const id = this.#nextId++;
      const isFirst = this.#replies === undefined;
      this.#replies ??= withMethod(this.#family.method, () => new Queue<Reply>());
      const request: Request = [this.#family.self, id, object, method, args];
      this.#pending.set(id, { resolve, reject });
      try {
        this.requests.putNowait(isFirst ? [...request, this.#replies] as unknown as Request : request);
      } catch (error) {
        this.#pending.delete(id);
        if (isFirst) this.#replies = undefined;
        return reject(error instanceof ClosedError ? gone(method) : error);
      }
      this.#collect();
    });
  }

  /** Takes replies in as long as any are due. */
  #collect(): void {
    if (this.#collecting) return;
    this.#collecting = true;
    queueMicrotask(async () => {
      while (this.#pending.size > 0 && this.#replies !== undefined) {
        try {
          const [id, ok, value] = await this.#replies.get({ signal: this.#interrupt.signal });
          const pending = this.#pending.get(id);
          this.#pending.delete(id);
          if (ok) pending?.resolve(value);
          else {
            markOrigin(value, this.#origin);
            pending?.reject(value);
          }
        } catch (error) {
          if (!this.#interrupt.signal.aborted) this.#fail(error);
        }
      }
      this.#collecting = false;
    });
  }

  #interrupt = new AbortController();

  /** The server is gone: nothing that is due will come. */
  #fail(error?: unknown): void {
    const due = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of due) reject(error ?? gone("it"));
    this.#interrupt.abort();
    this.#interrupt = new AbortController();
  }
}

function gone(method: string): RemoteError {
  return new RemoteError(`Cannot call ${method}: the manager's server is gone`);
}

const clients = new WeakMap<Queue<Request>, ManagerClient>();

/** This process's line to a server; one for each. */
export function clientOf(requests: Queue<Request>, server: number): ManagerClient {
  let client = clients.get(requests);
  if (client === undefined) clients.set(requests, client = new ManagerClient(requests, server));
  return client;
}
