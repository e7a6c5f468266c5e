/** The protocol holds in every state that three agents can reach; without any one of its rules it doesn't. */

import { test } from "node:test";
import { assert, assertEquals, assertGreater } from "../assert.ts";
import { explore } from "./futex_model.ts";

const small = { agents: 3, rounds: 1, kills: 1 };

test("nobody is stuck, and never are two inside, with a kill at any step", () => {
  const { states, twoInside, stuck, example } = explore("ok", small);
  assertGreater(states, 30_000);
  assertEquals({ twoInside, stuck, example }, { twoInside: 0, stuck: 0, example: undefined });
});

test("nor with two kills", () => {
  const { states, twoInside, stuck } = explore("ok", { ...small, kills: 2 });
  assertGreater(states, 200_000);
  assertEquals({ twoInside, stuck }, { twoInside: 0, stuck: 0 });
});

test("nor when two agents come back for more", () => {
  const { states, twoInside, stuck } = explore("ok", { agents: 2, rounds: 3, kills: 1 });
  assertGreater(states, 1000);
  assertEquals({ twoInside, stuck }, { twoInside: 0, stuck: 0 });
});

for (const variant of ["norecheck", "nopass", "noring"] as const) {
  test(`somebody gets stuck with ${variant}`, () => {
    const { stuck, twoInside, example } = explore(variant, small);
    assertGreater(stuck, 0);
    assertEquals(twoInside, 0);
    assert(example !== undefined && example.length > 0);
  });
}

test("without a death the rings after one are not needed, but the other rules are", () => {
  const calm = { ...small, kills: 0 };
  assertEquals(explore("noring", calm).stuck, 0);
  assertGreater(explore("norecheck", calm).stuck, 0);
  assertGreater(explore("nopass", calm).stuck, 0);
});
