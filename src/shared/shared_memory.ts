/** SharedMemory, as programs see it; shared_memory_engine.ts does the work. */

import { makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { SharedMemoryEngine, type SharedMemoryOptions } from "./shared_memory_engine.ts";

/**
 * A block of bytes that processes of the family share by name. CPython: `multiprocessing.shared_memory.SharedMemory`.
 *
 * It lives until it is unlinked and every process has closed it (or ended), or the family ends.
 *
 * @example
 * ```ts
 * import { SharedMemory } from "@manyproc/multiprocessing";
 *
 * const block = new SharedMemory({ create: true, size: 1024 });
 * block.bytes[0] = 7;
 * const same = new SharedMemory({ name: block.name }); // in another process, say
 * console.log(same.bytes[0]); // 7
 * block.unlink();
 * ```
 */
export class SharedMemory implements Disposable {
  readonly #engine: SharedMemoryEngine;

  static {
    makeFace(this.prototype, (block) => #engine in block ? block.#engine : undefined);
  }

  /**
   * With `create` a new block of `size` bytes, else the one called `name`.
   * @throws {MisuseError} when a block to be created exists, one to attach to doesn't, or the name can't be one
   * @throws {RangeError} for the size of a new block when it isn't an integer from 1 on
   */
  constructor(options: SharedMemoryOptions);
  constructor(options: SharedMemoryOptions | SharedMemoryEngine) {
    this.#engine = wear(this, options instanceof SharedMemoryEngine ? options : new SharedMemoryEngine(options));
  }

  /**
   * A view of the block; zero at first. After close() it is empty (its methods throw TypeError), or goes on seeing the old bytes,
   * which are nobody else's as long as there are views of them. CPython: `SharedMemory.buf`.
   * @throws {ClosedError} after close()
   */
  get bytes(): Uint8Array {
    return this.#engine.bytes;
  }

  /** The name by which others attach to it. CPython: `SharedMemory.name`. */
  get name(): string {
    return this.#engine.name;
  }

  /** Bytes in it. CPython: `SharedMemory.size`. */
  get size(): number {
    return this.#engine.size;
  }

  /**
   * Takes the name away, once for each block, from any process, also after close(); those who have it open keep it.
   * CPython: `SharedMemory.unlink()`.
   * @throws {MisuseError} when that was done before
   */
  unlink(): void {
    this.#engine.unlink();
  }

  /**
   * Drops this process's handle. Idempotent. Call it when nothing native, a file that is read into it, uses the bytes any more.
   * CPython: `SharedMemory.close()`.
   */
  close(): void {
    this.#engine.close();
  }

  /** As close(). */
  [Symbol.dispose](): void {
    this.#engine.close();
  }
}

registerSharedClass("SharedMemory", SharedMemory, SharedMemoryEngine);
