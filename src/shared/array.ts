/**
 * Array: a typed array over shared memory.
 *
 * ```
 * payload
 *   0     type code                                                    once
 *   1     length in elements                                           once
 *   2     data block (see data_block.ts), 0 = none (length 0)                              once; 0 again when it is freed
 *   3, 4  its lock: address, generation                                once
 * ```
 */

import { ClosedError, MisuseError } from "../errors/base.ts";
import { registerCare } from "../family/care.ts";
import { KIND_ARRAY } from "../memory/layout.ts";
import { attach, type Attachment, type Blueprint, type Named, SharedObject } from "../objects/object.ts";
import type { Lock } from "../sync/lock.ts";
import type { RLock } from "../sync/rlock.ts";
import { encodeHandle, type FamilyLink, handleFrom } from "../wire/handles.ts";
import { type Link, registerShareable, shareable } from "../codec/registry.ts";
import { allocateData, dataOf, disposeData, keepWhileViewed } from "./data_block.ts";
import { lockIn, type SharedOptions, withoutLock } from "./options.ts";
import { checkGuard, disposeGuard, GUARD_WORDS, guardOf, initGuard } from "../sync/guard.ts";
import {
  type AnyTypedArray,
  checkElement,
  codeFromNumber,
  codeNumber,
  codeOf,
  type ElementOf,
  type TypeCode,
  type TypedArrays,
} from "./typecodes.ts";

const CODE = 0, LENGTH = 1, DATA = 2, GUARD = 3, WORDS = GUARD + GUARD_WORDS;

/**
 * A REAL typed array over shared memory: index, length, slice, for-of at native speed. CPython: `multiprocessing.Array`.
 * `lock` is not enumerable; without one (`lock: false`) looking at it throws MisuseError. `.buffer` may be the whole arena: use byteOffset, never transfer or clone it.
 */
export type SharedArray<C extends TypeCode = TypeCode> = TypedArrays[C] & { readonly lock: Lock | RLock };

/** Makes a SharedArray, with or without `new`. */
export interface SharedArrayConstructor {
  /**
   * An array of so many elements, zero at first, or of a copy of the values; joined by name where `options.name` is given.
   * @throws {MisuseError} for a code that isn't one, for neither a size nor values, for a bad option, and when the name is
   * another class's, or an array's of another type code, length or lock
   * @throws {RangeError} for a size that isn't an integer from 0 on, or a value out of the type's range
   * @throws {TypeError} for a value of another type
   */
  new <C extends TypeCode>(
    code: C,
    sizeOrValues: number | Iterable<ElementOf<C>>,
    options?: SharedOptions,
  ): SharedArray<C>;
  /** The same without `new`. */
  <C extends TypeCode>(code: C, sizeOrValues: number | Iterable<ElementOf<C>>, options?: SharedOptions): SharedArray<C>;
}

/** The engine of an array, which the array itself leads to. */
class ArrayEngine extends SharedObject {
  readonly array: AnyTypedArray;

  constructor(blueprint: Blueprint, source: Attachment | Named | undefined) {
    super(blueprint, source);
    const { i32 } = this.segment;
    const code = codeFromNumber(i32[this.at + CODE] as number);
    const { type, bytes } = codeOf(code, "an Array");
    const length = i32[this.at + LENGTH] as number;
    const data = (i32[this.at + DATA] as number) >>> 0;
    const { buffer, byteOffset } = data === 0
      ? { buffer: new ArrayBuffer(0), byteOffset: 0 }
      : dataOf(this.family, data, length * bytes);
    this.array = new type(buffer, byteOffset, length);
    Object.defineProperty(this.array, "lock", { get: () => this.lock });
    Object.defineProperty(this.array, shareable, { value: arrayType });
    objects.set(this.array, this);
    keepWhileViewed(buffer, this);
  }

  get lock(): Lock | RLock {
    return guardOf(this.family, this.segment.i32, this.at + GUARD, this.title);
  }
}

const objects = new WeakMap<object, ArrayEngine>();

const arrayType = {
  name: "Array",
  is: (value: object): value is AnyTypedArray => objects.has(value),
  encode(value: AnyTypedArray, link: Link): unknown {
    const object = objects.get(value);
    if (object === undefined) throw new ClosedError("Cannot send an Array: it is closed");
    return encodeHandle(object, link, "Array");
  },
  decode: (wire: unknown, link: Link): AnyTypedArray =>
    attach((link as FamilyLink).family, handleFrom(wire), (source) => new ArrayEngine(joining, source)).array,
};
registerShareable<AnyTypedArray>(arrayType);

function blueprintFor(
  code: TypeCode,
  length: number,
  values: readonly unknown[] | undefined,
  lock: SharedOptions["lock"],
): Blueprint {
  const { type, bytes } = codeOf(code, "an Array");
  return {
    label: "Array",
    kind: KIND_ARRAY,
    words: WORDS,
    init(family, { i32 }, at) {
      i32[at + CODE] = codeNumber(code);
      i32[at + LENGTH] = length;
      initGuard(family, i32, at + GUARD, lock);
      if (length === 0) return;
      const block = allocateData(family, length * bytes);
      if (values !== undefined) {
        const { buffer, byteOffset } = dataOf(family, block, length * bytes);
        new type(buffer, byteOffset, length).set(values as never);
      }
      i32[at + DATA] = block;
      family.allocator.embed(block);
    },
    check(_family, { i32 }, at) {
      const knownCode = codeFromNumber(i32[at + CODE] as number), knownLength = i32[at + LENGTH];
      if (knownCode !== code || knownLength !== length) {
        throw new MisuseError(
          `Cannot join an Array of type code "${code}" and length ${length}: that name's is "${knownCode}", ${knownLength}`,
        );
      }
      checkGuard(i32, at + GUARD, lock, "an Array");
    },
  };
}

/** For attaching, where nothing is made. */
const joining: Blueprint = { label: "Array", kind: KIND_ARRAY, words: WORDS };

function createArray(code: TypeCode, sizeOrValues: number | Iterable<unknown>, options?: SharedOptions): AnyTypedArray {
  codeOf(code, "an Array");
  const lock = lockIn(options, "an Array");
  let length: number, values: unknown[] | undefined;
  if (typeof sizeOrValues === "number") {
    if (!Number.isInteger(sizeOrValues) || sizeOrValues < 0) {
      throw new RangeError(`Cannot create an Array: its size is ${sizeOrValues}, it takes a number of elements`);
    }
    length = sizeOrValues;
  } else {
    if (typeof (sizeOrValues as Iterable<unknown> | undefined)?.[Symbol.iterator] !== "function") {
      throw new MisuseError("Cannot create an Array: the second argument is neither a size nor an iterable of values");
    }
    values = [...sizeOrValues];
    for (const value of values) checkElement(code, value);
    length = values.length;
  }
  return new ArrayEngine(blueprintFor(code, length, values, lock), options).array;
}

/** A function that makes an array, with or without `new`. */
function constructor<F>(
  create: (code: TypeCode, sizeOrValues: number | Iterable<unknown>, options?: SharedOptions) => AnyTypedArray,
  name: string,
): F {
  const made = function (code: TypeCode, sizeOrValues: number | Iterable<unknown>, options?: SharedOptions) {
    return create(code, sizeOrValues, options);
  };
  Object.defineProperty(made, "name", { value: name });
  return made as F;
}

/**
 * A typed array in shared memory, by type code and size, or with values. CPython: `multiprocessing.Array`.
 *
 * @example
 * ```ts
 * import { SharedArray } from "@manyproc/multiprocessing";
 *
 * const numbers = new SharedArray("i", [1, 2, 3]);
 * numbers[0] = 7;
 * await numbers.lock.with(() => numbers.reverse());
 * ```
 */
export const SharedArray: SharedArrayConstructor = constructor(createArray, "SharedArray");

/**
 * As SharedArray, without a lock. CPython: `multiprocessing.RawArray`.
 *
 * @example
 * ```ts
 * import { RawArray } from "@manyproc/multiprocessing";
 *
 * const samples = new RawArray("d", 1000); // a Float64Array
 * samples.fill(0.5);
 * console.log(samples.length, samples[999]); // 1000 0.5
 * ```
 */
export const RawArray: {
  new <C extends TypeCode>(code: C, sizeOrValues: number | Iterable<ElementOf<C>>, options?: Named): TypedArrays[C];
} = constructor(
  (code, sizeOrValues, options) => createArray(code, sizeOrValues, withoutLock(options, "a RawArray")),
  "RawArray",
);

registerCare(KIND_ARRAY, {
  waitQueues: [],
  dispose(family, { i32 }, at) {
    disposeGuard(family, i32, at + GUARD);
    disposeData(family, i32, at + DATA);
  },
});
