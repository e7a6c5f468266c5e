/** A manager's server: a process that holds objects and answers what proxies ask. */

import { RemoteError } from "../errors/outcomes.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import { eventually } from "../family/retries.ts";
import type { BatchWriter, Received } from "../wire/batch.ts";
import { messageOf, textOf } from "../base/words.ts";
import { faceOf } from "../objects/face.ts";
import { runtime } from "../runtime/current.ts";
import { type Answers, Call, type GiveBack, LATER } from "./call.ts";
import { Holdings } from "./holdings.ts";
import { Kept } from "./kept.ts";
import {
  addError,
  addValue,
  callIn,
  clientIn,
  isHello,
  isWithdrawal,
  type MethodCall,
  objectIn,
  Outbox,
  SERVER,
  type Withdrawal,
} from "./protocol.ts";
import type { Host, Referent } from "./referents/referent.ts";
import { ReferentEngine } from "./blocks.ts";
import { later } from "./referents/custom.ts";
import { Registry } from "./registry.ts";
import type { Reference } from "../targets/reference.ts";
import { types } from "./types.ts";

/** The target of the server's process. Ends when its queue of requests is shut down. */
export async function serveManager(requests: BatchQueue): Promise<void> {
  // Ctrl-C reaches the whole group of processes; whoever started the manager says when it ends.
  runtime.onInterrupt(() => {});
  const server = new Server(requests);
  try {
    for await (const batch of requests.items()) {
      for (const message of batch as Received[]) server.take(message);
    }
  } finally {
    server.close();
  }
}

/** A process that asks. */
interface Client {
  readonly replies: BatchQueue;
  /** Its calls that wait, by number. */
  readonly waiting: Map<number, Call>;
  /** Answers that were sent to it. */
  sent: number;
  /** Those of them that are to be taken back if it dies unread, the first first. */
  given: Given[];
}

/** Something that was given with the answer of that number. */
interface Given {
  readonly number: number;
  readonly value: unknown;
  readonly giveBack: GiveBack;
}

/** The number of the last answer that a client has taken out of its queue. */
function lastRead({ replies, sent }: Client): number {
  return sent - replies.qsize();
}

class Server implements Answers {
  readonly #requests: BatchQueue;
  readonly #outbox: Outbox;
  readonly #holdings: Holdings;
  /** By owner id. */
  readonly #clients = new Map<number, Client>();
  /** What is called when nothing is held: it makes what is. */
  readonly #self: Referent;

  constructor(requests: BatchQueue) {
    const { family } = requests, holdings = new Holdings(requests);
    this.#requests = requests;
    this.#outbox = new Outbox(family);
    this.#holdings = holdings;
    const host: Host = { family, referentOf: (proxy) => holdings.of(proxy) };
    const methods = Object.entries(types).map(([name, { engine, create }]) =>
      [name, (...args: never[]) => holdings.add(create(host, ...args), engine)] as const
    );
    const registry = new Registry(host, holdings), asIs = (value: unknown): unknown => value;
    this.#self = {
      methods: Object.fromEntries(methods),
      callMethods: {
        initialize: (call: Call, ...args: Parameters<Registry["initialize"]>) =>
          later(call, registry.initialize(...args), asIs),
        createRegistered: (call: Call, typeid: string, args: unknown[]) =>
          later(call, registry.createRegistered(typeid, args), asIs),
        create: (call: Call, callable: Reference, args: unknown[]) =>
          later(call, registry.create(callable, args), asIs),
      },
    };
    family.listeners.add(this.#look);
  }

  /** Deals with a message. */
  take(message: Received): void {
    const owner = clientIn(message);
    if (isHello(message)) {
      this.#clients.set(owner, {
        replies: message.value as BatchQueue,
        waiting: new Map(),
        sent: 0,
        given: [],
      });
      return this.#look(); // it may have died since
    }
    // What is known of deaths by whoever sent this is known here too: so it can't meet what the dead held.
    this.#look();
    const client = this.#clients.get(owner);
    if (isWithdrawal(message)) {
      client?.waiting.get(callIn(message))?.withdraw?.(message.value as Withdrawal);
    } else {
      const object = objectIn(message), call = new Call(owner, callIn(message), this);
      this.#answer(call, message, object === SERVER ? this.#self : this.#holdings.get(object));
    }
  }

  /** The server ends, and all that is on it. */
  close(): void {
    this.#requests.family.listeners.delete(this.#look);
    for (const { replies } of this.#clients.values()) replies.close();
    this.#clients.clear();
    this.#holdings.close();
  }

  /** Every death is rung to everyone: takes back what the dead have. */
  readonly #look = (): void => {
    const { family } = this.#requests;
    for (const [owner, client] of this.#clients) if (!family.alive(owner)) this.#leave(owner, client);
  };

  /** That client waits for nothing any more, and holds nothing. */
  #leave(owner: number, client: Client): void {
    this.#clients.delete(owner);
    for (const call of client.waiting.values()) call.withdraw?.("death");
    for (const referent of this.#holdings.all()) referent.left?.(owner);
    const read = lastRead(client);
    for (const { number, value, giveBack } of client.given.reverse()) {
      if (number > read) giveBack(value instanceof Kept ? value.renewed() : value);
    }
    // Which has carried what was not read. One that lives is told that there is no answer; to shut down takes no memory.
    eventually(() => {
      if (this.#requests.family.alive(owner)) client.replies.shutdown();
      client.replies.close();
    });
  }

  /** Does what was asked, whether or not there is anybody to hear of it. */
  #answer(call: Call, message: Received, referent: Referent | undefined): void {
    let value: unknown;
    try {
      value = run(call, message, referent, this.#clients.has(call.client));
    } catch (thrown) {
      return this.error(call, thrown);
    }
    if (value === LATER) {
      if (call.withdraw !== undefined) this.#clients.get(call.client)?.waiting.set(call.number, call);
    } else this.value(call, value);
  }

  value(call: Call, value: unknown, giveBack?: GiveBack): void {
    try {
      this.#send(
        call,
        (batch) => addValue(batch, call.number, value instanceof ReferentEngine ? faceOf(value) : value),
      );
      if (giveBack !== undefined) this.#note(call.client, value, giveBack);
    } catch (error) {
      this.error(call, failure("Cannot send the result", error));
    } finally {
      // What is new is the client's from now on, or nobody's.
      if (value instanceof ReferentEngine) value.close();
    }
  }

  #note(owner: number, value: unknown, giveBack: GiveBack): void {
    const client = this.#clients.get(owner);
    if (client === undefined) return;
    const read = lastRead(client), unread = client.given.findIndex(({ number }) => number > read);
    client.given.splice(0, unread < 0 ? client.given.length : unread);
    client.given.push({ number: client.sent, value, giveBack });
  }

  error(call: Call, thrown: unknown): void {
    try {
      this.#send(call, (batch) => addError(batch, call.number, thrown));
    } catch {
      this.#refuse(call.client, this.#clients.get(call.client));
    }
  }

  /** Not even the error gets through: there is no memory left. */
  #refuse(owner: number, client: Client | undefined): void {
    if (client !== undefined && this.#clients.get(owner) === client) this.#leave(owner, client);
  }

  #send({ client: owner, number }: Call, add: (batch: BatchWriter) => void): void {
    const client = this.#clients.get(owner);
    if (client === undefined) return;
    client.waiting.delete(number);
    const batch = this.#outbox.begin();
    add(batch);
    this.#outbox.send(batch, client.replies, () => this.#refuse(owner, client));
    client.sent++;
  }
}

/** What the method gives that the call is of. A client that has left takes nothing, and holds nothing. */
function run(call: Call, { value, error }: Received, referent: Referent | undefined, isThere: boolean): unknown {
  if (error !== undefined) throw failure("The manager's server can't read what was sent", error.reason);
  const { method, args } = value as MethodCall;
  if (referent === undefined) throw new RemoteError(`Cannot call ${method}: the manager doesn't hold that object`);
  const { methods, callMethods } = referent;
  if (methods !== undefined && Object.hasOwn(methods, method)) {
    return (methods[method] as (...args: unknown[]) => unknown)(...args);
  }
  if (callMethods !== undefined && Object.hasOwn(callMethods, method)) {
    if (!isThere) return LATER;
    return (callMethods[method] as (call: Call, ...args: unknown[]) => unknown)(call, ...args);
  }
  throw new RemoteError(`Cannot call ${method}: the object has no such method`);
}

function failure(what: string, cause: unknown): RemoteError {
  return new RemoteError(`${what}: ${messageOf(cause)}`, textOf(cause));
}
