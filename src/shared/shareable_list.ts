/**
 * ShareableList: a list of fixed length in shared memory, its items plain values.
 *
 * ```
 * block                        (little-endian, of whoever writes)
 *   u32  number of items
 *   per item, 16 bytes:   u32 type    u32 length    u32 capacity    u32 offset of its bytes in the block
 *   the bytes of the items, each slot a multiple of 8
 * ```
 */

import { TextDecoder, TextEncoder } from "../base/originals.ts";
import { MisuseError } from "../errors/base.ts";
import { type Link, registerShareable, shareable } from "../codec/registry.ts";
import { engineOf } from "../objects/face.ts";
import { SharedMemory } from "./shared_memory.ts";
import { SharedMemoryEngine } from "./shared_memory_engine.ts";

const NULL = 0, BOOLEAN = 1, NUMBER = 2, BIGINT = 3, STRING = 4, BYTES = 5;
const COUNT_BYTES = 8, SLOT_BYTES = 16;
const letters = ["x", "?", "d", "q", "s", "b"];

// A byte order mark is a part of the string.
const encoder = new TextEncoder(), decoder = new TextDecoder("utf-8", { ignoreBOM: true });

interface Item {
  readonly type: number;
  readonly bytes: Uint8Array;
}

function toItem(value: unknown): Item {
  const bytes = new Uint8Array(8), view = new DataView(bytes.buffer);
  if (value === null) return { type: NULL, bytes: bytes.subarray(0, 0) };
  if (value instanceof Uint8Array) return { type: BYTES, bytes: value };
  switch (typeof value) {
    case "boolean":
      bytes[0] = value ? 1 : 0;
      return { type: BOOLEAN, bytes: bytes.subarray(0, 1) };
    case "number":
      view.setFloat64(0, value, true);
      return { type: NUMBER, bytes };
    case "bigint":
      if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value}n doesn't fit into 64 bits`);
      view.setBigInt64(0, value, true);
      return { type: BIGINT, bytes };
    case "string":
      if (!value.isWellFormed()) throw new RangeError("A string with a lone surrogate can't be an item");
      return { type: STRING, bytes: encoder.encode(value) };
    default:
      throw new TypeError(
        `A ${typeof value} can't be an item: number, bigint, boolean, string, Uint8Array or null can`,
      );
  }
}

function fromItem(type: number, bytes: Uint8Array): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case NULL:
      return null;
    case BOOLEAN:
      return bytes[0] !== 0;
    case NUMBER:
      return view.getFloat64(0, true);
    case BIGINT:
      return view.getBigInt64(0, true);
    case STRING:
      return decoder.decode(bytes);
    default:
      return bytes;
  }
}

function capacityFor(length: number): number {
  return Math.max(8, Math.ceil(length / 8) * 8);
}

/** The block of a new list. */
function createBlock(values: readonly unknown[]): SharedMemory {
  const items = values.map((value, index) => {
    try {
      return toItem(value);
    } catch (error) {
      throw error instanceof Error
        ? Object.assign(error, { message: `Cannot create a ShareableList: item ${index}: ${error.message}` })
        : error;
    }
  });
  const start = COUNT_BYTES + items.length * SLOT_BYTES;
  const size = items.reduce((sum, { bytes }) => sum + capacityFor(bytes.length), start);
  const shm = new SharedMemory({ create: true, size });
  const view = viewOf(shm);
  view.setUint32(0, items.length, true);
  let offset = start;
  items.forEach(({ type, bytes }, index) => {
    const slot = COUNT_BYTES + index * SLOT_BYTES, capacity = capacityFor(bytes.length);
    view.setUint32(slot, type, true);
    view.setUint32(slot + 4, bytes.length, true);
    view.setUint32(slot + 8, capacity, true);
    view.setUint32(slot + 12, offset, true);
    bytesOf(shm).set(bytes, offset);
    offset += capacity;
  });
  return shm;
}

/** The block's bytes, which nobody sees: so that close() gives them back at once. */
function bytesOf(shm: SharedMemory): Uint8Array {
  return (engineOf(shm, SharedMemoryEngine) as SharedMemoryEngine).ownBytes; // each has one
}

function viewOf(shm: SharedMemory): DataView {
  const bytes = bytesOf(shm);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A list of fixed length: number, bigint (64 bits), boolean, string, Uint8Array, null. CPython:
 * `multiprocessing.shared_memory.ShareableList`. There is no lock in it.
 *
 * An item may be replaced by any that fits into its slot (the bytes it was created with, rounded up to 8); one that doesn't
 * throws RangeError and changes nothing.
 *
 * @example
 * ```ts
 * import { ShareableList } from "@manyproc/multiprocessing";
 *
 * const list = new ShareableList([1, "two", true, null]);
 * list.set(1, "zwei");
 * // elsewhere: new ShareableList({ name: list.shm.name })
 * ```
 */
export class ShareableList<T = unknown> implements Iterable<T> {
  readonly #shm: SharedMemory;

  /**
   * A new list of `items`, or the one in the block called `name`.
   * @throws {TypeError} for an item of another type
   * @throws {RangeError} for a bigint beyond 64 bits or a string with a lone surrogate
   * @throws {MisuseError} when there is no block of that name, or the name isn't a non-empty string
   */
  constructor(items?: Iterable<T> | { name: string });
  constructor(items: Iterable<T> | { name: string } | SharedMemory = []) {
    if (items instanceof SharedMemory) this.#shm = items;
    else if (Symbol.iterator in items) this.#shm = createBlock([...items]);
    else this.#shm = new SharedMemory({ name: items.name });
  }

  /**
   * Number of items.
   * @throws {ClosedError} after close()
   */
  get length(): number {
    return viewOf(this.#shm).getUint32(0, true);
  }

  /** The block behind it: its name, and unlink(). */
  get shm(): SharedMemory {
    return this.#shm;
  }

  /**
   * The items' types now, a letter each: `x` null, `?` boolean, `d` number, `q` bigint, `s` string, `b` bytes, these two after
   * their slot's size in bytes. CPython: `ShareableList.format`.
   * @throws {ClosedError} after close()
   */
  get format(): string {
    const view = viewOf(this.#shm);
    let format = "";
    for (let index = 0; index < this.length; index++) {
      const slot = COUNT_BYTES + index * SLOT_BYTES, type = view.getUint32(slot, true);
      format += (type >= STRING ? view.getUint32(slot + 8, true) : "") + (letters[type] ?? "?");
    }
    return format;
  }

  /**
   * The item; a negative index counts from the end. Bytes are a copy. CPython: `list[index]`.
   * @throws {RangeError} outside of the list
   * @throws {MisuseError} when the index isn't a number
   * @throws {ClosedError} after close()
   */
  at(index: number): T {
    const slot = this.#slot(index), view = viewOf(this.#shm);
    const length = view.getUint32(slot + 4, true), offset = view.getUint32(slot + 12, true);
    return fromItem(view.getUint32(slot, true), bytesOf(this.#shm).slice(offset, offset + length)) as T;
  }

  /**
   * Replaces an item; a negative index counts from the end. CPython: `list[index] = value`.
   * @throws {RangeError} outside of the list, or when the value doesn't fit into its slot; nothing is changed
   * @throws {TypeError} for a value of another type
   * @throws {MisuseError} when the index isn't a number
   * @throws {ClosedError} after close()
   */
  set(index: number, value: T): void {
    const slot = this.#slot(index), view = viewOf(this.#shm);
    const { type, bytes } = toItem(value);
    const capacity = view.getUint32(slot + 8, true);
    if (bytes.length > capacity) {
      throw new RangeError(`Cannot set item ${index}: it takes ${bytes.length} bytes, its slot has ${capacity}`);
    }
    bytesOf(this.#shm).set(bytes, view.getUint32(slot + 12, true));
    view.setUint32(slot + 4, bytes.length, true);
    view.setUint32(slot, type, true);
  }

  /**
   * How often `value` is in it. CPython: `ShareableList.count()`.
   * @throws {ClosedError} after close()
   */
  count(value: T): number {
    let count = 0;
    for (const item of this) if (isSame(item, value)) count++;
    return count;
  }

  /**
   * Index of the first item equal to `value`; -1 when there is none. CPython: `ShareableList.index()`, which throws then.
   * @throws {ClosedError} after close()
   */
  indexOf(value: T): number {
    for (let index = 0; index < this.length; index++) if (isSame(this.at(index), value)) return index;
    return -1;
  }

  /** The items, each as it is when its turn comes. */
  *[Symbol.iterator](): IterableIterator<T> {
    for (let index = 0, { length } = this; index < length; index++) yield this.at(index);
  }

  /** Drops this process's handle of the block. Idempotent. */
  close(): void {
    this.#shm.close();
  }

  /** Byte offset of an item's slot. */
  #slot(index: number): number {
    const { length } = this;
    if (typeof index !== "number") throw new MisuseError(`Cannot look at item ${String(index)}: it takes an integer`);
    const position = index < 0 ? index + length : index;
    if (!Number.isInteger(position) || position < 0 || position >= length) {
      throw new RangeError(`Cannot look at item ${index}: the ShareableList has ${length}`);
    }
    return COUNT_BYTES + position * SLOT_BYTES;
  }
}

function isSame(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, index) => byte === b[index]);
  }
  return Object.is(a, b) || a === b;
}

const listType = {
  name: "ShareableList",
  is: (value: object): value is ShareableList => value instanceof ShareableList,
  encode: (value: ShareableList) => value.shm,
  decode: (wire: unknown, _link: Link): ShareableList => new ShareableList(wire as SharedMemory & { name: string }),
};
registerShareable(listType);
Object.defineProperty(ShareableList.prototype, shareable, { value: listType });
