/** The types that can travel: which kind an object is of, and the tag of each kind on the wire. */

import { BufferWindow } from "./buffer_windows.ts";
import { bufferType, bytesType, isBytesPrototype, viewPrototypes, viewType, windowType } from "./buffers.ts";
import { boxedType, dateType, regExpType, urlSearchParamsType, urlType } from "./builtins.ts";
import { mapType, nullPrototypeType, objectType, setType, sparseType } from "./containers.ts";
import { domExceptionType, errorPrototypes, errorType } from "./errors.ts";
import type { NodeType } from "./node_type.ts";
import { isError } from "../../base/words.ts";
import { builtinNameOf } from "../realms.ts";
import { Refusal, refusedType } from "../refusal.ts";
import { codecType, shareableType } from "./registered.ts";
import { codecOf, reserved, reserveMore, shareableTypeOf } from "../registry.ts";

/** The place of a kind in this list is its tag. Append only: the tags are part of the format. */
export const NODE_TYPES: readonly NodeType[] = [
  objectType,
  sparseType,
  nullPrototypeType,
  mapType,
  setType,
  dateType,
  regExpType,
  boxedType,
  urlType,
  urlSearchParamsType,
  windowType,
  viewType,
  bytesType,
  errorType,
  domExceptionType,
  shareableType,
  codecType,
];
/** The tag of an array without holes, which has no kind since it is its own node. */
export const ARRAY_TAG: number = 0x7f;

const tags = new Map(NODE_TYPES.map((kind, tag) => [kind, tag]));

/** The tag of a kind. */
export function tagOf(kind: NodeType): number {
  return tags.get(kind) ?? NaN;
}

/** Kinds whose objects exist only once everything they are made from is complete. */
export function isLate(kind: NodeType): boolean {
  return kind === codecType || kind === shareableType;
}

const byPrototype = new Map<object | null, NodeType>([
  [null, nullPrototypeType],
  [Map.prototype, mapType],
  [Set.prototype, setType],
  [Date.prototype, dateType],
  [RegExp.prototype, regExpType],
  [Number.prototype, boxedType],
  [String.prototype, boxedType],
  [Boolean.prototype, boxedType],
  [BigInt.prototype, boxedType],
  [URL.prototype, urlType],
  [URLSearchParams.prototype, urlSearchParamsType],
  [ArrayBuffer.prototype, bufferType],
  [BufferWindow.prototype, windowType],
  ...viewPrototypes.map((prototype): [object, NodeType] => [prototype, viewType]),
  ...errorPrototypes.map((prototype): [object, NodeType] => [prototype, errorType]),
  [DOMException.prototype, domExceptionType],
]);
/** The same by the names of the classes, for the objects of other realms. */
const byName = new Map<string, NodeType>([["Object", objectType], ["Array", sparseType]]);
for (const [prototype, kind] of byPrototype) if (prototype !== null) byName.set(prototype.constructor.name, kind);
for (const prototype of byPrototype.keys()) if (prototype !== null) reserved.add(prototype);
reserveMore(isBytesPrototype);

/** The kind of an object that is neither a plain object nor an array, unless of another realm. */
export function typeOf(object: object): NodeType {
  // First: shared arrays are genuine typed arrays.
  if (shareableTypeOf(object) !== undefined) return shareableType;
  const prototype: object | null = Object.getPrototypeOf(object);
  const kind = byPrototype.get(prototype);
  if (kind !== undefined) return kind;
  if (prototype !== null && isBytesPrototype(prototype)) return bytesType;
  if (prototype !== null && codecOf(prototype) !== undefined) return codecType;
  if (isError(object)) return object instanceof DOMException ? domExceptionType : errorType;
  const foreign = byName.get(builtinNameOf(object) ?? "");
  if (foreign !== undefined) return foreign;
  throw new Refusal(refusedType(object));
}
