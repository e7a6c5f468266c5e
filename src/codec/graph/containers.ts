/** Arrays, plain objects, Maps and Sets as nodes of a graph. */

import { JSON } from "../../base/originals.ts";
import { malformed, propertyStep } from "../refusal.ts";
import { type NodeType, nodeType } from "./node_type.ts";
import { elementNames, ordinaryValue, refuseExtraElements, refuseExtras, stringKeys } from "../own_properties.ts";

/** A key in the path of a Map's value, or undefined if it can't be written. */
function writtenKey(key: unknown): string | undefined {
  if (typeof key === "string") return JSON.stringify(key);
  if (typeof key === "bigint") return `${key}n`;
  return typeof key === "object" && key !== null ? undefined : String(key);
}

/** Sets a property as an assignment does, but never the prototype. */
export function setOwn(object: object, key: string, value: unknown): void {
  if (key === "__proto__") {
    Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    (object as Record<string, unknown>)[key] = value;
  }
}

function pairsOf(object: object): unknown[] {
  const pairs: unknown[] = [];
  for (const key of stringKeys(object)) pairs.push(key, ordinaryValue(object, key));
  return pairs;
}

function pairKind(create: () => object): NodeType {
  return nodeType<object>({
    expand: pairsOf,
    create,
    fill(object, node, receiver) {
      for (let i = 0; i + 1 < node.length; i += 2) {
        setOwn(object, String(receiver.resolve(node[i])), receiver.resolve(node[i + 1]));
      }
    },
    step: (index, node) => propertyStep(String(node[index - 1])),
  });
}

/** An object with keys that MessagePack, or msgpackr, would change: `__proto__`, lone surrogates. */
export const objectType: NodeType = pairKind(() => ({}));

export const nullPrototypeType: NodeType = pairKind(() => Object.create(null));

/** An array with holes: its length, then index and value of each element. */
export const sparseType: NodeType = nodeType<unknown[]>({
  expand(array) {
    refuseExtraElements(array);
    const node: unknown[] = [array.length];
    for (const index of elementNames(array)) node.push(Number(index), array[Number(index)]);
    return node;
  },
  create(node) {
    const array: unknown[] = [];
    const [length] = node;
    if (typeof length !== "number") throw malformed("the length of an array is missing");
    array.length = length;
    return array;
  },
  fill(array, node, receiver) {
    for (let i = 1; i + 1 < node.length; i += 2) {
      const index = node[i];
      if (typeof index !== "number" || !(index >= 0 && index < array.length)) {
        throw malformed("an index is out of range");
      }
      array[index] = receiver.resolve(node[i + 1]);
    }
  },
  step: (index, node) => `[${node[index - 1]}]`,
});

export const mapType: NodeType = nodeType<Map<unknown, unknown>>({
  expand(map) {
    refuseExtras(map);
    const node: unknown[] = [];
    Map.prototype.forEach.call(map, (value, key) => node.push(key, value));
    return node;
  },
  create: () => new Map(),
  fill(map, node, receiver) {
    for (let i = 0; i + 1 < node.length; i += 2) map.set(receiver.resolve(node[i]), receiver.resolve(node[i + 1]));
  },
  step(index, node) {
    if (index % 2 === 0) return ` key ${index / 2}`;
    const key = writtenKey(node[index - 1]);
    return key === undefined ? ` value ${(index - 1) / 2}` : `.get(${key})`;
  },
});

export const setType: NodeType = nodeType<Set<unknown>>({
  expand(set) {
    refuseExtras(set);
    const node: unknown[] = [];
    Set.prototype.forEach.call(set, (item) => node.push(item));
    return node;
  },
  create: () => new Set(),
  fill(set, node, receiver) {
    for (const slot of node) set.add(receiver.resolve(slot));
  },
  step: (index) => ` item ${index}`,
});
