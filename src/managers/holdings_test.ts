/** Tests of what a server holds: it goes with the last proxy, at whatever step a process that has that is killed. */

import assert from "node:assert/strict";
import test from "node:test";
import { BatchQueue } from "../channels/batch_queue.ts";
import { allocateLine } from "../family/agents.ts";
import { kindsAreComplete } from "../family/care.ts";
import { DeathRoll } from "../family/deaths.ts";
import { withMethod } from "../family/families.ts";
import { Family } from "../family/family.ts";
import { census } from "../family/testing.ts";
import { atEachStep, killedAt } from "../memory/testing.ts";
import type { WorkerBacking } from "../memory/backing.ts";
import { attach } from "../objects/object.ts";
import { recovery } from "../objects/recovery.ts";
import { ReferentEngine } from "./blocks.ts";
import { Holdings } from "./holdings.ts";

kindsAreComplete(recovery);

/** Turns of the event loop, in which what is noticed is dealt with. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Another agent of the same family. */
function agentOf(family: Family): Family {
  const { memory } = family.arena.backing as WorkerBacking, self = allocateLine(family.arena.control, family.self);
  return Family.join({ method: "worker", args: [], memory }, self, (agent) => new DeathRoll(agent));
}

test("a referent goes with its last proxy, also when whoever drops it is killed at any step", async () => {
  const requests = withMethod("worker", () => new BatchQueue()), { family } = requests;
  const holdings = new Holdings(requests), disposed: number[] = [];
  const before = census(family);
  const steps: { readonly step: number; readonly number: number }[] = [];
  const last = atEachStep((step) => {
    const agent = agentOf(family), engine = holdings.add({ dispose: () => void disposed.push(step) }, ReferentEngine);
    const { number } = engine.place, other = attach(agent, engine.handle, (source) => new ReferentEngine(source));
    engine.close();
    assert.notEqual(holdings.get(number), undefined, "another has a proxy");
    steps.push({ step, number });
    const isKilled = killedAt(step, () => other.close());
    family.died(agent.self);
    return isKilled;
  });
  assert.ok(last > 10, `${last} steps`);
  await turns();
  assert.deepEqual(steps.filter(({ number }) => holdings.get(number) !== undefined), []);
  assert.deepEqual(disposed.sort((a, b) => a - b), steps.map(({ step }) => step));
  assert.deepEqual(census(family), before);
  holdings.close();
  requests.close();
});

test("a number that is used again, and marks that are shared, are never another referent's", async () => {
  const requests = withMethod("worker", () => new BatchQueue()), holdings = new Holdings(requests);
  const engines = Array.from({ length: 3000 }, (_, i) => holdings.add({ methods: { i: () => i } }, ReferentEngine));
  const numbers = engines.map((engine) => engine.place.number);
  assert.equal(new Set(numbers).size, 3000);
  for (const [i, engine] of engines.entries()) if (i % 3 !== 0) engine.close();
  await turns();
  assert.deepEqual(
    numbers.map((number) => holdings.get(number)?.methods?.["i"]?.()),
    numbers.map((_, i) => i % 3 === 0 ? i : undefined),
  );
  for (const engine of engines) engine.close();
  holdings.close();
  requests.close();
});
