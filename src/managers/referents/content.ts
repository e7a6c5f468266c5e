/** Values by content: each call brings copies, so two are the same when the same would travel. */

import { JSON } from "../../base/originals.ts";
import type { Family } from "../../family/family.ts";
import { encode } from "../../codec/codec.ts";
import { FamilyLink } from "../../wire/handles.ts";
import { drop, Kept, textOf } from "../kept.ts";

/**
 * What stands for a value in a Map: for an object its content, told from strings by the first letter. Content is what would
 * travel, so the order of properties counts, and a shared object is the same as itself only.
 */
export function idOf(value: unknown, family: Family): unknown {
  if (typeof value === "string") return `s${value}`;
  if (value instanceof Kept) return `k${value.identity}`;
  return isObject(value) ? `o${textOf(encode(value, new FamilyLink(family)))}` : value;
}

/** As idOf, of a value that came only to be looked up. */
export function idOfLookup(value: unknown, family: Family): unknown {
  drop(value);
  return idOf(value, family);
}

/** A value as errors name it. */
export function nameOf(value: unknown): string {
  if (isObject(value)) return "that object";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
