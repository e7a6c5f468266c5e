/** A manager's server: a process that holds objects and answers what proxies ask. */

import { Queue } from "../channels/queue.ts";
import { RemoteError, SerializationError } from "../errors/waits.ts";
import { textOf } from "../process/text.ts";
import type { Reply, Request } from "./protocol.ts";
import { SERVER } from "./protocol.ts";
import type { Referent } from "./referents.ts";
import { dictReferent } from "./referents.ts";

/** The target of the server's process. Ends when its queue of requests is shut down. */
export async function serveManager(requests: Queue<Request>): Promise<void> {
  const clients = new Map<number, Queue<Reply>>();
  const objects = new Map<number, Referent>();
  let created = SERVER;
  const keep = (referent: Referent): number => {
    objects.set(++created, referent);
    return created;
  };
  objects.set(SERVER, {
    dict: (init: Iterable<readonly [unknown, unknown]>) => keep(dictReferent(init)),
    shutdown: () => requests.shutdown(),
  });
  for await (const [client, id, object, method, args, replies] of requests) {
    if (replies !== undefined) clients.set(client, replies);
    const out = clients.get(client);
    if (out === undefined) continue; // its first request is lost with a killed server only
    await answer(out, id, () => call(objects.get(object), method, args));
  }
}

function call(referent: Referent | undefined, method: string, args: readonly unknown[]): unknown {
  if (referent === undefined) throw new RemoteError(`Cannot call ${method}: the manager doesn't hold that object`);
  if (!Object.hasOwn(referent, method)) throw new RemoteError(`Cannot call ${method}: the object has no such method`);
  return (referent[method] as (...args: unknown[]) => unknown)(...args);
}

async function answer(out: Queue<Reply>, id: number, act: () => unknown): Promise<void> {
  let reply: Reply;
  try {
    reply = [id, true, act()];
  } catch (error) {
    reply = [id, false, error];
  }
  try {
    await out.put(reply);
  } catch (error) {
    if (!(error instanceof SerializationError)) throw error;
    await out.put([id, false, new RemoteError(`Cannot send the result: ${error.message}`, textOf(error))]);
  }
}
