/** Where a family's memory comes from: a growable SharedArrayBuffer ("worker") or a memory file ("process"). */

import type { StartMethod, SystemCalls } from "../runtime/runtime.ts";
import { MisuseError } from "../errors/base.ts";

/** A range of a family's memory, as bytes. */
export interface Range {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/** One kind of memory behind an arena. */
export interface Backing {
  readonly method: StartMethod;
  /** Makes it at least `bytes` long. RangeError when the system refuses. */
  grow(bytes: number): void;
  /** A window on part of it; the part must exist. */
  window(byteOffset: number, byteLength: number): Range;
  /** What is in that part isn't needed any more: its pages go back to the system, and are zero when touched again. False = they stay. */
  discard(byteOffset: number, byteLength: number): boolean;
  /** Takes back a window; a no-op where windows cost nothing. */
  release(range: Range): void;
}

/** Address space that a worker family reserves (JavaScriptCore refuses 16 GiB). */
const WORKER_MAX_BYTES = 4 * 1024 ** 3;

/** Memory of start method "worker". */
export class WorkerBacking implements Backing {
  readonly method = "worker";
  readonly memory: SharedArrayBuffer;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? new SharedArrayBuffer(0, { maxByteLength: WORKER_MAX_BYTES });
  }

  grow(bytes: number): void {
    if (this.memory.byteLength >= bytes) return;
    if (bytes > WORKER_MAX_BYTES) {
      throw new RangeError(`Cannot grow the shared memory of workers beyond ${WORKER_MAX_BYTES} bytes`);
    }
    this.memory.grow(bytes);
  }

  window(byteOffset: number, _byteLength: number): Range {
    return { buffer: this.memory, byteOffset };
  }

  discard(_byteOffset: number, _byteLength: number): boolean {
    return false;
  }

  release(_range: Range): void {}
}

/** Memory of start method "process". */
export class ProcessBacking implements Backing {
  readonly method = "process";
  readonly fd: number;
  readonly #system: SystemCalls;

  constructor(system: SystemCalls, fd?: number) {
    this.#system = system;
    this.fd = fd ?? system.createMemory();
  }

  grow(bytes: number): void {
    // Only asked, under the arena lock, for more than all that is handed out: never shrinks what anyone uses.
    this.#system.resizeMemory(this.fd, bytes);
  }

  window(byteOffset: number, byteLength: number): Range {
    if (byteLength <= 0) throw new MisuseError(`Cannot map ${byteLength} bytes`);
    return { buffer: this.#system.map(this.fd, byteOffset, byteLength), byteOffset: 0 };
  }

  discard(byteOffset: number, byteLength: number): boolean {
    return this.#system.discardMemory(this.fd, byteOffset, byteLength);
  }

  release(range: Range): void {
    this.#system.unmap(range.buffer as ArrayBuffer);
  }
}
