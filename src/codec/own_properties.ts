/** Own properties that would be lost: the codec refuses values that have such. */

import { JSON } from "../base/originals.ts";
import { builtin } from "../runtime/node_builtins.ts";
import { Refusal } from "./refusal.ts";

type TypedArray = Uint8Array;

/** Up to this length it is cheaper to list the names of all elements than to call inspect(). */
const LISTED_LENGTH = 64;
// Nothing of the elements, or of what the properties hold, is looked at.
const SHALLOW = { maxArrayLength: 0, depth: 0, customInspect: false, getters: false, breakLength: Infinity } as const;
// Of a typed array it would show the getters of the prototype too, at up to 80 µs (Deno). So what is missed is a property of
// a long typed array that is neither enumerable nor a symbol.
const SHALLOW_HIDDEN = { ...SHALLOW, showHidden: true } as const;
/** What inspect() says of each class, with this in place of the length. */
const templates = new WeakMap<object, string>();
const PLACEHOLDER = "#";

/** What inspect() says about an array, or a typed array of this class, without other properties than its elements. */
function plainDescription(value: readonly unknown[] | TypedArray): string {
  const prototype: object = Object.getPrototypeOf(value);
  let template = templates.get(prototype);
  if (template === undefined) {
    const bare = Array.isArray(value) ? new Array(LISTED_LENGTH + 1) : (value as TypedArray).subarray();
    template = inspected(bare).replaceAll(String(bare.length), PLACEHOLDER);
    templates.set(prototype, template);
  }
  return template.replaceAll(PLACEHOLDER, String(value.length));
}

function inspected(value: object): string {
  return builtin("node:util").inspect(value, Array.isArray(value) ? SHALLOW_HIDDEN : SHALLOW);
}

/** Whether an array without holes, or a typed array, has own properties beside its elements. */
export function hasExtraElements(value: readonly unknown[] | TypedArray): boolean {
  const { length } = value;
  if (length <= LISTED_LENGTH) return Reflect.ownKeys(value).length !== (Array.isArray(value) ? length + 1 : length);
  if (Object.getOwnPropertySymbols(value).length > 0) return true;
  // A list of all names costs 25–500 ns an element. What inspect() does costs 1–2 µs (Deno: 10 µs), however long the array is:
  // only it can list the other names alone.
  return inspected(value) !== plainDescription(value) && firstExtra(value) !== undefined;
}

/** An array, typed array or boxed string. */
type Indexed = { readonly length: number };

/** Whether `name` is the index of one of `length` elements: as a property of an array, 2 ** 32 - 1 isn't one, nor is any above. */
function isIndex(name: string, length: number): boolean {
  return /^(?:0|[1-9]\d*)$/.test(name) && Number(name) < length;
}

/** Name of the first own property that isn't an element, or the length that arrays and boxed strings have. */
function firstExtra(value: Indexed): string | symbol | undefined {
  const { length } = value, hasLength = !ArrayBuffer.isView(value);
  return Reflect.ownKeys(value).find((key) =>
    typeof key === "symbol" || !(isIndex(key, length) || (hasLength && key === "length"))
  );
}

/** Refuses an array, typed array or boxed string that has properties beside its elements. */
export function refuseExtraElements(value: Indexed): void {
  const extra = firstExtra(value);
  if (extra !== undefined) throw extraProperty(extra);
}

/** Names of the elements of an array that has no other properties, holes left out. */
export function elementNames(array: readonly unknown[]): string[] {
  return Object.getOwnPropertyNames(array).filter((name) => name !== "length");
}

/** Refuses an object that has own properties beside `allowed`. */
export function refuseExtras(value: object, allowed: readonly string[] = []): void {
  if (Object.getOwnPropertyNames(value).length > allowed.length || Object.getOwnPropertySymbols(value).length > 0) {
    const extra = Reflect.ownKeys(value).find((key) => typeof key === "symbol" || !allowed.includes(key));
    if (extra !== undefined) throw extraProperty(extra);
  }
}

/** As refuseExtras, for objects to which runtimes give symbols: those are not looked at. */
export function refuseNamedExtras(value: object): void {
  const [extra] = Object.getOwnPropertyNames(value);
  if (extra !== undefined) throw extraProperty(extra);
}

/** Says that a value has a property that would be lost. */
function extraProperty(key: string | symbol): Refusal {
  return typeof key === "symbol"
    ? new Refusal(`has the symbol key ${String(key)}`)
    : new Refusal(`has the extra property ${JSON.stringify(key)}, which would be lost`);
}

/** Whether an own property is an ordinary one: there, enumerable, and no accessor. */
export function isOrdinary(descriptor: PropertyDescriptor | undefined): descriptor is PropertyDescriptor {
  return descriptor?.enumerable === true && descriptor.get === undefined && descriptor.set === undefined;
}

/** The value of an own property that is an ordinary one. */
export function ordinaryValue(value: object, key: string): unknown {
  const descriptor = Object.getOwnPropertyDescriptor(value, key);
  if (isOrdinary(descriptor)) return descriptor.value;
  if (descriptor === undefined) throw new Refusal("vanished while it was being read", key);
  throw new Refusal("value" in descriptor ? "is not enumerable and would be lost" : "is an accessor property", key);
}

/** Own names of an object that has no symbol keys. */
export function stringKeys(value: object): string[] {
  const [symbol] = Object.getOwnPropertySymbols(value);
  if (symbol !== undefined) throw extraProperty(symbol);
  return Object.getOwnPropertyNames(value);
}
