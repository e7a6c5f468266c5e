/** Tests of a manager's server, run in this very process. */

import assert from "node:assert/strict";
import test from "node:test";
import { withMethod } from "../memory/families.ts";
import { BatchQueue, BatchWriter } from "../pool/batch.ts";
import { clientOf } from "./client.ts";
import { HELLO, SERVER } from "./protocol.ts";
import { serveManager } from "./server.ts";

test("the queues of clients that have ended are dropped when another one comes", async () => {
  const [requests, ended, own] = withMethod("worker", () => [new BatchQueue(), new BatchQueue(), new BatchQueue()]);
  const { family } = requests;
  const neverThere = family.self + 256; // another generation
  for (const [client, replies] of [[neverThere, ended], [family.self, own]] as const) {
    const batch = new BatchWriter(family);
    batch.add(client, HELLO, 0, replies, "replies");
    requests.putNowait(batch);
  }
  requests.shutdown();
  await serveManager(requests);
  assert.deepEqual([String(ended), String(own)], ["<queue closed>", "<queue>"]);
  own.close();
  requests.close();
});

test("a line to a server that has ended leaves nothing behind", async () => {
  const requests = withMethod("worker", () => new BatchQueue()), { family } = requests;
  const listeners = family.listeners.size, objects = family.objects.size;
  const client = clientOf(requests, family.self), serving = serveManager(requests);
  assert.equal(await client.call(SERVER, "dict", [[["a", 1]]]), 1);
  assert.equal(await client.call(1, "get", ["a"]), 1);
  requests.shutdown();
  await serving;
  client.close();
  assert.deepEqual([family.listeners.size, family.objects.size, String(requests)], [
    listeners,
    objects - 1,
    "<queue closed>",
  ]);
});
