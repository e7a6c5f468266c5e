/** Errors as they are printed. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { textOf } from "./words.ts";

test("causes are printed, each once, though they lead back to the error", () => {
  const first = new Error("first"), second = new RangeError("second", { cause: first });
  first.cause = second;
  const text = textOf(first);
  assert.match(text, /first[^]*Caused by: [^]*second/);
  assert.equal(text.split("Caused by").length, 2);
  assert.match(textOf(new Error("top", { cause: "a word" })), /Caused by: Uncaught a word$/);
});
