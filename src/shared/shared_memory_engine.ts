/**
 * The engine of SharedMemory: a block of bytes with a name.
 *
 * ```
 * payload
 *   0, 1  size in bytes, low and high      once
 *   2     data block (see data_block.ts)   once; 0 again when it is freed
 * ```
 *
 * The name counts as a user of the block until unlink() takes it away.
 */

import { MisuseError } from "../errors/base.ts";
import { enterFlight, leaveFlight } from "../objects/blocks.ts";
import type { Family } from "../family/family.ts";
import type { Handle } from "../objects/messages.ts";
import { registerCare } from "../family/care.ts";
import { KIND_SHARED_MEMORY } from "../memory/layout.ts";
import { nameOf, unlinkName } from "../objects/names.ts";
import { Attachment, type Blueprint, SharedObject } from "../objects/object.ts";
import { randomHex } from "../base/random.ts";
import { ensureOptions } from "../base/options.ts";
import { noteUnnamed } from "../objects/unnamed.ts";
import { allocateData, dataOf, detachViews, disposeData, hastenCollection, keepWhileViewed } from "./data_block.ts";

const SIZE = 0, DATA = 2, WORDS = 3;

/** Which block is meant. */
export interface SharedMemoryOptions {
  /**
   * The block's name, without NUL characters. Needed without `create`.
   * @default with `create`: a new one, "psm_" and eight hexadecimal digits
   */
  name?: string;
  /**
   * Make a new block; else attach to the one of that name.
   * @default false
   */
  create?: boolean;
  /** Bytes of a new block, at least 1. Needed with `create`, else ignored. */
  size?: number;
}

function blueprintFor({ name, create = false, size }: SharedMemoryOptions): Blueprint {
  if (create && (typeof size !== "number" || !Number.isInteger(size) || size < 1)) {
    throw new RangeError(`Cannot create shared memory: its size is ${String(size)}, it must be at least 1 byte`);
  }
  if (!create && name === undefined) {
    throw new MisuseError("Cannot attach to shared memory without a name; or pass create: true");
  }
  if (name?.includes("\0")) throw new MisuseError("Cannot name shared memory: the name contains a NUL character");
  return {
    label: "SharedMemory",
    kind: KIND_SHARED_MEMORY,
    words: WORDS,
    init(family, { i32 }, at) {
      if (!create) throw new MisuseError(`Cannot attach to shared memory "${name}": there is none of that name`);
      const bytes = size as number;
      i32[at + SIZE] = bytes;
      i32[at + SIZE + 1] = Math.floor(bytes / 2 ** 32);
      const block = allocateData(family, bytes);
      i32[at + DATA] = block;
      family.allocator.embed(block);
    },
    check() {
      if (create) throw new MisuseError(`Cannot create shared memory "${name}": there is one of that name`);
    },
  };
}

/** For attaching by handle, where nothing is made. */
const joining: Blueprint = { label: "SharedMemory", kind: KIND_SHARED_MEMORY, words: WORDS };

function randomName(): string {
  return `psm_${randomHex(4)}`;
}

/** Keeps the object for views that the program has of its bytes: a handle that nobody sees. */
class ViewsHandle extends SharedObject {
  override isSeen = false;

  constructor(family: Family, handle: Handle) {
    super(joining, new Attachment(family, handle));
  }
}

export class SharedMemoryEngine extends SharedObject {
  readonly #name: string;
  readonly #size: number;
  /** Undefined when it is closed: what the program still has of it is what keeps it. */
  #bytes: Uint8Array | undefined;
  /** From when the program has seen the bytes. */
  #views: ViewsHandle | undefined;

  constructor(options: SharedMemoryOptions | Attachment) {
    ensureOptions(options, "make a SharedMemory", { number: "size", string: "name" });
    const create = !(options instanceof Attachment) && options.create === true;
    const named = options instanceof Attachment
      ? options
      : { ...options, name: options.name ?? (create ? randomName() : undefined) };
    if (create && options.name === undefined) noteUnnamed("SharedMemory");
    super(named instanceof Attachment ? joining : blueprintFor(named as SharedMemoryOptions), named);
    const { i32 } = this.segment;
    const size = ((i32[this.at + SIZE] as number) >>> 0) + (i32[this.at + SIZE + 1] as number) * 2 ** 32;
    const { buffer, byteOffset } = dataOf(this.family, (i32[this.at + DATA] as number) >>> 0, size);
    this.#bytes = new Uint8Array(buffer, byteOffset, size);
    this.#size = size;
    this.#name = nameOf(this.family, this.handle.address) ?? "";
    // The name is a user too.
    if (create) enterFlight(this.family, this.handle);
  }

  /** For the program, which may keep it. */
  get bytes(): Uint8Array {
    const bytes = this.ownBytes;
    if (this.#views === undefined) {
      keepWhileViewed(bytes.buffer, this.#views = new ViewsHandle(this.family, this.handle));
    }
    return bytes;
  }

  /** For this package, which doesn't keep it. */
  get ownBytes(): Uint8Array {
    if (this.#bytes === undefined) throw this.closedError("look at");
    return this.#bytes;
  }

  get name(): string {
    return this.#name;
  }

  get size(): number {
    return this.#size;
  }

  protected override onClose(): void {
    if (detachViews(this.family, this.ownBytes.buffer)) this.#views?.close();
    else if (this.#views !== undefined) hastenCollection(this.#size);
    this.#bytes = this.#views = undefined;
  }

  unlink(): void {
    const { family, handle } = this;
    // The name keeps the block, so one that is another's by now has lost its name.
    const isNamed = () =>
      family.allocator.generationOf(handle.address) === handle.generation &&
      nameOf(family, handle.address) !== undefined;
    if (!unlinkName(family, handle.address, isNamed)) {
      throw new MisuseError(`Cannot unlink shared memory "${this.#name}": it was unlinked already`);
    }
    leaveFlight(family, handle);
  }
}

registerCare(KIND_SHARED_MEMORY, {
  waitQueues: [],
  dispose: (family, { i32 }, at) => disposeData(family, i32, at + DATA),
});
