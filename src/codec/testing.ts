/** What the tests of the codec share. */

import assert from "node:assert/strict";
import { SerializationError } from "../errors.ts";
import { decode, encode, type Link } from "./codec.ts";

export const link: Link = { method: "process" };

export function roundTrip<T>(value: T): T {
  const bytes = encode(value, link).slice();
  const result = decode(bytes, link) as T;
  bytes.fill(0xff); // nothing of them may have been kept
  return result;
}

export function travels(value: unknown): void {
  assert.deepStrictEqual(roundTrip(value), value);
  assert.deepStrictEqual(roundTrip([value, { value }]), [value, { value }]);
}

export function refuses(value: unknown, message: string | RegExp, root?: string): void {
  assert.throws(() => encode(value, link, root), (error: unknown) => {
    assert(error instanceof SerializationError, String(error));
    if (typeof message === "string") assert.equal(error.message.slice(0, message.length), message);
    else assert.match(error.message, message);
    return true;
  });
}
