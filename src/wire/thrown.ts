/** What a task or a method threw, in a form that always travels. */

import { encode } from "./codec.ts";
import type { Link } from "./registry.ts";

/** A chain of causes is followed no further. */
const MAX_DEPTH = 16;

/**
 * The bytes of what was thrown. Unlike encode() it never fails, since the failure would hide the error: a property that
 * can't travel is replaced by a text that says why, and a value that can't travel by an Error that says so.
 */
export function encodeThrown(thrown: unknown, link: Link): Uint8Array {
  try {
    return encode(thrown, link, "error");
  } catch {
    return encode(portable(thrown, link, 0), link, "error");
  }
}

/** What is thrown, or the nearest thing to it that travels. */
function portable(thrown: unknown, link: Link, depth: number): unknown {
  try {
    encode(thrown, link, "it");
    return thrown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (depth >= MAX_DEPTH || !(thrown instanceof Error || Array.isArray(thrown))) return `[left behind: ${reason}]`;
    if (Array.isArray(thrown)) return Array.from(thrown, (item: unknown) => portable(item, link, depth + 1));
    return portableError(thrown, link, depth);
  }
}

/** A copy of an error, without its symbols, whose properties travel. */
function portableError(error: Error, link: Link, depth: number): Error {
  const copy = Object.create(Object.getPrototypeOf(error)) as Error;
  for (const key of Object.getOwnPropertyNames(error)) {
    const enumerable = Object.prototype.propertyIsEnumerable.call(error, key);
    const value = portable(valueOf(error, key), link, depth + 1);
    Object.defineProperty(copy, key, { value, enumerable });
  }
  return copy;
}

function valueOf(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key];
  } catch (failure) {
    return `[left behind: its getter threw ${String(failure)}]`;
  }
}
