/** Cases for Event, in one process. */

import { assert, assertEquals, assertFalse, assertRejects, assertThrows } from "../../assert.ts";
import type { Case } from "../../case.ts";
import { within } from "../../scale.ts";
import { ClosedError, MisuseError } from "../../../mod.ts";
import { assertRejectsWith } from "./lock.ts";

export const eventCases: readonly Case[] = [
  {
    name: "event/set, clear, isSet; wait returns the flag",
    async run({ mp }) {
      const event = new mp.Event();
      assertFalse(event.isSet());
      assertEquals(await event.wait({ timeout: 5 }), false);
      assertEquals(await event.wait({ timeout: 0 }), false);
      event.set();
      event.set();
      assert(event.isSet());
      assertEquals(await event.wait(), true);
      assertEquals(await event.wait({ timeout: 0 }), true);
      event.clear();
      event.clear();
      assertFalse(event.isSet());
      assertEquals(await event.wait({ timeout: 5 }), false);
      await assertRejects(() => event.wait({ timeout: NaN }), MisuseError);
      event.close();
    },
  },
  {
    name: "event/set wakes all who wait, also when it is cleared at once",
    async run({ mp }) {
      const event = new mp.Event();
      const waiting = [1, 2, 3].map(() => event.wait({ timeout: 10_000 }));
      event.set();
      event.clear();
      assertEquals(await within(Promise.all(waiting), 5000, "three waits"), [true, true, true]);
      assertEquals(await event.wait({ timeout: 0 }), false);
      event.close();
    },
  },
  {
    name: "event/an abort rejects with its reason, and others wait on",
    async run({ mp }) {
      const event = new mp.Event(), abort = new AbortController();
      const aborted = event.wait({ signal: abort.signal }), other = event.wait();
      abort.abort("enough");
      await assertRejectsWith(aborted, "enough");
      await assertRejectsWith(event.wait({ signal: abort.signal }), "enough");
      event.set();
      assert(await within(other, 5000, "the other wait"));
      event.close();
    },
  },
  {
    name: "event/by name, and closed",
    async run({ mp }) {
      const name = `event-${Math.random()}`, one = new mp.Event({ name }), two = new mp.Event({ name });
      const first = one.wait(), second = assertRejects(() => two.wait(), ClosedError), third = one.wait();
      two.close();
      await within(second, 5000, "the wait of the closed handle");
      assertThrows(() => two.set(), ClosedError);
      assertThrows(() => two.clear(), ClosedError);
      assertThrows(() => two.isSet(), ClosedError);
      await assertRejects(() => two.wait(), ClosedError);
      one.set();
      assertEquals(await Promise.all([first, third]), [true, true]);
      one.close();
    },
  },
  {
    name: "event/wait() takes events",
    async run({ mp }) {
      const one = new mp.Event(), two = new mp.Event();
      assertEquals(await mp.wait([one, two], { timeout: 5 }), []);
      const waiting = mp.wait([one, two]);
      two.set();
      assertEquals(await within(waiting, 5000, "wait()"), [two]);
      one.set();
      assertEquals(await mp.wait([two, one]), [two, one]);
      one.close();
      two.close();
    },
  },
];
