/** What a task or a method threw, in a form that always travels. */

import { encode } from "./codec.ts";
import { errorPrototypes } from "./graph/errors.ts";
import type { Link } from "./registry.ts";

/** A chain of causes is followed no further. */
const MAX_DEPTH = 16;

/**
 * The bytes of what was thrown. Unlike encode() it never fails, since the failure would hide the error: a property that
 * can't travel is replaced by a text that says why, and a value that isn't an error by an Error that says so.
 */
export function encodeThrown(thrown: unknown, link: Link): Uint8Array {
  try {
    return encode(thrown, link, "thrown");
  } catch (failure) {
    const substitute = thrown instanceof Error
      ? portableError(thrown, link, 0)
      : new Error(`What was thrown can't travel: ${messageOf(failure)}`);
    return encode(substitute, link, "thrown");
  }
}

/** A property of an error, or the nearest thing to it that travels. */
function portable(value: unknown, link: Link, depth: number): unknown {
  try {
    encode(value, link, "it");
    return value;
  } catch (failure) {
    if (depth < MAX_DEPTH) {
      if (value instanceof Error) return portableError(value, link, depth);
      if (Array.isArray(value)) return Array.from(value, (item: unknown) => portable(item, link, depth + 1));
    }
    return leftBehind(messageOf(failure));
  }
}

/** A copy of an error whose properties travel. One of a class that would need a codec becomes an Error of the same name. */
function portableError(error: Error, link: Link, depth: number): Error {
  const prototype: object = Object.getPrototypeOf(error);
  const isKnown = errorPrototypes.includes(prototype);
  const copy = Object.create(isKnown ? prototype : Error.prototype) as Error;
  const keys = new Set([...(isKnown ? [] : ["name"]), ...Object.getOwnPropertyNames(error)]);
  for (const key of keys) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
    Object.defineProperty(copy, key, { value: portable(propertyOf(error, key), link, depth + 1), enumerable });
  }
  return copy;
}

function propertyOf(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key];
  } catch (failure) {
    return leftBehind(`its getter threw ${messageOf(failure)}`);
  }
}

function leftBehind(reason: string): string {
  return `[left behind: ${reason}]`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
