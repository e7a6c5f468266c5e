/** ArrayBuffers and the views of them as nodes of a graph; their contents travel as they are, behind the nodes. */

import type { Buffer } from "node:buffer";
import { builtin } from "../../runtime/node_builtins.ts";
import { malformed } from "../refusal.ts";
import { type NodeType, nodeType, stringIn } from "./node_type.ts";
import { ALIGNMENT, type BufferWindow } from "./buffer_windows.ts";
import { hasExtraElements, refuseExtraElements, refuseExtras } from "../own_properties.ts";
import { isSharedBuffer, viewName } from "../realms.ts";
import { Refusal, refusedType } from "../refusal.ts";

/** Any typed array or DataView. */
type View = ArrayBufferView & { readonly length?: number; readonly BYTES_PER_ELEMENT?: number };
type ViewClass = { new (buffer: ArrayBuffer, byteOffset?: number, length?: number): View; readonly name: string };

// Float16Array is younger than the oldest runtimes that are supported.
const { Float16Array } = globalThis as { Float16Array?: ViewClass };
const VIEW_CLASSES: readonly ViewClass[] = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  ...(Float16Array === undefined ? [] : [Float16Array]),
];
export const viewPrototypes: readonly object[] = VIEW_CLASSES.map((type) => type.prototype);
const viewClassesByName = new Map(VIEW_CLASSES.map((type) => [type.name, type]));

function isDetached(buffer: ArrayBuffer): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

/** A copy of the contents that a node names. */
function contentsOf(node: readonly unknown[], raw: Uint8Array, maxByteLength?: number): ArrayBuffer {
  const [offset, length] = node;
  if (
    typeof offset !== "number" || typeof length !== "number" || !Number.isInteger(offset) ||
    !Number.isInteger(length) ||
    offset < 0 || length < 0 || offset + length > raw.length
  ) {
    throw malformed("the contents of a buffer are missing");
  }
  const contents = raw.subarray(offset, offset + length);
  // Of a typed array: that isn't filled with zeros first.
  if (maxByteLength === undefined) return new Uint8Array(contents).buffer;
  const buffer = new ArrayBuffer(length, { maxByteLength });
  new Uint8Array(buffer).set(contents);
  return buffer;
}

/** Refuses what isn't an ArrayBuffer of this agent alone. */
function assertTravels(buffer: ArrayBufferLike, view?: View): asserts buffer is ArrayBuffer {
  if (isSharedBuffer(buffer)) {
    if (view === undefined) throw new Refusal(refusedType(buffer));
    throw new Refusal("is a view of a SharedArrayBuffer: use SharedArray or SharedMemory");
  }
  if (isDetached(buffer)) {
    throw new Refusal(view === undefined ? "is a detached ArrayBuffer" : "is a view of a detached ArrayBuffer");
  }
}

/** An ArrayBuffer that is itself a value: all of it travels. */
export const bufferType: NodeType = {
  substitute(object, { buffers }) {
    const buffer = object as ArrayBuffer;
    assertTravels(buffer);
    refuseExtras(buffer);
    const window = buffers.of(buffer);
    window.include(0, buffer.byteLength, 1);
    return window;
  },
  expand: () => [],
  create: () => ({}),
  step: () => "",
};

/** The part of an ArrayBuffer that travels: offset and length of its contents, maximal length if it is resizable. */
export const windowType: NodeType = nodeType<BufferWindow, ArrayBuffer>({
  expand(window, { buffers }) {
    const { buffer } = window;
    const node = [0, 0, buffer.resizable ? buffer.maxByteLength : null];
    buffers.add(node, () => new Uint8Array(buffer, window.start, window.end - window.start));
    return node;
  },
  create(node, { raw }) {
    const maxByteLength = node[2];
    return contentsOf(node, raw, typeof maxByteLength === "number" ? maxByteLength : undefined);
  },
});

/**
 * Whether a view of a resizable buffer follows its length. Only a change of the length tells; nobody sees this one,
 * and the last bytes, which shrinking a full buffer clears, are put back.
 */
function isLengthTracking(view: View): boolean {
  const buffer = view.buffer as ArrayBuffer;
  const { byteLength, maxByteLength } = buffer;
  const step = ALIGNMENT;
  const before = view.byteLength;
  if (view.byteOffset + before + step <= byteLength) return false;
  if (byteLength + step <= maxByteLength) {
    buffer.resize(byteLength + step);
    const after = view.byteLength;
    buffer.resize(byteLength);
    return after !== before;
  }
  if (before < step) return false;
  const tail = new Uint8Array(buffer, byteLength - step).slice();
  buffer.resize(byteLength - step);
  const after = lengthOrZero(view);
  buffer.resize(byteLength);
  new Uint8Array(buffer, byteLength - step).set(tail);
  return after !== 0;
}

/** A DataView that is out of bounds has no length, it throws. */
function lengthOrZero(view: View): number {
  try {
    return view.byteLength;
  } catch {
    return 0;
  }
}

/** A typed array or DataView: its offset, its buffer, its length unless it follows the buffer's, its class. */
export const viewType: NodeType = nodeType<View>({
  expand(view, { buffers }) {
    const { buffer } = view;
    assertTravels(buffer, view);
    const name = viewName(view);
    if (name === "DataView") refuseExtras(view);
    else if (hasExtraElements(view as Uint8Array)) refuseExtraElements(view as Uint8Array);
    const { byteOffset, byteLength } = view;
    const window = buffers.of(buffer);
    if (buffer.resizable) window.include(0, buffer.byteLength, 1);
    else window.include(byteOffset, byteOffset + byteLength, view.BYTES_PER_ELEMENT ?? 1);
    const length = buffer.resizable && isLengthTracking(view) ? null : view.length ?? byteLength;
    const node = [byteOffset, window, length, name];
    window.views.push(node);
    return node;
  },
  create([byteOffset, buffer, length, name], receiver) {
    const type = viewClassesByName.get(stringIn(name, receiver));
    const whole = receiver.resolve(buffer);
    if (type === undefined || !(whole instanceof ArrayBuffer) || typeof byteOffset !== "number") {
      throw malformed(`a view of the type ${String(name)} can't be made`);
    }
    return typeof length === "number" ? new type(whole, byteOffset, length) : new type(whole, byteOffset);
  },
});

/** A Buffer of Node: a slice of a pool, of which nothing else may travel. It arrives as a Uint8Array with a buffer of its own. */
export const bytesType: NodeType = nodeType<Buffer, Uint8Array>({
  expand(bytes, { buffers }) {
    assertTravels(bytes.buffer, bytes);
    if (hasExtraElements(bytes)) refuseExtraElements(bytes);
    const node = [0, 0];
    buffers.add(node, () => bytes);
    return node;
  },
  create: (node, { raw }) => new Uint8Array(contentsOf(node, raw)),
});

/** Whether this is what Buffers have: asked by name first, because only who made one has loaded the class (15 ms on Deno). */
export function isBytesPrototype(prototype: object): boolean {
  return prototype.constructor?.name === "Buffer" && prototype === builtin("node:buffer").Buffer.prototype;
}
