/** Errors as values: they cross as themselves, with the stack of where they were thrown. */

import * as family from "../../errors.ts";
import { malformed } from "../refusal.ts";
import { type NodeType, nodeType, stringIn } from "./node_type.ts";
import { builtinClassName } from "../realms.ts";
import { propertyStep, Refusal } from "../refusal.ts";

/** Where an error came from. */
export interface Origin {
  /** OS process id; of the host process for a worker. */
  readonly pid: number;
  /** Unique in the family: "4711", or "4711:2" for a worker. */
  readonly ident: string;
  /** In a map and its relatives: the place of the item that failed, among all of the call. */
  readonly index?: number;
}

const origins = new WeakMap<object, Origin>();

/** Notes where an error that has arrived came from. Does nothing for what isn't an object: anything can be thrown. */
export function markOrigin(error: unknown, origin: Origin): void {
  if (typeof error === "object" && error !== null) origins.set(error, origin);
}

/**
 * Where an error came from that a task or a method threw in another process; undefined for all other values. CPython:
 * `multiprocessing.pool.RemoteTraceback`.
 *
 * Such an error arrives as itself: of the same class for built-in errors, those of this package and those with a codec (else an
 * Error with the same `name`), with its message, its own properties (`code` …), its `cause` and `errors`; its `stack` is that of
 * where it was thrown.
 *
 * @example
 * ```ts
 * import { Pool, remoteOrigin } from "@manyproc/multiprocessing";
 *
 * await using pool = new Pool(1);
 * try {
 *   await pool.map(new URL("node:path#basename"), ["/a", 7]);
 * } catch (error) {
 *   console.log(error instanceof TypeError, remoteOrigin(error)?.index); // true 1
 * }
 * ```
 */
export function remoteOrigin(error: unknown): Origin | undefined {
  return typeof error === "object" && error !== null ? origins.get(error) : undefined;
}

type ErrorClass = { readonly prototype: Error; readonly create: () => Error };

function builtin(type: new (message?: string) => Error): ErrorClass {
  return { prototype: type.prototype, create: () => new type() };
}

// SuppressedError is younger than the oldest runtimes that are supported.
const { SuppressedError } = globalThis as unknown as { SuppressedError?: new () => Error };

/** Every class that an error can arrive as, by its name on the wire. */
const CLASSES: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ...[Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((
    type,
  ): [string, ErrorClass] => [type.name, builtin(type)]),
  ["AggregateError", { prototype: AggregateError.prototype, create: () => new AggregateError([]) }],
  ...(SuppressedError === undefined ? [] : [["SuppressedError", builtin(SuppressedError)] as [string, ErrorClass]]),
  ...Object.values(family).map((type): [string, ErrorClass] => [type.name, {
    prototype: type.prototype,
    // All own properties come with the message; these arguments only satisfy the constructors.
    create: () => Reflect.construct(type, ["", new Uint8Array()]) as Error,
  }]),
]);
const namesByPrototype = new Map([...CLASSES].map(([name, { prototype }]) => [prototype, name]));

/** Prototypes of the errors that need no codec. */
export const errorPrototypes: readonly Error[] = [...namesByPrototype.keys()];

/** Whether an own property is enumerable, as it stands in a node. */
const ENUMERABLE = 1;
const HIDDEN = 0;

/** Appends key, enumerability and value of every own property. */
function pushProperties(error: Error, node: unknown[]): void {
  for (const key of Reflect.ownKeys(error)) {
    const descriptor = Object.getOwnPropertyDescriptor(error, key);
    if (descriptor === undefined) continue;
    const { enumerable } = descriptor;
    if (typeof key === "symbol") {
      // Runtimes mark their own errors with hidden symbols.
      if (!enumerable || error instanceof DOMException) continue;
      throw new Refusal(`has the symbol key ${String(key)}`);
    }
    // V8 makes `stack` an accessor.
    const isAccessor = descriptor.get !== undefined || descriptor.set !== undefined;
    if (isAccessor && key !== "stack") throw new Refusal("is an accessor property", key);
    const value: unknown = isAccessor ? error.stack : descriptor.value;
    // Deno's copies of Node's errors have one; code doesn't travel.
    if (key === "toString" && typeof value === "function") continue;
    node.push(key, enumerable ? ENUMERABLE : HIDDEN, value);
  }
}

/** Gives `error` exactly the own properties in `node`, from `start`. */
function defineProperties(
  error: Error,
  node: readonly unknown[],
  start: number,
  resolve: (slot: unknown) => unknown,
): void {
  // What the constructor left here is about this side: the stack, and its line and column in JavaScriptCore.
  for (const key of Object.getOwnPropertyNames(error)) Reflect.deleteProperty(error, key);
  for (let i = start; i + 2 < node.length; i += 3) {
    Object.defineProperty(error, String(resolve(node[i])), {
      value: resolve(node[i + 2]),
      writable: true,
      enumerable: node[i + 1] === ENUMERABLE,
      configurable: true,
    });
  }
}

function propertyOf(index: number, node: readonly unknown[]): string {
  return propertyStep(String(node[index - 2]));
}

/**
 * The name of the class that an error arrives as: its own; for one that needs a codec and has none, the builtin class it
 * extends if they have the same `name` (as most errors that Node throws), else Error.
 */
function classOf(error: Error): string {
  const prototype: Error = Object.getPrototypeOf(error);
  for (let parent: Error | null = prototype; parent !== null; parent = Object.getPrototypeOf(parent)) {
    const known = namesByPrototype.get(parent) ?? foreignClass(parent);
    if (known !== undefined) return parent === prototype || parent.name === error.name ? known : "Error";
  }
  return "Error";
}

/** The name of a built-in error class of another realm. */
function foreignClass(prototype: object): string | undefined {
  const name = builtinClassName(prototype);
  return name !== undefined && CLASSES.has(name) ? name : undefined;
}

/**
 * What the class of an error says of it, and `there`, the class that it arrives as, doesn't: that comes along. Bun has a `code`
 * there, and some libraries make up the message there.
 */
export function inheritedFrom(
  error: Error,
  there: Error,
  read = (key: string): unknown => (error as unknown as Readonly<Record<string, unknown>>)[key],
): [key: string, value: string][] {
  return ["name", "message", "stack", "code"].flatMap((key) => {
    if (Object.hasOwn(error, key)) return [];
    const value = read(key), isSaid = value === (there as unknown as Readonly<Record<string, unknown>>)[key];
    return typeof value === "string" && !isSaid ? [[key, value]] : [];
  });
}

/** The prototype of the class that an error arrives as. */
export function arrivalPrototype(error: Error): Error {
  return CLASSES.get(classOf(error))?.prototype ?? Error.prototype;
}

/** Creates an error that doesn't know where: else Node shows that line of ours above the stack of one that nobody caught. */
function withoutTrace(create: () => Error): Error {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0); // which a program may have frozen
  try {
    return create();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}

/** An error: its class, then its properties. */
export const errorType: NodeType = nodeType<Error>({
  expand(error) {
    const node: unknown[] = [classOf(error)];
    for (const [key, value] of inheritedFrom(error, arrivalPrototype(error))) node.push(key, HIDDEN, value);
    pushProperties(error, node);
    return node;
  },
  create([name], receiver) {
    const type = CLASSES.get(stringIn(name, receiver));
    if (type === undefined) throw malformed(`there is no error class ${String(name)} here`);
    return withoutTrace(type.create);
  },
  fill: (error, node, receiver) => defineProperties(error, node, 1, (slot) => receiver.resolve(slot)),
  step: propertyOf,
});

/** A DOMException: message and name, which are no own properties, then its properties. */
export const domExceptionType: NodeType = nodeType<DOMException>({
  expand(error) {
    const node: unknown[] = [error.message, error.name];
    pushProperties(error, node);
    return node;
  },
  create: ([message, name], receiver) => new DOMException(stringIn(message, receiver), stringIn(name, receiver)),
  fill: (error, node, receiver) => defineProperties(error, node, 2, (slot) => receiver.resolve(slot)),
  step: propertyOf,
});
