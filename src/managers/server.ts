/** A manager's server: a process that holds objects and answers what proxies ask. */

import { RemoteError } from "../errors/outcomes.ts";
import type { BatchQueue } from "../channels/batch_queue.ts";
import { eventually } from "../family/retries.ts";
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
import { faceOf } from "../objects/face.ts";
import { Holdings, ReferentEngine } from "./holdings.ts";
import "./proxies.ts";
import { dictReferent, type Referent } from "./referents.ts";

/** The target of the server's process. Ends when its queue of requests is shut down. */
export async function serveManager(requests: BatchQueue): Promise<void> {
  // Ctrl-C reaches the whole group of processes; whoever started the manager says when it ends.
  runtime.onInterrupt(() => {});
  const clients = new Map<number, BatchQueue>();
  const holdings = new Holdings<Referent>(requests);
  const outbox = new Outbox(requests.family);
  /** The server itself. */
  const self: Referent = {
    dict: (init: Iterable<readonly [unknown, unknown]>) => holdings.add(dictReferent(requests.family, init)),
  };
  for await (const batch of requests.items()) {
    for (const message of batch as Received[]) {
      const client = clientIn(message);
      if (isHello(message)) {
        forgetEnded(clients);
        clients.set(client, message.value as BatchQueue);
        continue;
      }
      const object = objectIn(message), referent = object === SERVER ? self : holdings.get(object);
      const replies = clients.get(client), act = () => call(referent, message);
      answer(outbox, replies, callIn(message), act, () => {
        // Not even the error gets through: there is no memory left. To shut down takes none.
        if (replies === undefined || clients.get(client) !== replies) return;
        clients.delete(client);
        eventually(() => {
          replies.shutdown();
          replies.close();
        });
      });
    }
  }
  holdings.close();
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

/**
 * Does what was asked, whether or not there is anybody to hear of it. Whatever keeps the result from being sent is an answer
 * too; `onLost` is called when that can't be sent either.
 */
function answer(
  outbox: Outbox,
  replies: BatchQueue | undefined,
  number: number,
  act: () => unknown,
  onLost: () => void,
): void {
  const refuse = (thrown: unknown) => {
    if (replies === undefined) return;
    try {
      const batch = outbox.begin();
      addError(batch, number, thrown);
      outbox.send(batch, replies, onLost);
    } catch {
      onLost();
    }
  };
  const fail = (error: unknown) => refuse(failure("Cannot send the result", error));
  let value: unknown;
  try {
    value = act();
  } catch (thrown) {
    return refuse(thrown);
  }
  try {
    if (replies === undefined) return;
    const batch = outbox.begin();
    addValue(batch, number, value instanceof ReferentEngine ? faceOf(value) : value);
    outbox.send(batch, replies, fail);
  } catch (error) {
    fail(error);
  } finally {
    // What is new is the client's from now on, or nobody's.
    if (value instanceof ReferentEngine) value.close();
  }
}

function failure(what: string, cause: unknown): RemoteError {
  return new RemoteError(`${what}: ${messageOf(cause)}`, textOf(cause));
}
