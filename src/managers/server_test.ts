/** Tests of a manager's server, run in this very process. */

import assert from "node:assert/strict";
import test from "node:test";
import { withMethod } from "../family/families.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import { BatchWriter } from "../wire/batch.ts";
import { clientOf } from "./client.ts";
import { addHello, SERVER } from "./protocol.ts";
import type { DictProxy } from "./proxies/dict.ts";
import { serveManager } from "./server.ts";

test("the queue of a client that has ended is dropped at once, also when its first message comes after its end", async () => {
  const [requests, ended] = withMethod("worker", () => [new BatchQueue(), new BatchQueue()]), { family } = requests;
  const batch = new BatchWriter(family);
  addHello(batch, family.self + 256, ended); // another generation: never there
  requests.putNowait(batch);
  const serving = serveManager(requests), client = clientOf(family, requests.handle, family.self);
  for (const method of ["nothing", "constructor", "__proto__", "valueOf", "hasOwnProperty"]) {
    await assert.rejects(client.call(SERVER, method, () => []), /no such method/);
  }
  assert.equal(String(ended), "<queue closed>");
  requests.shutdown();
  await serving;
  client.close();
});

test("calls work from within a call, and a line to a server that has ended leaves nothing behind", async () => {
  const requests = withMethod("worker", () => new BatchQueue()), { family } = requests;
  const listeners = family.listeners.size, objects = family.objects.size;
  const client = clientOf(family, requests.handle, family.self), serving = serveManager(requests);
  const dict = await client.call(SERVER, "dict", () => [[["a", 1]]]) as DictProxy;
  const within: Promise<unknown>[] = [];
  const get = () => {
    within.push(dict.get("a")); // called while the arguments of another call are written
    return 5;
  };
  await dict.set("b", Object.defineProperty([0], 0, { get }));
  assert.deepEqual(await dict.get("b"), [5]);
  for (const value of await Promise.all(within)) assert.equal(value, 1);
  dict.close();
  requests.shutdown();
  await serving;
  client.close();
  assert.deepEqual([family.listeners.size, family.objects.size, String(requests)], [
    listeners,
    objects - 1,
    "<queue closed>",
  ]);
});

test("what was asked before the shutdown is answered, and the server ends well", async () => {
  const requests = withMethod("worker", () => new BatchQueue()), { family } = requests;
  const client = clientOf(family, requests.handle, family.self);
  const created = client.call(SERVER, "dict", () => [[["a", 1]]]), refused = client.call(SERVER, "nothing", () => []);
  const checked = assert.rejects(refused, /no such method/);
  requests.shutdown();
  await serveManager(requests);
  (await created as DictProxy).close();
  await checked;
  client.close();
});
