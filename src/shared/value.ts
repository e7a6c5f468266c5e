/** Value and RawValue, as programs see them; value_engine.ts does the work. */

import { makeFace, wear } from "../objects/face.ts";
import type { Attachment, Named } from "../objects/object.ts";
import type { Lock } from "../sync/lock.ts";
import type { RLock } from "../sync/rlock.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { type SharedOptions, withoutLock } from "./options.ts";
import type { ElementOf, TypeCode } from "./typecodes.ts";
import { ValueEngine } from "./value_engine.ts";

/**
 * One number in shared memory. CPython: `multiprocessing.Value`.
 *
 * All but `close` throws ClosedError after close().
 */
export interface Value<V extends number | bigint = number> {
  /**
   * One load or store, never torn; a loop that reads it sees what others write. Assigning throws RangeError out of the type's
   * range and TypeError for another type. CPython: `Value.value`.
   */
  value: V;
  /**
   * Adds atomically (wraps around), also what is negative to an unsigned one; returns the old value.
   * @throws {MisuseError} for the floats: type codes `f` and `d`
   * @throws {RangeError} for a number out of the type's range
   * @throws {TypeError} for what isn't a number (for `q` and `Q`: a bigint)
   */
  add(n: V): V;
  /**
   * Stores atomically; returns the old value.
   * @throws {MisuseError} for the floats: type codes `f` and `d`
   * @throws {RangeError} for a number out of the type's range
   * @throws {TypeError} for what isn't a number (for `q` and `Q`: a bigint)
   */
  exchange(v: V): V;
  /**
   * Stores `replacement` if the value is `expected`, atomically; returns the old value.
   * @throws {MisuseError} for the floats: type codes `f` and `d`
   * @throws {RangeError} for a number out of the type's range
   * @throws {TypeError} for what isn't a number (for `q` and `Q`: a bigint)
   */
  compareExchange(expected: V, replacement: V): V;
  /**
   * For everything else: `await v.lock.with(() => { v.value *= 2 })`. CPython: `Value.get_lock()`.
   * @throws {MisuseError} when it was made with `lock: false`
   */
  readonly lock: Lock | RLock;
  /** Drops this process's handle; the number goes with the last one. Idempotent. */
  close(): void;
}

/** Makes a Value, with or without `new`. */
export interface ValueConstructor {
  /**
   * A number of that type code; `initial` is 0 by default. One that is joined by name keeps the value that it has.
   * @throws {MisuseError} for a code that isn't one, a bad option, and when the name is another class's, or a Value's of another
   * type code or lock
   * @throws {RangeError} for an initial value out of the type's range
   * @throws {TypeError} for an initial value of another type
   */
  new <C extends TypeCode>(code: C, initial?: ElementOf<C>, options?: SharedOptions): Value<ElementOf<C>>;
  /** The same without `new`. */
  <C extends TypeCode>(code: C, initial?: ElementOf<C>, options?: SharedOptions): Value<ElementOf<C>>;
}

class SharedValue implements Value<number | bigint> {
  readonly #engine: ValueEngine;

  static {
    makeFace(this.prototype, (value) => #engine in value ? value.#engine : undefined);
  }

  constructor(code: TypeCode | ValueEngine, initial?: number | bigint, options?: SharedOptions) {
    this.#engine = wear(this, code instanceof ValueEngine ? code : new ValueEngine(code, initial, options));
  }

  get value(): number | bigint {
    return this.#engine.value;
  }

  set value(value: number | bigint) {
    this.#engine.value = value;
  }

  add(n: number | bigint): number | bigint {
    return this.#engine.add(n);
  }

  exchange(value: number | bigint): number | bigint {
    return this.#engine.exchange(value);
  }

  compareExchange(expected: number | bigint, replacement: number | bigint): number | bigint {
    return this.#engine.compareExchange(expected, replacement);
  }

  get lock(): Lock | RLock {
    return this.#engine.lock;
  }

  close(): void {
    this.#engine.close();
  }
}

/**
 * A number in shared memory, by type code. CPython: `multiprocessing.Value`.
 *
 * @example
 * ```ts
 * import { Value } from "@manyproc/multiprocessing";
 *
 * const count = new Value("i", 0);
 * count.add(1);
 * await count.lock.with(() => {
 *   count.value *= 2;
 * });
 * ```
 */
export const Value: ValueConstructor = callable(SharedValue) as unknown as ValueConstructor;

/** A class that can also be called without `new`, as CPython's factories are. */
function callable<T extends abstract new (...args: never[]) => object>(type: T): T {
  return new Proxy(type, {
    apply: (target, _this, args) => Reflect.construct(target, args),
  });
}

/** The engine of a RawValue: it has a type of its own so that it arrives as one. */
class RawValueEngine extends ValueEngine {
  constructor(code: TypeCode | Attachment, initial?: number | bigint, options?: Named) {
    super(code, initial, withoutLock(options, "a RawValue"));
  }
}

class RawSharedValue extends SharedValue {
  constructor(code: TypeCode | RawValueEngine, initial?: number | bigint, options?: Named) {
    super(code instanceof RawValueEngine ? code : new RawValueEngine(code, initial, options));
  }
}

/**
 * As Value, without a lock. CPython: `multiprocessing.RawValue`.
 *
 * @example
 * ```ts
 * import { RawValue } from "@manyproc/multiprocessing";
 *
 * const temperature = new RawValue("d", 20.5);
 * temperature.value += 1;
 * console.log(temperature.value); // 21.5
 * ```
 */
export const RawValue: {
  new <C extends TypeCode>(code: C, initial?: ElementOf<C>, options?: Named): { value: ElementOf<C> };
} = callable(RawSharedValue) as never;

registerSharedClass("Value", SharedValue, ValueEngine);
registerSharedClass("RawValue", RawSharedValue, RawValueEngine);
