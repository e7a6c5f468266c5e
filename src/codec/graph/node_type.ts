/** What the graph form asks of each type of objects that can travel. */

import { malformed } from "../refusal.ts";
import type { BufferWindows } from "./buffer_windows.ts";
import type { Link } from "../registry.ts";

/** What a kind may use while a message is being written. */
export interface Sender {
  readonly link: Link;
  readonly buffers: BufferWindows;
}

/** What a kind may use while a message is being read. */
export interface Receiver {
  readonly link: Link;
  /** Contents of all ArrayBuffers of the message. */
  readonly raw: Uint8Array;
  /** The value in a slot of a node. */
  resolve(slot: unknown): unknown;
}

/** One type of objects. A node is an array of the values that an object consists of. */
export interface NodeType {
  /** The object that stands for this one in the message, if it isn't itself. Asked at every occurrence. */
  substitute?(object: object, sender: Sender): object;
  /** The values, none of them yet encoded. Throws Refusal. */
  expand(object: object, sender: Sender): unknown[];
  /** The object, without the objects it refers to (unless they are always complete by then, as a view's buffer). */
  create(node: readonly unknown[], receiver: Receiver): object;
  /** Puts into the object what it refers to. */
  fill?(object: object, node: readonly unknown[], receiver: Receiver): void;
  /** How the value at `index` is written in a path, behind the path of the object. */
  step(index: number, node: readonly unknown[]): string;
}

/** Types a kind by the objects it takes and gives: which ones it is asked about is decided in one place, by prototype. */
export function nodeType<T extends object, R extends object = T>(definition: {
  expand(object: T, sender: Sender): unknown[];
  create(node: readonly unknown[], receiver: Receiver): R;
  fill?(object: R, node: readonly unknown[], receiver: Receiver): void;
  step?(index: number, node: readonly unknown[]): string;
}): NodeType {
  return { step: () => "", ...definition } as unknown as NodeType;
}

/** A slot that must hold a string, as the receiver sees it. */
export function stringIn(slot: unknown, receiver: Receiver): string {
  const text = receiver.resolve(slot);
  if (typeof text !== "string") throw malformed("a string is missing");
  return text;
}
