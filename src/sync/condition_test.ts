/** A condition while another process is stopped inside of it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { allocateLine, indexOf } from "../family/agents.ts";
import { HEADER_WORDS, MAX_AGENTS } from "../memory/layout.ts";
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

test("a notification of many agents is whole, also when a process is stopped inside right after its first change", async () => {
  const condition = new ConditionEngine(), { family, guard } = condition, { control } = family.arena;
  const segment = family.arena.segment(condition.handle.address), { i32 } = segment;
  const lock = condition.handle.address - segment.start + HEADER_WORDS, waiting = lock + 64;
  const others = Array.from({ length: 20 }, () => allocateLine(control, family.self));
  for (const other of others) i32[waiting + indexOf(other)] = 1;
  const { store } = Atomics;
  try {
    Object.assign(Atomics, {
      store(words: Int32Array, at: number, value: number) {
        // Whoever gives the lock back finds that another has it at once.
        return store(words, at, words === i32 && at === lock && value === 0 ? others[0] as number : value);
      },
    });
    await guard.with(() => condition.notify(Infinity));
  } finally {
    Object.assign(Atomics, { store });
    store(i32, lock, 0);
  }
  for (const other of others) {
    assert.equal(i32[waiting + indexOf(other)], 0);
    assert.equal(i32[waiting + MAX_AGENTS + indexOf(other)], 1);
  }
  for (const other of others) family.bury(other);
  condition.close();
});
