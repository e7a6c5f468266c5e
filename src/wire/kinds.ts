/** The types that can travel: which kind an object is of, and the tag of each kind on the wire. */

import {
  bufferKind,
  BufferWindow,
  bytesKind,
  isBytesPrototype,
  viewKind,
  viewPrototypes,
  windowKind,
} from "./buffers.ts";
import { boxedKind, dateKind, regExpKind, urlKind, urlSearchParamsKind } from "./builtins.ts";
import { mapKind, nullPrototypeKind, objectKind, setKind, sparseKind } from "./containers.ts";
import { domExceptionKind, errorKind, errorPrototypes } from "./errors.ts";
import type { Kind } from "./kind.ts";
import { Refusal, refusedType } from "./refusal.ts";
import { codecKind, shareableKind } from "./registered.ts";
import { codecOf, reserved, reserveMore, shareableTypeOf } from "./registry.ts";

/** The place of a kind in this list is its tag. Append only: the tags are part of the format. */
export const KINDS: readonly Kind[] = [
  objectKind,
  sparseKind,
  nullPrototypeKind,
  mapKind,
  setKind,
  dateKind,
  regExpKind,
  boxedKind,
  urlKind,
  urlSearchParamsKind,
  windowKind,
  viewKind,
  bytesKind,
  errorKind,
  domExceptionKind,
  shareableKind,
  codecKind,
];
/** The tag of an array without holes, which has no kind since it is its own node. */
export const ARRAY_TAG: number = 0x7f;

const tags = new Map(KINDS.map((kind, tag) => [kind, tag]));

/** The tag of a kind. */
export function tagOf(kind: Kind): number {
  return tags.get(kind) ?? NaN;
}

/** Kinds whose objects exist only once everything they are made from is complete. */
export function isLate(kind: Kind): boolean {
  return kind === codecKind || kind === shareableKind;
}

const byPrototype = new Map<object | null, Kind>([
  [null, nullPrototypeKind],
  [Map.prototype, mapKind],
  [Set.prototype, setKind],
  [Date.prototype, dateKind],
  [RegExp.prototype, regExpKind],
  [Number.prototype, boxedKind],
  [String.prototype, boxedKind],
  [Boolean.prototype, boxedKind],
  [BigInt.prototype, boxedKind],
  [URL.prototype, urlKind],
  [URLSearchParams.prototype, urlSearchParamsKind],
  [ArrayBuffer.prototype, bufferKind],
  [BufferWindow.prototype, windowKind],
  ...viewPrototypes.map((prototype): [object, Kind] => [prototype, viewKind]),
  ...errorPrototypes.map((prototype): [object, Kind] => [prototype, errorKind]),
  [DOMException.prototype, domExceptionKind],
]);
for (const prototype of byPrototype.keys()) if (prototype !== null) reserved.add(prototype);
reserveMore(isBytesPrototype);

/** The kind of an object that is neither a plain object nor an array. */
export function kindOf(object: object): Kind {
  // First: shared arrays are genuine typed arrays.
  if (shareableTypeOf(object) !== undefined) return shareableKind;
  const prototype: object | null = Object.getPrototypeOf(object);
  const kind = byPrototype.get(prototype);
  if (kind !== undefined) return kind;
  if (prototype !== null && isBytesPrototype(prototype)) return bytesKind;
  if (prototype !== null && codecOf(prototype) !== undefined) return codecKind;
  if (object instanceof Error) return object instanceof DOMException ? domExceptionKind : errorKind;
  throw new Refusal(refusedType(object));
}
