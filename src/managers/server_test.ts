/** Tests of a manager's server, run in this very process. */

import assert from "node:assert/strict";
import test from "node:test";
import { withMethod } from "../family/families.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import { BatchWriter } from "../wire/batch.ts";
import { clientOf } from "./client.ts";
import { addCall, addHello, SERVER } from "./protocol.ts";
import { engineOf } from "../objects/face.ts";
import { ReferentEngine } from "./blocks.ts";
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

test("calls of a client that died before the server came to them take nothing and hold nothing", async () => {
  const requests = withMethod("worker", () => new BatchQueue()), { family } = requests, dead = family.self + 256;
  const client = clientOf(family, requests.handle, family.self), serving = serveManager(requests);
  const create = async (type: string, ...args: unknown[]) =>
    await client.call(SERVER, type, () => args) as Record<string, (...args: unknown[]) => Promise<unknown>> & object;
  const queue = await create("Queue", 0), lock = await create("Lock"), barrier = await create("Barrier", 3, Infinity);
  const semaphore = await create("BoundedSemaphore", 1);
  await queue["put"]?.(["an item"]);
  const met = assert.rejects(barrier["wait"]?.() as Promise<unknown>, /another party has died/);
  const batch = new BatchWriter(family);
  addHello(batch, dead, withMethod("worker", () => new BatchQueue()));
  let number = 0;
  const say = (object: object, method: string, ...args: unknown[]) =>
    addCall(batch, dead, ++number, engineOf(object, ReferentEngine)?.place.number ?? 0, { method, args });
  for (const waits of [true, false]) {
    say(queue, "get", waits);
    say(lock, "acquire", waits, true);
    say(semaphore, "acquire", waits, waits);
    say(barrier, "wait", waits ? undefined : 0);
  }
  requests.putNowait(batch);
  assert.deepEqual(await queue["get"]?.(), ["an item"]);
  assert.deepEqual([await lock["locked"]?.(), await semaphore["getValue"]?.()], [false, 1]);
  await met;
  for (const one of [queue, lock, semaphore, barrier]) (one as unknown as Disposable)[Symbol.dispose]();
  requests.shutdown();
  await serving;
  client.close();
});
