/** A process that doesn't know all kinds yet: what needs one waits until the rest is loaded, and is done then. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocateLine } from "../family/agents.ts";
import { disposeBlock } from "./blocks.ts";
import { DeathRoll } from "../family/deaths.ts";
import { Family } from "../family/family.ts";
import { careOf, kindsAreComplete, kindsComeLater, registerCare } from "../family/care.ts";
import { AGENT_DEAD, BLOCK_FREE, BLOCK_OBJECT, BLOCK_TRANSIT, H_STATE } from "../memory/layout.ts";
import { recovery } from "./recovery.ts";

/** From now on `kind` belongs to a module that isn't loaded; what is done with its blocks is noted in the result. */
function comesLater(kind: number): string[] {
  const done: string[] = [];
  kindsComeLater(async () => {
    await turn();
    done.push("loaded");
    registerCare(kind, {
      waitQueues: [],
      recover: () => void done.push("recovered"),
      dispose: () => void done.push("disposed"),
    });
    kindsAreComplete(recovery);
  });
  return done;
}

/** One turn of the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

test("a block of a kind that isn't known yet is freed once it is", async () => {
  const family = Family.create("worker", (family) => new DeathRoll(family));
  const address = family.allocator.allocate(64);
  family.allocator.setKind(address, 99);
  const done = comesLater(99);
  assert.equal(careOf(99), undefined);
  disposeBlock(family, address);
  assert.equal(family.arena.load(address + H_STATE), BLOCK_TRANSIT, "in this agent's hands until then");
  await turn();
  await turn();
  assert.deepEqual(done, ["loaded", "disposed"]);
  assert.equal(family.arena.load(address + H_STATE), BLOCK_FREE);
});

test("a death is recovered once all kinds are known", async () => {
  const family = Family.create("worker", (family) => new DeathRoll(family));
  const address = family.allocator.allocate(64);
  family.allocator.setKind(address, 98);
  family.allocator.publish(address);
  const dead = allocateLine(family.arena.control, family.self);
  const done = comesLater(98);
  family.died(dead);
  await Promise.resolve();
  assert.equal(family.agents.stateOf(dead), AGENT_DEAD);
  await turn();
  await turn();
  assert.deepEqual(done, ["loaded", "recovered"]);
  assert.notEqual(family.agents.stateOf(dead), AGENT_DEAD);
  assert.equal(family.arena.load(address + H_STATE), BLOCK_OBJECT);
});
