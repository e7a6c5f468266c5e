/**
 * Built-in objects of whatever realm: node:vm contexts, and so jest and vitest's vmThreads, have an `Array`, a `Map` … of their
 * own, and what Node's functions return there is of another one still. They are known by what they are, as structuredClone()
 * knows them; the prototype of one tells only whether its class is the built-in one, or one that extends it.
 */

import { isError } from "../base/words.ts";

type Getter = (this: unknown) => unknown;

function getter(prototype: object, key: string | symbol): Getter {
  return Object.getOwnPropertyDescriptor(prototype, key)?.get as Getter; // the language says that it is one
}

const typedArrayName = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, Symbol.toStringTag);
const ownLength = getter(ArrayBuffer.prototype, "byteLength");
const sharedLength = getter(SharedArrayBuffer.prototype, "byteLength");

/** Each reads what only an object of that class has inside, and throws for all others. */
const INSIDES: ReadonlyMap<string, Getter> = new Map<string, Getter>([
  ["Map", getter(Map.prototype, "size")],
  ["Set", getter(Set.prototype, "size")],
  ["Date", Date.prototype.getTime],
  ["RegExp", getter(RegExp.prototype, "source")],
  ["Number", Number.prototype.valueOf],
  ["String", String.prototype.valueOf],
  ["Boolean", Boolean.prototype.valueOf],
  ["BigInt", BigInt.prototype.valueOf],
  ["ArrayBuffer", ownLength],
  ["SharedArrayBuffer", sharedLength],
]);

function answers(inside: Getter, object: object): boolean {
  try {
    inside.call(object);
    return true;
  } catch {
    return false;
  }
}

/** Name of a typed array's class, of any realm, or "DataView": whatever its prototype says. */
export function viewName(view: ArrayBufferView): string {
  return typedArrayName.call(view) as string | undefined ?? "DataView";
}

/** Whether this is shared memory, of any realm. */
export function isSharedBuffer(buffer: object): buffer is SharedArrayBuffer {
  // The one that nearly all answer is asked first: a throw costs 20 µs.
  return !answers(ownLength, buffer) && answers(sharedLength, buffer);
}

/**
 * Name of the built-in class that a prototype belongs to, in whatever realm; undefined for the prototype of a class of a
 * program's: that its functions aren't native shows it.
 */
export function builtinClassName(prototype: object): string | undefined {
  const type: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  if (typeof type !== "function" || type.prototype !== prototype) return undefined;
  if (!/\{\s*\[native code\]\s*\}\s*$/.test(Function.prototype.toString.call(type))) return undefined;
  const name: unknown = Object.getOwnPropertyDescriptor(type, "name")?.value;
  return typeof name === "string" ? name : undefined;
}

/** Name of the built-in class that an object is an instance of, exactly, in whatever realm: "Object", "Array", "Error" …. */
export function builtinNameOf(object: object): string | undefined {
  const prototype: object | null = Object.getPrototypeOf(object);
  const name = prototype === null ? undefined : builtinClassName(prototype);
  if (name === undefined) return undefined;
  if (name === "Object") return Object.getPrototypeOf(prototype) === null ? name : undefined;
  if (name === "Array") return Array.isArray(object) ? name : undefined;
  if (ArrayBuffer.isView(object)) return viewName(object) === name ? name : undefined;
  const inside = INSIDES.get(name);
  if (inside !== undefined) return answers(inside, object) ? name : undefined;
  return isError(object) ? name : undefined;
}
