/** What a task or a method threw, in a form that always travels. */

import { SerializationError } from "../errors/outcomes.ts";
import { isError, messageOf } from "../base/words.ts";
import { encode, encodeWithSpare } from "./codec.ts";
import type { Link } from "./registry.ts";
import { shadowOf } from "./shadow.ts";

/**
 * The bytes of what was thrown. Unlike encode() it never fails, since the failure would hide the error: of an error, what can't
 * travel is replaced by a text that says what was there (see shadow.ts); a value that isn't an error, by an error that says
 * why. An error that it takes a codec or a shared object to rebuild has one with it that needs neither: it arrives if that
 * fails.
 */
export function encodeThrown(thrown: unknown, link: Link): Uint8Array {
  if (!isError(thrown)) {
    try {
      return encode(thrown, link, "thrown");
    } catch (failure) {
      return encode(new SerializationError(`What was thrown can't travel: ${messageOf(failure)}`), link);
    }
  }
  const spare = (): Uint8Array => encodeShadow(thrown, link, false);
  try {
    return encodeWithSpare(thrown, link, "thrown", spare);
  } catch {
    try {
      return encodeWithSpare(shadowOf(thrown, link, true), link, "thrown", spare);
    } catch {
      return spare();
    }
  }
}

function encodeShadow(error: Error, link: Link, usesCodecs: boolean): Uint8Array {
  try {
    return encode(shadowOf(error, link, usesCodecs), link, "thrown");
  } catch (failure) {
    return encode(new SerializationError(`${messageOf(error)} (the error can't travel: ${messageOf(failure)})`), link);
  }
}
