/**
 * The engine of a Value: one number in shared memory.
 *
 * ```
 * payload
 *   0, 1  the number, 8-byte aligned       anyone: atomic operations; plain loads and stores of floats
 *   2     type code                        once
 *   3, 4  its lock: address, generation    once
 * ```
 *
 * A loop that reads the number over and over must see what others write; with plain loads it may not (Bun). Atomics has no
 * floats: one is loaded plainly, after an atomic load of its type code that keeps it in its place.
 */

import { MisuseError } from "../errors/base.ts";
import { registerCare } from "../family/care.ts";
import { KIND_VALUE } from "../memory/layout.ts";
import { Attachment, type Blueprint, SharedObject } from "../objects/object.ts";
import type { Lock } from "../sync/lock.ts";
import type { RLock } from "../sync/rlock.ts";
import { lockIn, type SharedOptions } from "./options.ts";
import { checkGuard, disposeGuard, GUARD_WORDS, guardOf, initGuard } from "../sync/guard.ts";
import {
  type AnyTypedArray,
  checkAddend,
  checkElement,
  codeFromNumber,
  codeNumber,
  codeOf,
  type TypeCode,
} from "./typecodes.ts";

const DATA = 0, CODE = 2, GUARD = 3, WORDS = GUARD + GUARD_WORDS;

type IntegerArray = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

function blueprintFor(code: TypeCode, initial: unknown, lock: SharedOptions["lock"]): Blueprint {
  codeOf(code, "a Value");
  if (initial !== undefined) checkElement(code, initial);
  return {
    label: "Value",
    kind: KIND_VALUE,
    words: WORDS,
    init(family, { i32 }, at) {
      i32[at + CODE] = codeNumber(code);
      if (initial !== undefined) windowOn(code, i32, at)[0] = initial as never;
      initGuard(family, i32, at + GUARD, lock);
    },
    check(_family, { i32 }, at) {
      const known = codeFromNumber(i32[at + CODE] as number);
      if (known !== code) {
        throw new MisuseError(`Cannot join a Value of type code "${code}": that name's is "${known}"`);
      }
      checkGuard(i32, at + GUARD, lock, "a Value");
    },
  };
}

/** For attaching, where nothing is made. */
const joining: Blueprint = { label: "Value", kind: KIND_VALUE, words: WORDS };

function windowOn(code: TypeCode, i32: Int32Array, at: number): AnyTypedArray {
  const { type } = codeOf(code, "a Value");
  return new type(i32.buffer, i32.byteOffset + (at + DATA) * 4, 1);
}

export class ValueEngine extends SharedObject {
  readonly #code: TypeCode;
  readonly #data: AnyTypedArray;
  readonly #isInteger: boolean;
  /** Numbers up to this one, either way, can be added if they are integers; -1 where it takes bigints. */
  readonly #surely: number;

  constructor(code: TypeCode | Attachment, initial?: number | bigint, options?: SharedOptions) {
    super(
      code instanceof Attachment ? joining : blueprintFor(code, initial, lockIn(options, "a Value")),
      code instanceof Attachment ? code : options,
    );
    const { i32 } = this.segment;
    this.#code = codeFromNumber(i32[this.at + CODE] as number);
    this.#data = windowOn(this.#code, i32, this.at);
    this.#isInteger = this.#code !== "f" && this.#code !== "d";
    const bits = 8 * this.#data.BYTES_PER_ELEMENT;
    this.#surely = bits > 32 ? -1 : 2 ** (bits - 1) - 1;
  }

  get value(): number | bigint {
    this.ensureOpen("read");
    if (this.#isInteger) return Atomics.load(this.#data as IntegerArray, 0);
    Atomics.load(this.segment.i32, this.at + CODE);
    return this.#data[0] as number;
  }

  set value(value: number | bigint) {
    this.ensureOpen("write");
    checkElement(this.#code, value);
    if (this.#isInteger) Atomics.store(this.#data as IntegerArray, 0, value as never);
    else this.#data[0] = value as never;
  }

  add(n: number | bigint): number | bigint {
    const data = this.#integers("add to");
    // What is surely right costs no call: adding is all that a counter does.
    if (typeof n !== "number" || (n | 0) !== n || n > this.#surely || n < -this.#surely) checkAddend(this.#code, n);
    return Atomics.add(data, 0, n as never);
  }

  exchange(value: number | bigint): number | bigint {
    const data = this.#integers("exchange");
    checkElement(this.#code, value);
    return Atomics.exchange(data, 0, value as never);
  }

  compareExchange(expected: number | bigint, replacement: number | bigint): number | bigint {
    const data = this.#integers("compare and exchange");
    checkElement(this.#code, expected);
    checkElement(this.#code, replacement);
    return Atomics.compareExchange(data, 0, expected as never, replacement as never);
  }

  get lock(): Lock | RLock {
    this.ensureOpen("lock");
    return guardOf(this.family, this.segment.i32, this.at + GUARD, this.title);
  }

  override toString(): string {
    return `Value("${this.#code}", ${this.isClosed ? "closed" : String(this.value)})`;
  }

  #integers(doing: string): IntegerArray {
    this.ensureOpen(doing);
    if (!this.#isInteger) {
      throw new MisuseError(`Cannot ${doing} ${this.title} atomically: type code "${this.#code}" is not an integer's`);
    }
    return this.#data as IntegerArray;
  }
}

registerCare(KIND_VALUE, {
  waitQueues: [],
  dispose: (family, { i32 }, at) => disposeGuard(family, i32, at + GUARD),
});
