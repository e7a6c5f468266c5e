/** A condition while another process is stopped inside of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocateLine } from "../family/agents.ts";
import { HEADER_WORDS } from "../memory/layout.ts";
import { ConditionEngine } from "./condition_engine.ts";

test("wait() comes back with the lock held, once a process that is stopped inside goes on", async () => {
  const condition = new ConditionEngine(), { family, guard } = condition;
  const segment = family.arena.segment(condition.handle.address);
  const lock = condition.handle.address - segment.start + HEADER_WORDS;
  const other = allocateLine(family.arena.control, family.self); // alive as long as it starts
  for (const abort of [undefined, new AbortController()]) {
    await guard.with(async () => {
      const waiting = condition.wait({ timeout: abort === undefined ? 5 : 10_000, signal: abort?.signal });
      // It is stopped in the middle of a notify(), say.
      assert.equal(Atomics.compareExchange(segment.i32, lock, 0, other), 0);
      setTimeout(() => Atomics.store(segment.i32, lock, 0), 1500);
      setTimeout(() => abort?.abort("enough"), 5);
      if (abort === undefined) assert.equal(await waiting, false);
      else await assert.rejects(waiting, (reason) => reason === "enough");
      assert.ok(guard.heldHere);
      condition.notify(); // nobody is counted as waiting any more
      assert.equal(await condition.wait({ timeout: 1 }), false);
    });
    assert.ok(!guard.locked());
  }
  family.bury(other);
  condition.close();
});
