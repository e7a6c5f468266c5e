/** Waits that are given up leave nothing behind. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocateLine } from "../family/agents.ts";
import { DeathRoll } from "../family/deaths.ts";
import { Family } from "../family/family.ts";
import { waitForEnd } from "./watch.ts";

test("a wait for an agent's end that is given up isn't listening any more", async () => {
  const family = Family.create("worker", (family) => new DeathRoll(family)),
    agent = allocateLine(family.arena.control, family.self);
  assert.equal(await waitForEnd(family, agent, { timeout: 1 }), false);
  await assert.rejects(waitForEnd(family, agent, { timeout: NaN }), /timeout is NaN/);
  const reason = new Error("enough"), controller = new AbortController();
  await assert.rejects(waitForEnd(family, agent, { signal: AbortSignal.abort(reason) }), reason);
  const waiting = waitForEnd(family, agent, { signal: controller.signal });
  assert.equal(family.listeners.size, 1);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
  assert.equal(family.listeners.size, 0);
  family.agents.declareDead(agent);
  assert.equal(await waitForEnd(family, agent, { timeout: 1000 }), true);
  assert.equal(family.listeners.size, 0);
});
