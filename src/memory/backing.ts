/** Where a family's memory comes from: a growable SharedArrayBuffer ("worker") or a memory file ("process"). */

import type { StartMethod, SystemCalls } from "../runtime/runtime.ts";
import { MisuseError } from "../errors/base.ts";
import { GRANULE_BYTES, MAX_GRANULES } from "./layout.ts";

/** A range of a family's memory, as bytes. */
export interface Range {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
}

/** One kind of memory behind an arena. */
export interface Backing {
  readonly method: StartMethod;
  /** Bytes that it can have at most. */
  readonly limit: number;
  /** Makes it at least `bytes` long. RangeError when the system refuses. */
  grow(bytes: number): void;
  /** A window on part of it; the part must exist. */
  window(byteOffset: number, byteLength: number): Range;
  /** What is in that part isn't needed any more: its pages go back to the system, and are zero when touched again. False = they stay. */
  discard(byteOffset: number, byteLength: number): boolean;
  /** Takes back a window; a no-op where windows cost nothing. */
  release(range: Range): void;
}

/** What a family can address. */
const MAX_BYTES = MAX_GRANULES * GRANULE_BYTES;
/** What JavaScriptCore gives a SharedArrayBuffer at most. */
const SMALL_MAX_BYTES = 4 * 1024 ** 3;

/** An empty memory with room for all that a family can address, or for what the engine allows. */
function growableMemory(): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(0, { maxByteLength: MAX_BYTES });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return new SharedArrayBuffer(0, { maxByteLength: SMALL_MAX_BYTES });
  }
}

/** Memory of start method "worker". */
export class WorkerBacking implements Backing {
  readonly method = "worker";
  readonly memory: SharedArrayBuffer;

  constructor(memory?: SharedArrayBuffer) {
    this.memory = memory ?? growableMemory();
  }

  get limit(): number {
    return this.memory.maxByteLength;
  }

  grow(bytes: number): void {
    if (this.memory.byteLength < bytes) this.memory.grow(bytes);
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
  readonly limit = MAX_BYTES;
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
