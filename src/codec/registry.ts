/** What can travel beyond the built-in types: shareables, which travel as handles, and classes with a codec. */

import { MisuseError } from "../errors/base.ts";

/** What the codec needs to know about the family a value travels in. Opaque to the codec, handed to shareables. */
export interface Link {
  /** Undefined: the value leaves its family, and the handle of a shared object means nothing where it goes. */
  readonly method: "process" | "worker" | undefined;
}

/** A class of shared objects (Lock, Queue, Connection …) or otherwise live objects that travel as a handle. */
export interface ShareableType<T extends object = object> {
  /** Stable name on the wire. */
  readonly name: string;
  /** Tells a genuine object from one that merely inherits the property `shareable`. Cheap. */
  is(value: object): value is T;
  /** The handle: any value that can travel, usually a few numbers. May throw MisuseError (wrong context) or ClosedError. */
  encode(value: T, link: Link): unknown;
  decode(wire: unknown, link: Link): T;
}

/** How instances of a class travel; see registerCodec(). CPython: what `copyreg.pickle()` takes. */
export interface Codec<T extends object = object> {
  /** What the class is called on the wire: the same in all processes, and no other class's; "my-package/Point". */
  readonly name: string;
  /** What travels in place of an instance: any value that can travel, but not one that leads back to the instance. */
  encode(value: T): unknown;
  /** Makes an instance of what `encode` returned. */
  // deno-lint-ignore no-explicit-any -- what `encode` returned; the public contract leaves its type to the user
  decode(wire: any): T;
}

/**
 * Property by which a shareable object names its ShareableType: on the prototype of its class, or own and not enumerable
 * (SharedArray, whose instances are genuine typed arrays). Plain objects and arrays are not asked for it.
 */
export const shareable: unique symbol = Symbol.for("@manyproc/multiprocessing/shareable") as never;

/** Prototypes of the built-in types, which can't be given a codec. */
export const reserved: Set<object> = new Set<object>([Object.prototype, Array.prototype]);
let isReservedToo: (prototype: object) => boolean = () => false;

/** As `reserved`, for types whose prototype had better not be looked up at once. */
export function reserveMore(test: (prototype: object) => boolean): void {
  isReservedToo = test;
}

const shareableTypes = new Map<string, ShareableType>();
const codecsByName = new Map<string, { readonly prototype: object; readonly codec: Codec }>();
const codecsByPrototype = new Map<object, Codec>();

/** Makes objects whose property `shareable` is `type` known to decode(). */
export function registerShareable<T extends object>(type: ShareableType<T>): void {
  const known = shareableTypes.get(type.name);
  if (known !== undefined && known !== (type as unknown)) {
    throw new MisuseError(`Cannot register the shareable type "${type.name}": another one has that name`);
  }
  shareableTypes.set(type.name, type as unknown as ShareableType);
}

/**
 * Lets instances of exactly this class travel (a subclass needs its own codec). Register in every process, at module level.
 * CPython: `copyreg.pickle()`.
 *
 * A second registration of the same class under the same name replaces the first.
 * @throws {MisuseError} when the class has a codec of another name, another class has a codec of this name, or its instances
 * travel without one
 *
 * @example
 * ```ts
 * import { Queue, registerCodec } from "@manyproc/multiprocessing";
 *
 * class Point {
 *   readonly x: number;
 *   readonly y: number;
 *   constructor(x: number, y: number) {
 *     this.x = x;
 *     this.y = y;
 *   }
 * }
 * registerCodec(Point, {
 *   name: "my-package/Point",
 *   encode: ({ x, y }) => [x, y],
 *   decode: ([x, y]) => new Point(x, y),
 * });
 *
 * const points = new Queue<Point>();
 * await points.put(new Point(1, 2));
 * console.log(await points.get() instanceof Point); // true
 * ```
 */
export function registerCodec<T extends object>(
  // deno-lint-ignore no-explicit-any -- a class with any constructor
  type: abstract new (...args: any[]) => T,
  codec: Codec<T>,
): void {
  const prototype: object = type.prototype;
  const { name } = codec;
  if (reserved.has(prototype) || Object.hasOwn(prototype, shareable) || isReservedToo(prototype)) {
    throw new MisuseError(`Cannot register a codec for ${type.name}: its instances travel without one`);
  }
  const known = codecsByName.get(name);
  if (known !== undefined && known.prototype !== prototype) {
    throw new MisuseError(`Cannot register the codec "${name}" for ${type.name}: another class has that name`);
  }
  const other = codecsByPrototype.get(prototype);
  if (other !== undefined && other.name !== name) {
    throw new MisuseError(`Cannot register the codec "${name}" for ${type.name}: it has the codec "${other.name}"`);
  }
  codecsByName.set(name, { prototype, codec: codec as unknown as Codec });
  codecsByPrototype.set(prototype, codec as unknown as Codec);
}

/** The type of a shareable object; an instance of a subclass is none, since it may be more than the handle tells. */
export function shareableTypeOf(value: object): ShareableType | undefined {
  const type = shareableAncestorOf(value);
  if (type === undefined) return undefined;
  return Object.hasOwn(value, shareable) || Object.hasOwn(Object.getPrototypeOf(value), shareable) ? type : undefined;
}

/** The type of a shareable object, or that which the class of an object extends. */
export function shareableAncestorOf(value: object): ShareableType | undefined {
  const type = (value as { readonly [shareable]?: ShareableType })[shareable];
  return type !== undefined && type.is(value) ? type : undefined;
}

/** The shareable type registered under `name`. */
export function shareableTypeNamed(name: unknown): ShareableType | undefined {
  return shareableTypes.get(name as string);
}

/** The codec of the class whose prototype this is. */
export function codecOf(prototype: object): Codec | undefined {
  return codecsByPrototype.get(prototype);
}

/** The codec registered under `name`. */
export function codecNamed(name: unknown): Codec | undefined {
  return codecsByName.get(name as string)?.codec;
}
