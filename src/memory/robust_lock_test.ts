/** The internal lock when its holder stops, dies before or after its commit, or lets go late. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Arena } from "./arena.ts";
import { WorkerBacking } from "./backing.ts";
import { C_ARENA_LOCK, C_NAMES, C_NAMES_LOCK } from "./layout.ts";
import { PATIENCE_MS, RobustLock } from "./robust_lock.ts";
import { atEachStep, killedAt } from "./testing.ts";

/** Two owners' views of one lock; `dead` are those that the system says are gone, `onProbe` runs when it is asked. */
function twoOwners(onProbe: (owner: number) => void = () => {}) {
  const arena = new Arena(new WorkerBacking(), true), dead = new Set<number>();
  const lockOf = (self: number) => {
    const owners = {
      self,
      alive: (owner: number) => !dead.has(owner),
      nameOf: (owner: number) => `process ${owner}`,
      probe: onProbe,
    };
    return new RobustLock(arena, owners, arena.segment(0), C_ARENA_LOCK, "the test");
  };
  return { arena, dead, mine: lockOf(1), theirs: lockOf(2) };
}

test("a living holder that doesn't go on: an error after a second that says who, and the lock stays theirs", () => {
  const probed: number[] = [];
  const { mine, theirs } = twoOwners((owner) => probed.push(owner));
  theirs.lock();
  const begin = performance.now();
  assert.throws(() => mine.lock(), {
    name: "StalledError",
    code: "ERR_MP_STALLED",
    message:
      /Cannot use the test: process 2 is changing the test and has not run for 1000 ms; let it go on .*, or end it/,
  });
  assert.ok(performance.now() - begin >= PATIENCE_MS);
  assert.ok(probed.length > 10, "the system is asked on the way");
  assert.deepEqual([...new Set(probed)], [2]);
  theirs.unlock();
  mine.with(() => {});
});

test("a holder that lets go late, or is found dead on the way, isn't missed", () => {
  let asked = 0;
  const { dead, mine, theirs } = twoOwners(() => {
    if (++asked === 5) theirs.unlock();
    if (asked === 10) dead.add(2);
  });
  theirs.lock();
  mine.with(() => assert.equal(asked, 5));
  theirs.lock();
  mine.with(() => assert.equal(asked, 10));
});

test("of a dead holder's change nothing is seen before its commit, and all of it after", () => {
  const { arena, dead, mine, theirs } = twoOwners();
  theirs.lock();
  theirs.stage(C_NAMES, 7);
  theirs.stage(C_NAMES + 1, 8);
  dead.add(2);
  mine.with(() => assert.deepEqual([arena.load(C_NAMES), arena.load(C_NAMES + 1)], [0, 0]));
  dead.clear();
  theirs.lock();
  theirs.stage(C_NAMES, 7);
  theirs.stage(C_NAMES + 1, 8);
  Atomics.store(arena.control, C_ARENA_LOCK + 1, 2); // the commit; killed before it could apply it
  assert.equal(mine.settle(), 2, "alive, in the middle of a change");
  dead.add(2);
  assert.equal(mine.settle(), 0);
  assert.deepEqual([arena.load(C_NAMES), arena.load(C_NAMES + 1)], [7, 8]);
  mine.with(() => {});
});

test("a section inside itself and a full log are refused", () => {
  const { mine } = twoOwners();
  mine.with(() => assert.throws(() => mine.lock(), /the test: a section was entered inside itself/));
  mine.with(() => {
    for (let i = 0; i < 16; i++) mine.stage(C_NAMES + i, 1);
    assert.throws(() => mine.stage(C_NAMES, 1), RangeError);
  });
});

test("a throw at any step of a section leaves the lock to nobody, and the change whole or not made", () => {
  const { arena, mine, theirs } = twoOwners();
  let value = 0, changed = 0;
  atEachStep((step) => {
    const before = value++;
    mine.isCommitted = false;
    const isCut = killedAt(step, () => {
      mine.with(() => {
        mine.stage(C_NAMES, value);
        mine.stage(C_NAMES + 1, 2 * value);
        mine.commit();
      });
    });
    const expected = mine.isCommitted ? value : before;
    if (isCut && mine.isCommitted) changed++;
    mine.with(() => assert.deepEqual([arena.load(C_NAMES), arena.load(C_NAMES + 1)], [expected, 2 * expected]));
    theirs.with(() => {});
    value = expected;
    return isCut;
  });
  assert.ok(changed > 0, "some were cut after their commit");
});

test("a throw in the unlocking of an inner section leaves both to nobody", () => {
  const { arena, mine, theirs } = twoOwners();
  const owners = { self: 1, alive: () => true, nameOf: String, probe: () => {} };
  const outer = new RobustLock(arena, owners, arena.segment(0), C_NAMES_LOCK, "outer");
  const inner = new RobustLock(arena, owners, arena.segment(0), C_ARENA_LOCK, "inner");
  atEachStep((step) => {
    const isCut = killedAt(step, () => outer.with(() => inner.with(() => {})));
    outer.with(() => inner.with(() => {}));
    theirs.with(() => {});
    mine.with(() => {});
    return isCut;
  });
});

test("a holder that makes changes is not stalled, however long it takes", () => {
  let asked = 0;
  const { mine, theirs } = twoOwners(() => {
    if (++asked === 700) theirs.unlock();
    else theirs.beat();
  });
  theirs.lock();
  mine.with(() => assert.equal(asked, 700));
});
