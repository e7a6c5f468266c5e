/** A manager's server: a process that holds objects and answers what proxies ask. */

import { ClosedError } from "../errors/base.ts";
import { RemoteError } from "../errors/outcomes.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import type { Received } from "../wire/batch.ts";
import { queueMicrotask } from "../base/originals.ts";
import { faceOf } from "../objects/face.ts";
import { runtime } from "../runtime/current.ts";
import { Asker } from "./asker.ts";
import { ReferentEngine } from "./blocks.ts";
import { type Answers, Call, type GiveBack, LATER } from "./call.ts";
import { Holdings } from "./holdings.ts";
import { Kept } from "./kept.ts";
import {
  addError,
  addValue,
  callIn,
  clientIn,
  failure,
  isHello,
  isWithdrawal,
  type MethodCall,
  objectIn,
  SERVER,
  type Withdrawal,
} from "./protocol.ts";
import type { Host, Referent } from "./referents/referent.ts";
import { Registry } from "./registry.ts";
import { types } from "./types.ts";

/** Frames of messages that are dealt with before their answers are sent. */
const MOST_AT_ONCE = 64;

/** The target of the server's process. Ends when its queue of requests is shut down. */
export async function serveManager(requests: BatchQueue): Promise<void> {
  // Ctrl-C reaches the whole group of processes; whoever started the manager says when it ends.
  runtime.onInterrupt(() => {});
  const server = new Server(requests);
  try {
    for await (const batch of requests.items()) server.take(batch as Received[]);
  } finally {
    server.close();
  }
}

class Server implements Answers {
  readonly #requests: BatchQueue;
  readonly #holdings: Holdings;
  /** Who asks, by owner id. */
  readonly #askers = new Map<number, Asker>();
  /** What is called when no object is: it makes them. */
  readonly #self: Referent;
  /** Messages are being dealt with, and answers collected. */
  #isTaking = false;

  constructor(requests: BatchQueue) {
    const { family } = requests, holdings = new Holdings(requests);
    this.#requests = requests;
    this.#holdings = holdings;
    const host: Host = { family, referentOf: (proxy) => holdings.of(proxy) };
    const methods = Object.entries(types).map(([name, { engine, create }]) =>
      [name, (...args: never[]) => holdings.add(create(host, ...args), engine)] as const
    );
    this.#self = { methods: Object.fromEntries(methods), callMethods: new Registry(host, holdings).callMethods };
    family.listeners.add(this.#look);
  }

  /** Deals with a batch of messages, and with those that are there too. */
  take(batch: readonly Received[]): void {
    this.#isTaking = true;
    try {
      let more: readonly Received[] | undefined = batch;
      for (let count = 0; more !== undefined; more = ++count < MOST_AT_ONCE ? this.#more() : undefined) {
        for (const message of more) this.#deal(message);
      }
    } finally {
      this.#isTaking = false;
      for (const asker of this.#askers.values()) this.#flush(asker);
    }
  }

  #more(): readonly Received[] | undefined {
    try {
      return this.#requests.takeNow();
    } catch (error) {
      if (error instanceof ClosedError) return undefined; // serveManager() comes to that by itself
      throw error;
    }
  }

  /** The server ends, and all that is on it. */
  close(): void {
    this.#requests.family.listeners.delete(this.#look);
    for (const asker of this.#askers.values()) asker.end();
    this.#askers.clear();
    this.#holdings.close();
  }

  #deal(message: Received): void {
    const owner = clientIn(message);
    if (isHello(message)) {
      this.#askers.set(owner, new Asker(owner, message.value as BatchQueue));
      return this.#look(); // it may have died since
    }
    // What is known of deaths by whoever sent this is known here too: so it can't meet what the dead held.
    this.#look();
    const asker = this.#askers.get(owner);
    if (isWithdrawal(message)) {
      asker?.waiting.get(callIn(message))?.withdraw?.(message.value as Withdrawal);
    } else {
      const object = objectIn(message), call = new Call(owner, callIn(message), this);
      this.#answer(call, message, object === SERVER ? this.#self : this.#holdings.get(object));
    }
  }

  /** Every death is rung to everyone: takes back what the dead have. */
  readonly #look = (): void => {
    const { family } = this.#requests;
    for (const asker of this.#askers.values()) if (!family.alive(asker.owner)) this.#leave(asker);
  };

  /** That client waits for nothing any more, and holds nothing. */
  #leave(asker: Asker): void {
    this.#askers.delete(asker.owner);
    for (const call of asker.waiting.values()) call.withdraw?.("death");
    for (const referent of this.#holdings.all()) referent.left?.(asker.owner);
    asker.close(true);
  }

  /** That client can't be answered, for want of memory: its calls fail, and it begins anew. It has what it knows that it has. */
  #refuse(asker: Asker): void {
    if (this.#askers.get(asker.owner) !== asker) return;
    this.#askers.delete(asker.owner);
    for (const call of asker.waiting.values()) call.withdraw?.("death");
    asker.close(false);
  }

  #flush(asker: Asker): void {
    asker.flush(() => this.#refuse(asker));
  }

  /** Does what was asked, whether or not there is anybody to hear of it. */
  #answer(call: Call, message: Received, referent: Referent | undefined): void {
    let value: unknown;
    try {
      value = run(call, message, referent);
    } catch (thrown) {
      return this.error(call, thrown);
    }
    if (value !== LATER) return this.value(call, value);
    if (call.withdraw === undefined) return;
    const asker = this.#askers.get(call.client);
    // One that died before its call was come to has come and gone.
    if (asker === undefined) call.withdraw("death");
    else asker.waiting.set(call.number, call);
  }

  value(call: Call, value: unknown, giveBack?: GiveBack): void {
    const asker = this.#askers.get(call.client), isNew = value instanceof ReferentEngine;
    // What is new is the client's when this answer has been sent, or nobody's.
    if (isNew) queueMicrotask(() => value.close());
    if (asker === undefined) return giveBack?.(value instanceof Kept ? value.renewed() : value);
    asker.waiting.delete(call.number);
    let isFull: boolean;
    try {
      isFull = asker.add(call.number, (batch) => addValue(batch, call.number, isNew ? faceOf(value) : value));
    } catch (error) {
      return this.error(call, failure("Cannot send the result", error));
    }
    if (giveBack !== undefined) asker.gives(value, giveBack);
    if (!this.#isTaking || isFull) this.#flush(asker);
  }

  error(call: Call, thrown: unknown): void {
    const asker = this.#askers.get(call.client);
    if (asker === undefined) return;
    asker.waiting.delete(call.number);
    const isFull = asker.add(call.number, (batch) => addError(batch, call.number, thrown));
    if (!this.#isTaking || isFull) this.#flush(asker);
  }
}

/** What the method gives that the call is of. */
function run(call: Call, { value, error }: Received, referent: Referent | undefined): unknown {
  if (error !== undefined) throw failure("The manager's server can't read what was sent", error.reason);
  const { method, args } = value as MethodCall;
  if (referent === undefined) throw new RemoteError(`Cannot call ${method}: the manager doesn't hold that object`);
  const { methods, callMethods } = referent;
  if (methods !== undefined && Object.hasOwn(methods, method)) {
    return (methods[method] as (...args: unknown[]) => unknown)(...args);
  }
  if (callMethods !== undefined && Object.hasOwn(callMethods, method)) {
    return (callMethods[method] as (call: Call, ...args: unknown[]) => unknown)(call, ...args);
  }
  throw new RemoteError(`Cannot call ${method}: the object has no such method`);
}
