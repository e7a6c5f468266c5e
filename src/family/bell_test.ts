/** Ringing another process when this one has no descriptor left. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AGENT_RUNNING } from "../memory/layout.ts";
import type { SystemCalls } from "../runtime/runtime.ts";
import type { AgentTable } from "./agents.ts";
import { ProcessBells } from "./bell.ts";

/** Bells of a process that may have so many descriptors of others' open. */
function bellsWith(limit: { most: number }) {
  const open = new Map<number, number>(), rung: number[] = [];
  let next = 100;
  const system = {
    createBell: () => ({ fd: 3, inode: 1n, listen() {}, rest() {} }),
    openBell(pid: number) {
      if (open.size >= limit.most) throw new Error("EMFILE");
      open.set(++next, pid);
      return next;
    },
    ring(fd: number) {
      rung.push(open.get(fd) ?? 0);
      return true;
    },
    close: (fd: number) => void open.delete(fd),
  };
  const agents = {
    stateOf: () => AGENT_RUNNING,
    alive: () => true,
    get: (owner: number) => owner,
    bellOf: () => ({ fd: 3, inode: 1n }),
  };
  return { bells: new ProcessBells(system as unknown as SystemCalls, agents as unknown as AgentTable), open, rung };
}

test("without a descriptor left, the bells of others make room", () => {
  const { bells, open, rung } = bellsWith({ most: 2 });
  for (const owner of [7, 8, 9, 7]) assert.equal(bells.ring(owner), true);
  assert.deepEqual(rung, [7, 8, 9, 7]);
  assert.equal(open.size, 2);
});

test("whoever can't be rung now is rung as soon as there is a descriptor", async () => {
  const limit = { most: 0 }, { bells, rung } = bellsWith(limit);
  assert.equal(bells.ring(7), true);
  assert.equal(bells.ring(8), true);
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.deepEqual(rung, []);
  limit.most = 1;
  while (rung.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(rung, [7, 8]);
});
