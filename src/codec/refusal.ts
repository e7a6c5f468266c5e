/** Why a value can't travel, in words. */

import { JSON } from "../base/originals.ts";
import { SerializationError } from "../errors/outcomes.ts";
import { builtinClassName } from "./realms.ts";
import { shareableAncestorOf } from "./registry.ts";

/** A value can't travel. Caught by the walk, which knows the path. */
export class Refusal extends Error {
  /** Own property of the value which is meant, if not the value itself. */
  readonly key: string | undefined;
  constructor(reason: string, key?: string, options?: ErrorOptions) {
    super(reason, options);
    this.key = key;
  }
}

/** The message isn't one that encode() made. */
export function malformed(what: string): SerializationError {
  return new SerializationError(`Cannot decode the message: ${what}`);
}

const IDENTIFIER = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;

/** How a property is written behind its object: `.name` or `["a name"]`. */
export function propertyStep(key: string): string {
  return IDENTIFIER.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

/** What can be done about values of certain types. */
const ADVICE: Readonly<Record<string, string>> = {
  Promise: "await it first",
  SharedArrayBuffer: "use SharedArray or SharedMemory",
  Blob: "send its bytes",
  File: "send its bytes",
  ReadableStream: "send its chunks",
  MessagePort: "use Pipe or Queue",
};

/** "a function", "an instance of Point …": what a value is that can't travel. */
export function refusedType(value: unknown): string {
  if (typeof value === "symbol") return "is a symbol";
  if (typeof value === "function") {
    const isClass = /^class\b/.test(Function.prototype.toString.call(value));
    return isClass ? "is a class" : "is a function";
  }
  const object = value as object;
  const name = classNameOf(object);
  const parent = builtinParent(object);
  if (parent !== undefined) {
    return `is an instance of ${name}, a subclass of ${parent}: registerCodec() lets it travel`;
  }
  const shared = shareableAncestorOf(object)?.name;
  if (shared !== undefined) {
    return `is an instance of ${name}, a subclass of ${shared}: registerCodec() lets it travel, or pass ` +
      `${article(shared)} ${shared} that it holds`;
  }
  if (name === "Object") return "is an object with a prototype of its own";
  const builtin = (globalThis as Record<string, unknown>)[name], prototype: object = Object.getPrototypeOf(object);
  if (typeof builtin === "function" && (builtin.prototype === prototype || builtinClassName(prototype) === name)) {
    const advice = ADVICE[name];
    return `is ${article(name)} ${name}${advice === undefined ? "" : `: ${advice}`}`;
  }
  return `is an instance of ${name}, which has no codec: see registerCodec()`;
}

/** Name of the class of an object, whatever state it is in. */
export function classNameOf(object: object): string {
  try {
    const prototype: unknown = Object.getPrototypeOf(object);
    const name: unknown = (prototype as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
    return typeof name === "string" && name !== "" ? name : "an anonymous class";
  } catch {
    return "an unknown class";
  }
}

const TypedArray: abstract new () => object = Object.getPrototypeOf(Uint8Array);
const PARENTS: readonly (abstract new (...args: never) => object)[] = [
  Array,
  Map,
  Set,
  Date,
  RegExp,
  Promise,
  ArrayBuffer,
  DataView,
  TypedArray,
];

/** Name of the built-in class that the class of an object extends. */
function builtinParent(object: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(object);
  const parent = PARENTS.find((type) => object instanceof type && prototype !== type.prototype);
  if (parent === undefined) return undefined;
  if (parent !== TypedArray) return parent.name;
  const above: object = Object.getPrototypeOf(prototype);
  return above === TypedArray.prototype ? undefined : classNameOf(Object.create(above));
}

/** "a" or "an". */
export function article(name: string): string {
  return /^[AEIO]|^U(?!R[LI])/.test(name) ? "an" : "a";
}
