/**
 * Messages in a stream of bytes, as CPython's `multiprocessing.connection` frames them: a signed 32-bit length, big-endian, then
 * so many bytes. A message from 2 GiB on: -1, a 64-bit length, the bytes.
 */

/** The longest message that the short header can tell. */
const LONGEST_SHORT = 0x7fffffff;
const SHORT_HEADER = 4;
/** Bytes of the longer header. */
export const LONGEST_HEADER = 12;

/** What goes before a message of that length. */
export function headerOf(length: number): Uint8Array {
  const isShort = length <= LONGEST_SHORT;
  const view = new DataView(new ArrayBuffer(isShort ? SHORT_HEADER : LONGEST_HEADER));
  if (isShort) view.setInt32(0, length);
  else {
    view.setInt32(0, -1);
    view.setBigUint64(4, BigInt(length));
  }
  return new Uint8Array(view.buffer);
}

/** The bytes aren't those of messages, or of a longer one than is taken. */
export class FramingError extends Error {
  override readonly name = "FramingError";
}

/**
 * Takes messages out of bytes as they come. What a header announces isn't believed: only bytes that are there take memory. The
 * limit is asked for at each message, so that of a handshake doesn't hold for what came with its last byte.
 */
export class FrameReader {
  /** Bytes that no message was made of yet. */
  bytes = 0;
  /** Chunks as they came, from `#first` on; `#at` is where the next message begins in that. */
  #chunks: Uint8Array[] = [];
  #first = 0;
  #at = 0;
  /** Length of the message that has begun, once its header is read (and passed). */
  #length: number | undefined;

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.bytes += chunk.length;
  }

  /** Whether a message has begun. */
  get isInside(): boolean {
    return this.bytes > 0 || this.#length !== undefined;
  }

  /** Whether a whole message is there. Throws FramingError when it is longer than `limit` bytes. */
  isReady(limit: number): boolean {
    const length = this.#length ??= this.#readHeader();
    if (length === undefined) return false;
    if (length > limit) throw new FramingError(`a message of ${length} bytes: at most ${limit} are taken`);
    return this.bytes >= length;
  }

  /** The next message; undefined when it isn't all there. It may be a view of what came. */
  shift(limit: number): Uint8Array | undefined {
    if (!this.isReady(limit)) return undefined;
    const length = this.#length as number; // isReady() has read it
    this.#length = undefined;
    return this.#take(length);
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks = [];
    this.#first = this.#at = this.bytes = 0;
    this.#length = undefined;
  }

  #readHeader(): number | undefined {
    if (this.bytes < SHORT_HEADER) return undefined;
    const length = viewOf(this.#peek(SHORT_HEADER)).getInt32(0);
    if (length >= 0) {
      this.#take(SHORT_HEADER);
      return length;
    }
    if (length !== -1) throw new FramingError(`a message of ${length} bytes`);
    if (this.bytes < LONGEST_HEADER) return undefined;
    const long = Number(viewOf(this.#peek(LONGEST_HEADER)).getBigUint64(4));
    this.#take(LONGEST_HEADER);
    return long;
  }

  /** The first bytes, without taking them. */
  #peek(count: number): Uint8Array {
    const first = this.#chunks[this.#first] as Uint8Array; // there are bytes
    if (first.length - this.#at >= count) return first.subarray(this.#at, this.#at + count);
    const bytes = new Uint8Array(count);
    for (let filled = 0, index = this.#first, at = this.#at; filled < count; index++, at = 0) {
      const part = (this.#chunks[index] as Uint8Array).subarray(at, at + count - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  #take(count: number): Uint8Array {
    if (count === 0) return new Uint8Array(0);
    const bytes = this.#peek(count);
    this.bytes -= count;
    this.#at += count;
    for (let chunk = this.#chunks[this.#first]; chunk !== undefined && this.#at >= chunk.length;) {
      this.#at -= chunk.length;
      this.#first++;
      chunk = this.#chunks[this.#first];
    }
    // Chunks that are used up are dropped now and then: it costs as many steps as there are left.
    if (this.#first > 64 && this.#first * 2 > this.#chunks.length) {
      this.#chunks = this.#chunks.slice(this.#first);
      this.#first = 0;
    } else if (this.#first === this.#chunks.length) {
      this.#chunks = [];
      this.#first = 0;
    }
    return bytes;
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
