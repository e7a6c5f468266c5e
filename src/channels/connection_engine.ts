/** The engine of a pipe's end: messages in each direction; end-of-file when nobody holds the other end any more. */

import { MisuseError } from "../errors/base.ts";
import { EOFError, TimeoutError } from "../errors/outcomes.ts";
import type { Segment } from "../memory/arena.ts";
import type { Family } from "../family/family.ts";
import { WaitQueue, type Wanted } from "../family/futex.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { BITMAP_WORDS, H_HOLDERS, HEADER_WORDS } from "../memory/layout.ts";
import { type Attachment, SharedObject } from "../objects/object.ts";
import { type Waitable, waitable } from "../base/waitable.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { bytesToSend, copyOf, ensureLength, longestMessage, roomIn, tooLongFor } from "./bytes.ts";
import {
  discardParcel,
  keepParcel,
  openFrame,
  openRawFrame,
  packParcel,
  rawParcel,
  storeParcel,
} from "../wire/parcels.ts";
import { type Frame, type Parcel, Ring } from "../wire/ring.ts";
import {
  DIRECTION_READERS,
  DIRECTION_RING,
  DIRECTION_WRITERS,
  DIRECTIONS,
  END_MODE,
  END_PIPE,
  END_SIDE,
  endBlueprint,
  PIPE_ENDS,
  PIPE_GONE,
  READABLE,
  WRITABLE,
} from "./pipe_layout.ts";

/** Bytes in flight from which on `send` waits for the reader. One message always has room. */
const BACK_PRESSURE = 1024 * 1024;

/** One direction of a pipe, as one agent uses it. */
class Direction {
  readonly lock: RobustLock;
  readonly ring: Ring;
  readonly readers: WaitQueue;
  readonly writers: WaitQueue;

  constructor(family: Family, segment: Segment, at: number) {
    this.lock = new RobustLock(family.arena, family, segment, at, "a pipe");
    this.ring = new Ring(family, this.lock, segment, at + DIRECTION_RING);
    this.readers = WaitQueue.at(family, segment, at + DIRECTION_READERS);
    this.writers = WaitQueue.at(family, segment, at + DIRECTION_WRITERS);
  }
}

interface Box<T> {
  readonly value: T;
}

/** One end of a pipe. */
export class ConnectionEngine<In = unknown, Out = In> extends SharedObject {
  readonly #pipe: Segment;
  readonly #pipeAt: number;
  readonly #side: number;
  readonly #mode: number;
  readonly #in: Direction;
  readonly #out: Direction;
  readonly #receiving: Wanted<Box<In>>;

  constructor(source: Attachment) {
    super(endBlueprint, source);
    const { i32 } = this.segment;
    const pipe = (i32[this.at + END_PIPE] as number) >>> 0;
    this.#pipe = this.family.arena.segment(pipe);
    this.#pipeAt = pipe - this.#pipe.start + HEADER_WORDS;
    this.#side = i32[this.at + END_SIDE] as number;
    this.#mode = i32[this.at + END_MODE] as number;
    const direction = (side: number) =>
      new Direction(this.family, this.#pipe, this.#pipeAt + DIRECTIONS[side as 0 | 1]);
    this.#out = direction(this.#side);
    this.#in = direction(1 - this.#side);
    this.#receiving = this.#reading(() => {
      const frame = this.#shift(false);
      return frame === undefined ? undefined : { value: openFrame(this.family, frame) as In };
    });
  }

  get readable(): boolean {
    return (this.#mode & READABLE) !== 0;
  }

  get writable(): boolean {
    return (this.#mode & WRITABLE) !== 0;
  }

  async send(value: Out, options?: WaitOptions): Promise<void> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.#ensure("send", WRITABLE);
    const parcel = packParcel(this.family, value);
    // Not in a function of its own that is awaited: what goes at once shall cost one promise.
    if (!this.#sendNow(parcel)) await this.#sendLater(parcel, limit, options?.signal);
    else if (this.family.due()) await this.family.turn();
  }

  async sendBytes(data: ArrayBufferView | ArrayBuffer, offset?: number, size?: number): Promise<void> {
    this.#ensure("send", WRITABLE);
    const parcel = rawParcel(bytesToSend(data, offset, size));
    if (!this.#sendNow(parcel)) await this.#sendLater(parcel, Infinity, undefined);
    else if (this.family.due()) await this.family.turn();
  }

  async recv(options?: WaitOptions): Promise<In> {
    this.#ensure("receive", READABLE);
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    const box = this.#receiveNow(this.#receiving);
    if (box === undefined) return await this.#receiveLater(this.#receiving, limit, options?.signal);
    if (this.family.due()) await this.family.turn();
    return box.value;
  }

  async recvBytes(options?: WaitOptions & { maxLength?: number }): Promise<Uint8Array<ArrayBuffer>> {
    this.#ensure("receive", READABLE);
    const maxLength = longestMessage(options);
    const value = await this.#receiveRaw(copyOf, options);
    ensureLength(value, maxLength);
    return value;
  }

  async recvBytesInto(into: ArrayBufferView, offset?: number): Promise<number> {
    const room = roomIn(into, offset);
    this.#ensure("receive", READABLE);
    const received = await this.#receiveRaw((bytes) => {
      if (bytes.length > room.length) return copyOf(bytes);
      room.set(bytes);
      return bytes.length;
    });
    if (typeof received === "number") return received;
    throw tooLongFor(room, received);
  }

  async poll(options?: WaitOptions): Promise<boolean> {
    this.#ensure("poll", READABLE);
    const limit = limitOf(options, 0);
    options?.signal?.throwIfAborted();
    const arrived = this.#arrived();
    if (arrived || limit === 0) {
      if (this.family.due()) await this.family.turn();
      return arrived;
    }
    const polling = this.#reading(() => this.#arrived() ? true as const : undefined);
    return await this.#in.readers.wait(polling, limit, options?.signal) === true;
  }

  /** For wait(). */
  [waitable](): Waitable {
    this.#ensure("poll", READABLE);
    return {
      isReady: () => this.#arrived(),
      whenReady: async (signal) => void await this.poll({ timeout: Infinity, signal }),
    };
  }

  protected override onClose(): void {
    this.#in.readers.expel(this, () => this.closedError("receive from"));
    this.#out.writers.expel(this, () => this.closedError("send through"));
  }

  #ensure(doing: string, mode: number): void {
    this.ensureOpen(doing === "send" ? "send through" : doing === "poll" ? "poll" : "receive from");
    if ((this.#mode & mode) === 0) {
      throw new MisuseError(`Cannot ${doing}: this connection is ${mode === WRITABLE ? "read" : "write"}-only`);
    }
  }

  #isGone(side: number): boolean {
    return (Atomics.load(this.#pipe.i32, this.#pipeAt + PIPE_GONE) & (1 << side)) !== 0;
  }

  #arrived(): boolean {
    this.ensureOpen("receive from");
    return this.#in.ring.count > 0 || this.#isGone(1 - this.#side);
  }

  /** A wait for something to read. */
  #reading<T>(attempt: () => T | undefined): Wanted<T> {
    return {
      ready: () => this.#in.ring.count > 0 || this.isClosed || this.#isGone(1 - this.#side),
      attempt,
      blockers: () => this.#holdersOf(1 - this.#side),
      of: this,
    };
  }

  /** What `read` makes of the next bytes, which are gone when it returns. */
  async #receiveRaw<T>(read: (bytes: Uint8Array) => T, options?: WaitOptions): Promise<T> {
    const reading = this.#reading(() => {
      const frame = this.#shift(true);
      return frame === undefined ? undefined : { value: openRawFrame(this.family, frame, read) };
    });
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    const box = this.#receiveNow(reading);
    if (box === undefined) return await this.#receiveLater(reading, limit, options?.signal);
    if (this.family.due()) await this.family.turn();
    return box.value;
  }

  #receiveNow<T>(reading: Wanted<Box<T>>): Box<T> | undefined {
    const { readers } = this.#in;
    return readers.busy ? undefined : readers.attempt(reading);
  }

  async #receiveLater<T>(reading: Wanted<Box<T>>, limit: number, signal: AbortSignal | undefined): Promise<T> {
    const { readers } = this.#in, box = await readers.wait(reading, limit, signal);
    if (box === undefined) throw timedOut(readers, `Cannot receive from ${this.title}`, limit);
    return box.value;
  }

  /** Takes the frame at the front; undefined = nothing yet. */
  #shift(raw: boolean): Frame | undefined {
    this.ensureOpen("receive from");
    const { lock, ring, writers } = this.#in;
    const gone = this.#isGone(1 - this.#side);
    if (ring.count === 0 && !gone) return undefined;
    lock.isCommitted = false;
    let frame: Frame | undefined;
    try {
      lock.lock();
      try {
        if (ring.count > 0) {
          if (ring.raw !== raw) {
            throw new MisuseError(
              raw
                ? "Cannot receive bytes: the next message was sent with send(), receive it with recv()"
                : "Cannot receive: the next message was sent with sendBytes(), receive it with recvBytes()",
            );
          }
          frame = ring.shift();
          lock.commit();
        }
      } finally {
        lock.isInside = false;
        lock.unlock();
      }
      if (frame === undefined) {
        if (!gone) return undefined;
        throw new EOFError(`Cannot receive from ${this.title}: the other end is closed and everything is read`);
      }
      writers.wake(() => ring.bytes < BACK_PRESSURE);
    } catch (error) {
      // It is out of the pipe: what is left is to deliver it.
      if (!lock.isCommitted) throw error;
    }
    return frame;
  }

  /** False = it has to wait, perhaps for a stopped process, and is the caller's still. */
  #sendNow(parcel: Parcel): boolean {
    const { writers } = this.#out;
    try {
      return !writers.busy && writers.attemptFirst(this.#append, parcel) === true;
    } catch (error) {
      discardParcel(this.family, parcel);
      throw error;
    }
  }

  async #sendLater(parcel: Parcel, limit: number, signal: AbortSignal | undefined): Promise<void> {
    const { writers } = this.#out;
    let kept = parcel, sent = false;
    try {
      kept = keepParcel(parcel);
      const sending: Wanted<true> = {
        ready: () => this.isClosed || this.#out.ring.bytes < BACK_PRESSURE || this.#isGone(1 - this.#side),
        attempt: () => this.#append(kept) ? true : undefined,
        blockers: () => this.#holdersOf(1 - this.#side),
        of: this,
      };
      sent = await writers.wait(sending, limit, signal) === true;
    } finally {
      if (!sent) discardParcel(this.family, kept);
    }
    if (!sent) throw timedOut(writers, `Cannot send through ${this.title}`, limit);
  }

  readonly #append = (parcel: Parcel): boolean => {
    this.ensureOpen("send through");
    if (this.#isGone(1 - this.#side)) {
      throw new EOFError(`Cannot send through ${this.title}: the other end is closed`);
    }
    const { lock, ring, readers } = this.#out;
    lock.isCommitted = false;
    try {
      storeParcel(this.family, parcel);
      lock.lock();
      try {
        if (ring.bytes >= BACK_PRESSURE) return false;
        ring.push(parcel);
        lock.commit();
      } finally {
        lock.isInside = false;
        lock.unlock();
      }
      readers.wake(() => ring.count > 0);
    } catch (error) {
      // It is in the pipe: the caller must not take it back. Whoever wasn't woken looks at its family's next tick.
      if (!lock.isCommitted) throw error;
    }
    return true;
  };

  /** Owner ids of those who hold an end. */
  *#holdersOf(side: number): Generator<number> {
    const end = (this.#pipe.i32[this.#pipeAt + PIPE_ENDS + side] as number) >>> 0;
    for (let word = 0; word < BITMAP_WORDS; word++) {
      const bits = this.family.arena.load(end + H_HOLDERS + word);
      for (let bit = 0; bit < 32; bit++) {
        if ((bits & (1 << bit)) === 0) continue;
        const owner = this.family.agents.ownerAt(word * 32 + bit);
        if (owner !== 0) yield owner;
      }
    }
  }
}

function timedOut(waiters: WaitQueue, doing: string, limit: number): TimeoutError {
  return new TimeoutError(...waiters.whyNot(doing, `nothing happened within ${limit} ms`));
}
