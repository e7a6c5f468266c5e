/** What is on an unpickler's stack: descriptions of values, of which the values are made when all of them are known. */

import { malformed } from "./malformed.ts";

/** A container. The items of a dict are its keys and values in turn. */
export class Node {
  readonly kind: "list" | "tuple" | "dict" | "set";
  readonly items: Value[];
  /** What it becomes. */
  made: unknown;

  constructor(kind: Node["kind"], items: Value[]) {
    this.kind = kind;
    this.items = items;
  }
}

/** Something that is no plain data by itself: a function's name, or a part that only goes into something else. */
export interface Other {
  readonly name: string;
  readonly isOther: true;
}

export type Value = null | boolean | number | bigint | string | Uint8Array | Date | Node | Other;

/** The value itself. However deep: what it consists of is made first, empty, and then filled. */
export function finish(value: Value): unknown {
  const nodes: Node[] = [];
  const meet = (one: Value) => {
    if (!(one instanceof Node) || one.made !== undefined) return;
    one.made = emptyOf(one);
    nodes.push(one);
  };
  meet(value);
  for (const node of nodes) {
    for (const item of node.items) meet(item);
    fill(node);
  }
  return madeOf(value);
}

function emptyOf({ kind, items }: Node): unknown {
  switch (kind) {
    case "set":
      return new Set();
    case "dict":
      for (let key = 0; key < items.length; key += 2) if (typeof items[key] !== "string") return new Map();
      return {};
    default:
      return new Array(items.length);
  }
}

function fill({ kind, items, made }: Node): void {
  if (made instanceof Set) {
    for (const item of items) made.add(madeOf(item));
  } else if (Array.isArray(made)) {
    for (let index = 0; index < items.length; index++) made[index] = madeOf(items[index] as Value);
    if (kind === "tuple") Object.freeze(made);
  } else {
    for (let index = 0; index < items.length; index += 2) {
      const key = madeOf(items[index] as Value), value = madeOf(items[index + 1] as Value);
      if (made instanceof Map) made.set(key, value);
      else if (key !== "__proto__") (made as Record<string, unknown>)[key as string] = value;
      else Object.defineProperty(made, key, { value, configurable: true, enumerable: true, writable: true });
    }
  }
}

function madeOf(value: Value): unknown {
  if (value instanceof Node) return value.made;
  if (typeof value === "object" && value !== null && "isOther" in value) {
    throw malformed(`it holds ${value.name}, which is no plain data`);
  }
  return value;
}
