/** A manager's server: a process that holds objects and answers what proxies ask. */

import { RemoteError } from "../errors/outcomes.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import type { Received } from "../wire/batch.ts";
import { messageOf, textOf } from "../base/words.ts";
import { runtime } from "../runtime/current.ts";
import {
  addError,
  addValue,
  callIn,
  clientIn,
  isHello,
  type MethodCall,
  objectIn,
  Outbox,
  SERVER,
} from "./protocol.ts";
import { dictReferent, type Referent } from "./referents.ts";

/** The target of the server's process. Ends when its queue of requests is shut down. */
export async function serveManager(requests: BatchQueue): Promise<void> {
  // Ctrl-C reaches the whole group of processes; whoever started the manager says when it ends.
  runtime.onInterrupt(() => {});
  const clients = new Map<number, BatchQueue>();
  const objects = new Map<number, Referent>();
  const outbox = new Outbox(requests.family);
  let created = SERVER;
  const keep = (referent: Referent): number => {
    objects.set(++created, referent);
    return created;
  };
  objects.set(SERVER, {
    dict: (init: Iterable<readonly [unknown, unknown]>) => keep(dictReferent(requests.family, init)),
  });
  for await (const batch of requests.items()) {
    for (const message of batch as Received[]) {
      const client = clientIn(message);
      if (isHello(message)) {
        forgetEnded(clients);
        clients.set(client, message.value as BatchQueue);
        continue;
      }
      const replies = clients.get(client);
      try {
        answer(outbox, replies, callIn(message), () => call(objects.get(objectIn(message)), message));
      } catch {
        // Not even the error gets through: whoever asked is stopped, or there is no memory left.
        replies?.close();
        clients.delete(client);
      }
    }
  }
}

/** Drops the queues of clients that have ended. Often enough whenever another one comes: there are never more than agents. */
function forgetEnded(clients: Map<number, BatchQueue>): void {
  for (const [client, replies] of clients) {
    if (replies.family.alive(client)) continue;
    replies.close();
    clients.delete(client);
  }
}

function call(referent: Referent | undefined, { value, error }: Received): unknown {
  if (error !== undefined) {
    throw failure("The manager's server, which loads nothing of the program, can't read what was sent", error.reason);
  }
  const { method, args } = value as MethodCall;
  if (referent === undefined) throw new RemoteError(`Cannot call ${method}: the manager doesn't hold that object`);
  if (!Object.hasOwn(referent, method)) throw new RemoteError(`Cannot call ${method}: the object has no such method`);
  return (referent[method] as (...args: unknown[]) => unknown)(...args);
}

/** Does what was asked, whether or not there is anybody to hear of it. Throws when the answer can't be sent in any form. */
function answer(outbox: Outbox, replies: BatchQueue | undefined, number: number, act: () => unknown): void {
  try {
    const value = act();
    if (replies !== undefined) sendResult(outbox, replies, number, value);
  } catch (thrown) {
    if (replies === undefined) return;
    const batch = outbox.begin();
    addError(batch, number, thrown);
    outbox.send(batch, replies);
  }
}

/** Whatever keeps a result from being sent is an answer too. */
function sendResult(outbox: Outbox, replies: BatchQueue, number: number, value: unknown): void {
  try {
    const batch = outbox.begin();
    addValue(batch, number, value);
    outbox.send(batch, replies);
  } catch (error) {
    throw failure("Cannot send the result", error);
  }
}

function failure(what: string, cause: unknown): RemoteError {
  return new RemoteError(`${what}: ${messageOf(cause)}`, textOf(cause));
}
