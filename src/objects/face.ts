/**
 * Faces: what a program sees of a shared object. A public class shows its contract alone and holds the engine that does the
 * work in a `#` field, so that whatever a subclass calls its own methods and fields, it calls none of ours.
 */

import { SharedObject } from "./object.ts";

/** The property by which this package finds the engine behind a face. */
const engine: unique symbol = Symbol("engine");

type FaceClass = new (one: SharedObject) => object;

const faces = new WeakMap<object, FaceClass>();

/**
 * Lets this package find the engines behind the instances of a public class, and String() and console.log() show them. Called
 * in its static block, where `open` may look at the `#` field (undefined for what merely inherits from the class).
 */
export function makeFace<F extends object>(prototype: F, open: (face: F) => SharedObject | undefined): void {
  Object.defineProperty(prototype, engine, {
    get(this: F): SharedObject | undefined {
      return open(this);
    },
  });
  const shown = {
    configurable: true,
    writable: true,
    value(this: F): string {
      return String(open(this) ?? Object.prototype.toString.call(this));
    },
  };
  for (const name of shownBy) Object.defineProperty(prototype, name, shown);
}

/** The methods by which String() and console.log() show an object. */
const shownBy = ["toString", Symbol.for("nodejs.util.inspect.custom"), Symbol.for("Deno.customInspect")];

/** Engines of this class are seen as `face`, whose constructor also takes the engine itself, which no program can have. */
export function setFace(
  type: abstract new (...args: never[]) => SharedObject,
  face: { readonly prototype: object },
): void {
  faces.set(type, face as unknown as FaceClass);
}

/** `face` is what the program sees of `one` from now on. */
export function wear<E extends SharedObject>(face: object, one: E): E {
  one.face = face;
  return one;
}

/** The engine of that type behind a face (or the engine itself); undefined for anything else. */
export function engineOf<E extends SharedObject>(
  face: unknown,
  type: abstract new (...args: never[]) => E,
): E | undefined {
  if (typeof face !== "object" || face === null) return undefined;
  const one = face instanceof SharedObject ? face : (face as { readonly [engine]?: SharedObject })[engine];
  return one instanceof type ? one : undefined;
}

/** What the program sees of an engine: always the same object; the engine itself when it has no face. */
export function faceOf(one: SharedObject): object {
  const type = one.face === undefined ? faces.get(one.constructor) : undefined;
  return one.face ?? (type === undefined ? one : new type(one));
}
