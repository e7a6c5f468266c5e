/** Any value to a graph: a list of nodes that refer to one another by number. */

import { ProcessError } from "../../errors/base.ts";
import { messageOf } from "../../base/words.ts";
import { SerializationError } from "../../errors/outcomes.ts";
import { BufferWindows } from "./buffer_windows.ts";
import type { NodeType, Sender } from "./node_type.ts";
import { ARRAY_TAG, isLate, tagOf, typeOf } from "./node_table.ts";
import { objectType, sparseType } from "./containers.ts";
import { hasExtraElements, ordinaryValue, refuseExtraElements, stringKeys } from "../own_properties.ts";
import { propertyStep, Refusal, refusedType } from "../refusal.ts";
import type { Link } from "../registry.ts";
import { isPlainText, unitsOf } from "../strings.ts";

/**
 * In a node, an object is one of these: the number of its own node, in an array. The other arrays in nodes are `[]`, which
 * is -0, and `[0, units]`, a string that UTF-8 can't carry.
 */
type Reference = [number];

/** A node that is being written: the walk is at its value number `index`. */
interface Frame {
  readonly reference: Reference;
  readonly node: unknown[] | Record<string, unknown>;
  /** The keys of a plain object. */
  readonly keys: readonly string[] | undefined;
  /** Undefined for plain objects and arrays. */
  readonly kind: NodeType | undefined;
  readonly end: number;
  index: number;
}

/** The graph of a value: the slot of the value itself, then all nodes, those an object consists of before its own. */
interface Graph {
  readonly slots: readonly unknown[];
  /** What in it the receiver's codecs and shareables make, if they can. */
  readonly isMade: boolean;
  readonly buffers: BufferWindows;
}

/** Objects that must not be met. */
interface Refused {
  has(object: object): boolean;
}

const NEGATIVE_ZERO: readonly [] = [];
/** Steps of a path that are spelled out at either end, if it is a very long one. */
const PATH_ENDS = 12;

/** Writes one graph. Its stack is an array, so nesting may be as deep as memory allows. */
class Flattening implements Sender {
  readonly link: Link;
  readonly buffers: BufferWindows = new BufferWindows();
  readonly nodes: unknown[] = [];
  /** References to the nodes that are made by codecs, and their objects. */
  readonly late: Map<Reference, object> = new Map();
  private readonly root: string;
  private readonly references = new Map<object, Reference>();
  private readonly frames: Frame[] = [];
  /** Refused when they are met. */
  private readonly refused: Refused | undefined;

  constructor(link: Link, root: string, refused?: Refused) {
    this.link = link;
    this.root = root;
    this.refused = refused;
  }

  /** Writes the nodes of a value. Returns its slot. */
  run(value: unknown): unknown {
    try {
      const slot = this.slot(value);
      for (let frame = this.frames.at(-1); frame !== undefined; frame = this.frames.at(-1)) this.advance(frame);
      return slot;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const key = error.key === undefined ? "" : propertyStep(error.key);
      throw new SerializationError(`${this.path()}${key} ${error.message}`, { cause: error.cause });
    }
  }

  /** Goes on with the innermost unfinished node, to its next object or its end. */
  private advance(frame: Frame): void {
    const { node, keys, end } = frame;
    const depth = this.frames.length;
    while (frame.index < end) {
      const key = keys === undefined ? frame.index : keys[frame.index] as string;
      frame.index++;
      (node as Record<string | number, unknown>)[key] = this.slot((node as Record<string | number, unknown>)[key]);
      if (this.frames.length !== depth) return;
    }
    this.frames.pop();
    if (keys === undefined) (node as unknown[]).push(frame.kind === undefined ? ARRAY_TAG : tagOf(frame.kind));
    frame.reference[0] = this.nodes.push(node) - 1;
  }

  /** What stands for a value in a node. Opens a frame for a new object. */
  private slot(value: unknown): unknown {
    switch (typeof value) {
      case "string":
        return isPlainText(value) ? value : [0, unitsOf(value)];
      case "number":
        return Object.is(value, -0) ? NEGATIVE_ZERO : value;
      case "object":
        return value === null ? null : this.references.get(value) ?? this.open(value);
      case "function":
      case "symbol":
        throw new Refusal(refusedType(value));
      default:
        return value;
    }
  }

  private open(object: object): unknown {
    if (this.refused?.has(object) === true) throw new Refusal("leads back to itself through its codec");
    const reference: Reference = [-1];
    const frame = this.frameOf(object, reference);
    if (frame === undefined) return this.slot(this.substituteOf(object));
    this.references.set(object, reference);
    this.frames.push(frame);
    return reference;
  }

  private substituteOf(object: object): object {
    return typeOf(object).substitute?.(object, this) ?? object;
  }

  /** The node of an object with its values as they are. Undefined if something else stands for the object. */
  private frameOf(object: object, reference: Reference): Frame | undefined {
    try {
      const prototype: unknown = Object.getPrototypeOf(object);
      const kind = prototype === Object.prototype
        ? objectType
        : prototype === Array.prototype && Array.isArray(object)
        ? sparseType
        : typeOf(object);
      if (kind === objectType) {
        const keys = stringKeys(object);
        if (keys.every((key) => key !== "__proto__" && isPlainText(key))) return objectFrame(object, keys, reference);
      } else if (kind === sparseType) {
        const node = elementsOf(object as unknown[]);
        if (node !== undefined) {
          return { reference, node, keys: undefined, kind: undefined, index: 0, end: node.length };
        }
      } else {
        if (kind.substitute !== undefined) return undefined;
        if (isLate(kind)) this.late.set(reference, object);
      }
      const node = kind.expand(object, this);
      return { reference, node, keys: undefined, kind, index: 0, end: node.length };
    } catch (error) {
      if (error instanceof Refusal || error instanceof ProcessError) throw error;
      // An object that only inherits from a built-in class, or a Proxy.
      throw new Refusal(`can't be read: ${messageOf(error)}`, undefined, { cause: error });
    }
  }

  private path(): string {
    const steps = this.frames.map(({ keys, kind, node, index }) => {
      const at = index - 1;
      if (keys !== undefined) return propertyStep(keys[at] as string);
      return kind === undefined ? `[${at}]` : kind.step(at, node as unknown[]);
    });
    if (steps.length > 2 * PATH_ENDS) {
      steps.splice(PATH_ENDS, steps.length - 2 * PATH_ENDS, ` … (${steps.length - 2 * PATH_ENDS} more) … `);
    }
    return this.root + steps.join("");
  }
}

function objectFrame(object: object, keys: readonly string[], reference: Reference): Frame {
  const node: Record<string, unknown> = {};
  for (const key of keys) node[key] = ordinaryValue(object, key);
  return { reference, node, keys, kind: undefined, index: 0, end: keys.length };
}

/** The elements of an array; undefined if it has holes. */
function elementsOf(array: readonly unknown[]): unknown[] | undefined {
  for (let i = 0; i < array.length; i++) if (array[i] === undefined && !(i in array)) return undefined;
  if (hasExtraElements(array)) refuseExtraElements(array);
  return Array.prototype.slice.call(array); // its own may be another realm's, and make an array of that
}

/**
 * Writes the graph of a value; throws SerializationError with the path to what can't travel. `root` names the value in it.
 * Also what leads back to one of `refused` can't.
 */
export function flatten(value: unknown, link: Link, root: string, refused?: Refused): Graph {
  const flattening = new Flattening(link, root, refused);
  const slot = flattening.run(value);
  const { nodes, late, buffers } = flattening;
  const culprit = late.size === 0 ? undefined : lateInCycle(nodes, late);
  // Only a second walk that stops there can tell the path.
  if (culprit !== undefined) new Flattening(link, root, new Set([culprit])).run(value);
  return { slots: [slot, ...nodes], buffers, isMade: late.size > 0 };
}

/**
 * An object made by a codec that is part of a cycle: it can't be made before what it is made from. The nodes are in the
 * order in which a depth-first walk left them, so a walk against all references in reverse order meets one strongly
 * connected component at a time (Kosaraju).
 */
function lateInCycle(nodes: readonly unknown[], late: ReadonlyMap<Reference, object>): object | undefined {
  const targets = nodes.map((node) => referencesIn(node as object));
  const isAcyclic = targets.every((numbers, number) => numbers.every((target) => target < number));
  if (isAcyclic) return undefined;
  const sources: number[][] = nodes.map(() => []);
  targets.forEach((numbers, number) => numbers.forEach((target) => sources[target]?.push(number)));
  const lateNodes = new Map([...late].map(([[number], object]) => [number, object]));
  const isSeen = new Uint8Array(nodes.length);
  for (let start = nodes.length - 1; start >= 0; start--) {
    if (isSeen[start] === 1) continue;
    isSeen[start] = 1;
    const component = [start];
    for (let i = 0; i < component.length; i++) {
      for (const source of sources[component[i] as number] as number[]) {
        if (isSeen[source] === 1) continue;
        isSeen[source] = 1;
        component.push(source);
      }
    }
    const isCycle = component.length > 1 || (targets[start] as number[]).includes(start);
    const culprit = isCycle ? component.find((number) => lateNodes.has(number)) : undefined;
    if (culprit !== undefined) return lateNodes.get(culprit);
  }
  return undefined;
}

function referencesIn(node: object): number[] {
  return Object.values(node).flatMap((slot) => Array.isArray(slot) && slot.length === 1 ? [slot[0] as number] : []);
}
