/** A file of tests for Node, with a target that a test runs in a child. */

import { getContext, type StartMethod, type Value } from "../../../mod.ts";
import { assertEquals } from "../../assert.ts";
import { process } from "../../host.ts";

export function set(value: Value<number>): void {
  value.value = 7;
}

const { test } = process.getBuiltinModule("node:test");

test("a child sets a value", async () => {
  const mp = getContext(process.env["MP_METHOD"] as StartMethod);
  const value = new mp.Value("i", 0), child = new mp.Process({ target: set, args: [value] });
  await child.start();
  assertEquals([await child.join(), value.value], [0, 7]);
});
