/** The ledger: each task has one outcome or none, and every figure adds up, also when tasks settle inside one another. */

import assert from "node:assert/strict";
import { channel } from "node:diagnostics_channel";
import fc from "fast-check";
import { test } from "node:test";
import { Ledger } from "./ledger.ts";
import type { Member } from "./member.ts";
import type { Task, TaskOutcome } from "./task.ts";
import { Job, names } from "./testing.ts";

const good: TaskOutcome = { ok: true, value: 1 };
const bad: TaskOutcome = { ok: false, error: "why", index: 0, reach: "item" };

/** A worker as the ledger knows one: the tasks that it has. */
function worker(pid: number) {
  const assigned = new Map<number, Task>();
  const member = { assigned, process: { pid } } as unknown as Member;
  const give = (task: Task) => {
    task.member = member;
    assigned.set(task.id, task);
  };
  return { assigned, give };
}

test("tasks have numbers from 1 and the retries of the pool, and go out as they came", () => {
  const ledger = new Ledger("p", 3), jobs = [1, 2, 3].map((name) => new Job(name));
  for (const job of jobs) ledger.admit(job);
  assert.deepEqual(jobs.map(({ id, retries }) => [id, retries]), [[1, 3], [2, 3], [3, 3]]);
  assert.deepEqual([ledger.outstanding, ledger.backlog.size], [3, 3]);
  assert.deepEqual(jobs.map(() => ledger.backlog.shift()), jobs);
});

test("the first outcome counts; a withdrawn task has none, and is counted nowhere", () => {
  const ledger = new Ledger("p", 0), { assigned, give } = worker(1);
  const [done, failed, withdrawn, early] = [1, 2, 3, 4].map((name) => new Job(name)) as [Job, Job, Job, Job];
  for (const job of [done, failed, withdrawn, early]) ledger.admit(job);
  ledger.finish(early);
  assert.deepEqual([ledger.outstanding, ledger.backlog.size], [3, 3]);
  for (const job of [done, failed, withdrawn]) {
    assert.equal(ledger.backlog.shift(), job);
    give(job);
  }
  assert.equal(ledger.backlog.shift(), undefined);
  ledger.settle(done, good);
  ledger.settle(done, bad);
  ledger.settle(failed, bad);
  ledger.settle(failed, good);
  ledger.finish(withdrawn);
  ledger.settle(withdrawn, good);
  ledger.settle(early, good);
  assert.deepEqual([done, failed, withdrawn, early].map(({ outcomes }) => outcomes), [[good], [bad], [], []]);
  assert.deepEqual([assigned.size, ledger.outstanding, ledger.backlog.size], [0, 0, 0]);
  assert.deepEqual([ledger.figures.done, ledger.figures.failed], [1, 1]);
});

test("tasks that a worker gave back go before all others, in their order", () => {
  const ledger = new Ledger("p", 0), { assigned, give } = worker(1), jobs = [1, 2, 3, 4].map((name) => new Job(name));
  for (const job of jobs) ledger.admit(job);
  const taken = [ledger.backlog.shift(), ledger.backlog.shift(), ledger.backlog.shift()] as Job[];
  taken.forEach(give);
  ledger.settle(taken[0] as Job, good);
  ledger.requeue(taken.slice(1));
  assert.equal(assigned.size, 0);
  assert.deepEqual(taken.slice(1).map(({ state, member }) => [state, member]), Array(2).fill(["waiting", undefined]));
  ledger.admit(new Job(5));
  ledger.finish(jobs[2] as Job);
  assert.deepEqual([ledger.outstanding, ledger.backlog.size], [3, 3]);
  assert.deepEqual(names([ledger.backlog.shift(), ledger.backlog.shift(), ledger.backlog.shift()] as Job[]), [2, 4, 5]);
});

test("a time limit that ran for a task ends with its outcome, or when it goes back", async () => {
  const ledger = new Ledger("p", 0), jobs = [1, 2, 3].map((name) => new Job(name)), rang: number[] = [];
  for (const job of jobs) {
    ledger.admit(job);
    ledger.backlog.shift();
    job.timer = setTimeout(() => rang.push(job.name), 1);
  }
  ledger.settle(jobs[0] as Job, good);
  ledger.finish(jobs[1] as Job);
  ledger.requeue([jobs[2] as Job]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert.deepEqual(rang, []);
});

test("what is refused is what no worker has; tasks handed in, withdrawn or settled on the way keep their own fate", () => {
  const ledger = new Ledger("p", 0), late = new Job(9);
  const jobs: Job[] = [
    new Job(0),
    new Job(1, () => {
      ledger.admit(late);
      ledger.finish(jobs[2] as Job);
      ledger.settle(jobs[3] as Job, good);
    }),
    new Job(2),
    new Job(3),
    new Job(4),
  ];
  for (const job of jobs) ledger.admit(job);
  assert.equal(ledger.backlog.shift(), jobs[0]);
  ledger.refuseBacklog("over");
  const refusal = { ok: false, error: "over", index: 0, reach: "pool" };
  assert.deepEqual(jobs.map(({ outcomes }) => outcomes), [[], [refusal], [], [good], [refusal]]);
  assert.deepEqual([ledger.outstanding, ledger.backlog.size], [2, 1], "the one with the worker, and the late one");
  assert.equal(ledger.backlog.shift(), late);
});

test("who listens to the end of tasks hears of each outcome once, with the worker's pid", () => {
  const heard: unknown[] = [], ends = channel("manyproc:multiprocessing:pool:task:end");
  const listener = (message: unknown) => void heard.push(message);
  ends.subscribe(listener);
  try {
    const ledger = new Ledger("books", 0), jobs = [1, 2, 3].map((name) => new Job(name)), { give } = worker(77);
    for (const job of jobs) ledger.admit(job);
    give(ledger.backlog.shift() as Job);
    ledger.settle(jobs[0] as Job, good);
    ledger.settle(jobs[0] as Job, good);
    ledger.finish(jobs[1] as Job);
    ledger.refuseBacklog("over");
  } finally {
    ends.unsubscribe(listener);
  }
  assert.deepEqual(heard, [
    { pool: "books", pid: 77, task: 1, ok: true },
    { pool: "books", pid: undefined, task: 3, ok: false },
  ]);
});

test("however tasks go: outstanding, waiting and done add up, and nobody is told twice", () => {
  const kinds = ["in", "in", "give", "give", "good", "bad", "withdraw", "back", "refuse"] as const;
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat()), { maxLength: 150 }), (steps) => {
    const ledger = new Ledger("p", 0), all: Job[] = [], { assigned, give } = worker(1);
    let withdrawn = 0;
    for (const [what, pick] of steps) {
      const job = all[pick % (all.length || 1)], held = [...assigned.values()];
      if (what === "in") {
        const next = new Job(all.length);
        all.push(next);
        ledger.admit(next);
      } else if (what === "give") {
        const next = ledger.backlog.shift();
        if (next !== undefined) give(next);
      } else if (what === "back") ledger.requeue(held.slice(pick % (held.length || 1)));
      else if (what === "refuse") {
        if (pick % 4 === 0) ledger.refuseBacklog("over");
      } else if (job === undefined) continue;
      else if (what !== "withdraw") ledger.settle(job, what === "good" ? good : bad);
      else if (job.state !== "done") {
        ledger.finish(job);
        withdrawn++;
      }
      const told = all.filter(({ outcomes }) => outcomes.length > 0).length, { done, failed } = ledger.figures;
      assert.equal(done + failed, told);
      assert.equal(ledger.outstanding + told + withdrawn, all.length);
      assert.equal(ledger.backlog.size + assigned.size, ledger.outstanding);
      assert(all.every(({ outcomes }) => outcomes.length <= 1));
    }
  }));
});
