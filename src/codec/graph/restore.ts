/** A graph back to the value it was made from. */

import { setOwn } from "./containers.ts";
import { malformed } from "../refusal.ts";
import type { NodeType, Receiver } from "./node_type.ts";
import { ARRAY_TAG, isLate, NODE_TYPES } from "./node_table.ts";
import type { Link } from "../registry.ts";
import { textOf } from "../strings.ts";

/** Reads one graph. */
class Restoration implements Receiver {
  readonly link: Link;
  readonly raw: Uint8Array;
  private readonly objects: (object | undefined)[];

  constructor(count: number, raw: Uint8Array, link: Link) {
    this.objects = new Array<undefined>(count);
    this.raw = raw;
    this.link = link;
  }

  /** All objects first, then what they refer to: they may refer to one another in any way. */
  run(slots: readonly unknown[]): unknown {
    const { objects } = this;
    const kinds: (NodeType | undefined)[] = [];
    for (let number = 0; number < objects.length; number++) kinds.push(this.create(number, slots[number + 1]));
    for (let number = 0; number < objects.length; number++) {
      const kind = kinds[number];
      const node = slots[number + 1] as object;
      if (kind === undefined) this.resolveAll(node);
      else if (isLate(kind)) objects[number] = kind.create(node as unknown[], this);
      else kind.fill?.(objects[number] as object, node as unknown[], this);
    }
    return this.resolve(slots[0]);
  }

  resolve(slot: unknown): unknown {
    if (typeof slot !== "object" || slot === null) return slot;
    if (!Array.isArray(slot)) throw malformed("an object is out of place");
    if (slot.length === 0) return -0;
    if (slot.length > 1) return textOf(slot[1]);
    const object = this.objects[slot[0] as number];
    if (object === undefined) throw malformed("it refers to an object that doesn't exist");
    return object;
  }

  /** Makes the object of a node. Returns its kind; undefined if the node itself becomes the object. */
  private create(number: number, node: unknown): NodeType | undefined {
    if (typeof node !== "object" || node === null) throw malformed("an object is missing");
    if (!Array.isArray(node)) {
      if (Object.getPrototypeOf(node) !== Object.prototype) throw malformed("an object is out of place");
      this.objects[number] = node;
      return undefined;
    }
    const tag: unknown = node.pop();
    if (tag === ARRAY_TAG) {
      this.objects[number] = node;
      return undefined;
    }
    const kind = NODE_TYPES[tag as number];
    if (kind === undefined) throw malformed(`there is no type number ${String(tag)}`);
    if (!isLate(kind)) this.objects[number] = kind.create(node, this);
    return kind;
  }

  /** Puts the objects that a plain object or an array refers to in place of the references. */
  private resolveAll(node: object): void {
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i++) {
        const slot: unknown = node[i];
        if (typeof slot === "object" && slot !== null) node[i] = this.resolve(slot);
      }
    } else {
      for (const key of Object.keys(node)) {
        const slot = (node as Record<string, unknown>)[key];
        if (typeof slot === "object" && slot !== null) setOwn(node, key, this.resolve(slot));
      }
    }
  }
}

/** The value whose graph this is; `raw` holds the contents of its ArrayBuffers. Throws whatever a malformed graph leads to. */
export function restore(slots: unknown, raw: Uint8Array, link: Link): unknown {
  if (!Array.isArray(slots) || slots.length === 0) throw malformed("the graph is missing");
  return new Restoration(slots.length - 1, raw, link).run(slots);
}
