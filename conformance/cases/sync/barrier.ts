/** Cases for Barrier, in one process. */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { until } from "../../host.ts";
import { within } from "../../scale.ts";
import {
  type Barrier,
  BrokenBarrierError,
  ClosedError,
  MisuseError,
  TargetError,
  targets as targetsOf,
} from "../../../mod.ts";
import { resetCalls } from "../../targets/sync/basics.ts";
import { assertRejectsWith } from "./lock.ts";

const module = new URL("../../targets/sync/basics.ts", import.meta.url);
const { failingAction, slowAction, someAction } = targetsOf<typeof import("../../targets/sync/basics.ts")>(module);

/** `n` waits; each result, or the name of the error. */
function waits(barrier: Barrier, n: number): Promise<(number | string)[]> {
  const all = Array.from({ length: n }, () => barrier.wait().catch((error: Error) => error.name));
  return within(Promise.all(all), 10_000, "waits at a barrier");
}

const broken = "BrokenBarrierError";

export const barrierCases: readonly Case[] = [
  {
    name: "barrier/parties: from 1; one party passes at once",
    async run({ mp }) {
      for (const parties of [0, -1, 1.5, NaN, "2" as never]) {
        assertThrows(() => new mp.Barrier(parties), RangeError, "parties");
      }
      const barrier = new mp.Barrier(1);
      for (let round = 0; round < 3; round++) assertEquals(await barrier.wait({ timeout: 0 }), 0);
      assertEquals([barrier.parties, barrier.nWaiting, barrier.broken], [1, 0, false]);
      barrier.close();
    },
  },
  {
    name: "barrier/each party gets its index, round after round",
    async run({ mp }) {
      const barrier = new mp.Barrier(3);
      const one = barrier.wait();
      assertEquals(barrier.nWaiting, 1);
      assertEquals([...await waits(barrier, 2), await one].sort(), [0, 1, 2]);
      // Two rounds at once: those of the second come in when the first have left.
      assertEquals((await waits(barrier, 6)).sort(), [0, 0, 1, 1, 2, 2]);
      assertEquals([barrier.nWaiting, barrier.broken], [0, false]);
      barrier.close();
    },
  },
  {
    name: "barrier/a timeout breaks it for all, until reset",
    async run({ mp }) {
      const barrier = new mp.Barrier(3);
      const others = waits(barrier, 1);
      await assertRejects(() => barrier.wait({ timeout: 5 }), BrokenBarrierError, "broken");
      assertEquals(await others, [broken]);
      assert(barrier.broken);
      assertEquals([barrier.nWaiting, ...await waits(barrier, 3)], [0, broken, broken, broken]);
      barrier.reset();
      assertFalse(barrier.broken);
      assertEquals((await waits(barrier, 3)).sort(), [0, 1, 2]);
      await assertRejects(() => barrier.wait({ timeout: NaN }), MisuseError);
      assertEquals([barrier.nWaiting, barrier.broken], [0, false]);
      barrier.close();
    },
  },
  {
    name: "barrier/its own time limit counts where a wait says none",
    async run({ mp }) {
      const barrier = new mp.Barrier(2, { timeout: 5 });
      assertEquals(await waits(barrier, 1), [broken]);
      barrier.reset();
      const one = barrier.wait({ timeout: 10_000 });
      assertEquals([await barrier.wait(), await one], [1, 0]);
      barrier.close();
      assertThrows(() => new mp.Barrier(2, { timeout: NaN }), MisuseError);
    },
  },
  {
    name: "barrier/abort breaks it for all, until reset",
    async run({ mp }) {
      const barrier = new mp.Barrier(3);
      const others = waits(barrier, 2);
      barrier.abort();
      assert(barrier.broken);
      assertEquals(await others, [broken, broken]);
      assertEquals(await waits(barrier, 1), [broken]);
      barrier.reset();
      assertEquals((await waits(barrier, 3)).sort(), [0, 1, 2]);
      barrier.close();
    },
  },
  {
    name: "barrier/reset turns those away who wait, and it is whole again",
    async run({ mp }) {
      const barrier = new mp.Barrier(3);
      const others = waits(barrier, 2);
      barrier.reset();
      const next = waits(barrier, 3);
      assertEquals(await others, [broken, broken]);
      assertEquals((await next).sort(), [0, 1, 2]);
      assertFalse(barrier.broken);
      barrier.reset();
      assertEquals((await waits(barrier, 3)).sort(), [0, 1, 2]);
      barrier.close();
    },
  },
  {
    name: "barrier/a wait that is aborted rejects with the reason and breaks it",
    async run({ mp }) {
      const barrier = new mp.Barrier(3), abort = new AbortController();
      const others = waits(barrier, 1), aborted = barrier.wait({ signal: abort.signal });
      abort.abort("enough");
      await assertRejectsWith(aborted, "enough");
      assertEquals(await others, [broken]);
      barrier.reset();
      await assertRejectsWith(barrier.wait({ signal: abort.signal }), "enough");
      assertEquals([barrier.nWaiting, barrier.broken], [0, false], "one that never came breaks nothing");
      barrier.close();
    },
  },
  {
    name: "barrier/the action runs once a round, before anyone goes on",
    async run({ mp }) {
      resetCalls();
      const barrier = new mp.Barrier(3, { action: slowAction });
      const first = waits(barrier, 3);
      await until(() => barrier.nWaiting === 0);
      assertEquals((await first).sort(), [0, 1, 2]);
      assertEquals(resetCalls(), 1);
      await waits(barrier, 6);
      assertEquals(resetCalls(), 2);
      barrier.close();
      const byUrl = new mp.Barrier(1, { action: new URL("#someAction", module) });
      assertEquals([await byUrl.wait(), resetCalls()], [0, 1]);
      byUrl.close();
      const [nameless] = [() => {}];
      assertThrows(() => new mp.Barrier(2, { action: nameless as () => void }), TargetError);
    },
  },
  {
    name: "barrier/an action that throws breaks it, and throws in the party that ran it",
    async run({ mp }) {
      const barrier = new mp.Barrier(3, { action: failingAction });
      assertEquals((await waits(barrier, 3)).sort(), [broken, broken, "TypeError"]);
      assert(barrier.broken);
      barrier.reset();
      assertFalse(barrier.broken);
      barrier.close();
    },
  },
  {
    name: "barrier/reset while the action runs turns all away",
    async run({ mp }) {
      const barrier = new mp.Barrier(2, { action: slowAction });
      const both = waits(barrier, 2);
      barrier.reset();
      assertEquals(await both, [broken, broken]);
      assertEquals((await waits(barrier, 2)).sort(), [0, 1]);
      barrier.close();
    },
  },
  {
    name: "barrier/closing a handle ends its waits, and breaks it for those of others",
    async run({ mp }) {
      const name = `barrier-${Math.random()}`;
      const one = new mp.Barrier(3, { name }), two = new mp.Barrier(3, { name });
      const first = waits(one, 1), second = assertRejects(() => two.wait(), ClosedError);
      two.close();
      await within(second, 5000, "the wait of the closed handle");
      assertEquals(await first, [broken]);
      assertEquals([one.nWaiting, one.broken], [0, true]);
      one.reset();
      assertEquals((await waits(one, 3)).sort(), [0, 1, 2]);
      for (const use of [() => two.reset(), () => two.abort(), () => two.broken, () => two.nWaiting]) {
        assertThrows(use, ClosedError);
      }
      await assertRejects(() => two.wait(), ClosedError);
      assertThrows(() => new mp.Barrier(4, { name }), MisuseError, "3");
      one.close();
      // Those who come and go while it is closed touch nothing that is somebody else's by now.
      const alone = new mp.Barrier(2, { action: someAction });
      const both = Promise.all([alone.wait(), alone.wait()]);
      alone.close();
      await assertRejects(() => within(both, 5000, "waits at a closed barrier"), ClosedError);
    },
  },
];
