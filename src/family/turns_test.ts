/** Turns: newcomers let an agent go first that was woken twice in vain; not for long, and not for one that is gone. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { indexOf } from "./agents.ts";
import type { Family } from "./family.ts";
import { clearBit } from "../memory/bitmap.ts";
import { objectOf, payloadOf, relatives } from "./testing.ts";
import { Turns, TURNS_WORDS } from "./turns.ts";
import { BITMAP_WORDS, KIND_BYTES } from "../memory/layout.ts";

/** What the clock of all Turns says. */
let time = 0;

function turnsOf(count: number) {
  const family = relatives(count), address = objectOf(family[0] as Family, TURNS_WORDS, KIND_BYTES);
  const turns = family.map((one) =>
    new Turns(one, payloadOf(one, address).segment, payloadOf(one, address).at, () => time)
  );
  return { family, turns, words: payloadOf(family[0] as Family, address) };
}

/** What a Turns finds at a moment. */
function at<T>(now: number, look: () => T): T {
  time = now;
  return look();
}

test("two wakes in vain make an agent impatient; the others wait for it, it doesn't wait for itself", () => {
  const { turns } = turnsOf(3), [a, b, c] = turns as [Turns, Turns, Turns];
  at(1000, () => {
    b.cameLate();
    assert.deepEqual(turns.map(({ patience }) => patience), [0, 0, 0]);
    b.cameLate();
    assert.deepEqual([a.patience > 0, b.patience, c.patience > 0], [true, 0, true]);
    a.cameLate();
    a.cameLate();
    assert(a.patience > 0 && b.patience > 0 && c.patience > 0, "of two that are impatient each lets the other go");
    b.done();
    assert.deepEqual([a.patience, b.patience > 0], [0, true]);
    a.done();
    assert.deepEqual(turns.map(({ patience }) => patience), [0, 0, 0]);
  });
});

test("wakes in vain are counted from the last success", () => {
  const { turns } = turnsOf(2), [a, b] = turns as [Turns, Turns];
  for (let i = 0; i < 5; i++) {
    b.cameLate();
    b.done();
    assert.equal(a.patience, 0);
  }
});

test("the patience of others ends by itself, whatever the clock does", () => {
  // The second begins just before the low 32 bits of the clock wrap round to negative numbers, and the third before 0.
  for (const start of [1_700_000_000_000, 2 ** 40 + 2 ** 31 - 3, 2 ** 40 - 3]) {
    const { turns } = turnsOf(2), [a, b] = turns as [Turns, Turns];
    at(start, () => {
      b.cameLate();
      b.cameLate();
    });
    let last = Infinity;
    for (let later = 0; later < 40; later++) {
      const patience = at(start + later, () => a.patience);
      assert(patience < last || patience === 0, `${patience} ms after ${later} ms`);
      assert(later > 0 || patience > 0);
      last = patience;
    }
    assert.equal(last, 0);
    assert.equal(at(start - 3_600_000, () => a.patience), 0, "a clock that was set back doesn't lock anybody out");
  }
});

test("the impatience of the dead is cleared like their waits", () => {
  const { family, turns, words: { segment, at: first } } = turnsOf(40), a = turns[0] as Turns;
  at(1000, () => {
    for (const index of [31, 32, 39]) {
      const agent = turns[index] as Turns;
      agent.cameLate();
      agent.cameLate();
    }
    for (const index of [31, 32, 39]) {
      assert(a.patience > 0);
      clearBit(segment.i32, first, indexOf((family[index] as Family).self));
    }
    assert.equal(a.patience, 0);
    assert.notEqual(segment.i32[first + BITMAP_WORDS], 0, "no more than a hint");
  });
});
