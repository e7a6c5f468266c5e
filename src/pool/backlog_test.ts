/** The backlog gives tasks out in order, those that came back first, and none that was withdrawn. */

import assert from "node:assert/strict";
import fc from "fast-check";
import { test } from "node:test";
import { Backlog } from "./backlog.ts";
import type { Task } from "./task.ts";
import { Job, names } from "./testing.ts";

/** Withdraws a task that waits, as the ledger does. */
function withdraw(backlog: Backlog, task: Task): void {
  backlog.forget();
  task.state = "done";
}

function* takeAll(backlog: Backlog): Generator<Task> {
  for (let task = backlog.shift(); task !== undefined; task = backlog.shift()) yield task;
}

test("whatever comes, comes back, is withdrawn or taken: what is left is what a plain list would have", () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom("push", "push", "push", "shift", "shift", "back", "withdraw", "clear"), fc.nat()),
    { maxLength: 200 },
  );
  fc.assert(fc.property(steps, (steps) => {
    const backlog = new Backlog(), given: Job[] = [];
    let model: Job[] = [], next = 0;
    for (const [what, pick] of steps) {
      if (what === "push") {
        const job = new Job(next++);
        model.push(job);
        backlog.push(job);
      } else if (what === "shift") {
        const job = backlog.shift(), expected = model.shift();
        assert.equal(job, expected);
        if (expected !== undefined) {
          assert.equal(expected.state, "given");
          given.push(expected);
        }
      } else if (what === "back") {
        const back = given.splice(0, pick % 4);
        for (const job of back) job.state = "waiting";
        backlog.unshift(back);
        model.unshift(...back);
      } else if (what === "withdraw") {
        const [job] = model.splice(pick % (model.length || 1), 1);
        if (job !== undefined) withdraw(backlog, job);
      } else if (pick % 5 === 0) {
        const cleared = backlog.clear();
        assert.deepEqual(names(cleared), names(model));
        assert(cleared.every(({ state }) => state === "given"));
        model = [];
      }
      assert.equal(backlog.size, model.length);
    }
    assert.deepEqual(names(takeAll(backlog)), names(model));
    assert.equal(backlog.size, 0);
    assert.equal(backlog.nextFunction, -1);
  }));
});

test("a long backlog keeps its order while its front is let go of, with tasks that come back at any place", () => {
  const backlog = new Backlog(), expected: number[] = [], seen: number[] = [];
  for (let i = 0; i < 30_000; i++) {
    backlog.push(new Job(i));
    expected.push(i);
  }
  for (let round = 0; backlog.size > 0; round++) {
    const taken = Array.from({ length: 700 }, () => backlog.shift()).filter((task) => task !== undefined);
    // Half of them come back: 350 fewer each round.
    const back = taken.slice(Math.floor(taken.length / 2));
    for (const task of back) task.state = "waiting";
    if (taken.length > 1) backlog.unshift(back);
    seen.push(...names(taken.length > 1 ? taken.slice(0, Math.floor(taken.length / 2)) : taken));
    assert(round < 1000);
  }
  assert.deepEqual(seen, expected);
});

test("the next function is that of the first task; a withdrawn one may stand for it, but is never given out", () => {
  const backlog = new Backlog(), jobs = [0, 1, 2, 3].map((name) => new Job(name));
  assert.equal(backlog.nextFunction, -1);
  for (const job of jobs) backlog.push(job);
  assert.equal(backlog.nextFunction, 0);
  withdraw(backlog, jobs[0] as Job);
  withdraw(backlog, jobs[1] as Job);
  assert.equal(backlog.size, 2);
  assert.equal(backlog.shift(), jobs[2]);
  assert.equal(backlog.nextFunction, 0);
  withdraw(backlog, jobs[3] as Job);
  assert.equal(backlog.shift(), undefined);
  assert.deepEqual([backlog.size, backlog.nextFunction, backlog.clear()], [0, -1, []]);
});
