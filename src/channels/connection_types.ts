/** What a connection is, whatever carries it. */

import type { WaitOptions } from "../base/wait_options.ts";

/** One end of a pipe (or of a network connection). CPython: `multiprocessing.connection.Connection`. */
export interface Connection<In = unknown, Out = In> extends AsyncIterable<In>, Disposable {
  /**
   * Sends a copy of `value`; resolves when it is on its way and would survive this process. Waits while the reader is far
   * behind (1 MiB). Any number of processes may send through the same end at once: messages never mix.
   * @throws {SerializationError} when the value can't travel
   * @throws {EOFError} when nobody holds the other end any more
   * @throws {TimeoutError} when `timeout` milliseconds ran out
   */
  send(value: Out, options?: WaitOptions): Promise<void>;
  /**
   * The next message.
   * @throws {EOFError} when every process that held the other end closed it or died, and all is read
   * @throws {TimeoutError} when `timeout` milliseconds ran out
   */
  recv(options?: WaitOptions): Promise<In>;
  /** Whether `recv` would not wait: a message, or end-of-file. Waits up to `timeout` milliseconds; default 0. */
  poll(options?: WaitOptions): Promise<boolean>;
  /** Sends bytes as they are; only `recvBytes` and `recvBytesInto` receive them. RangeError for a bad offset or size. */
  sendBytes(data: ArrayBufferView | ArrayBuffer, offset?: number, size?: number): Promise<void>;
  /** The next message of bytes. BufferTooShort when it is longer than `maxLength` bytes (the message is in the error). */
  recvBytes(options?: WaitOptions & { maxLength?: number }): Promise<Uint8Array<ArrayBuffer>>;
  /** The next message of bytes into `into` from byte `offset` on; resolves to its length. BufferTooShort when it doesn't fit. */
  recvBytesInto(into: ArrayBufferView, offset?: number): Promise<number>;
  /** Drops this process's handle of this end: where nobody holds one any more, the other end reads end-of-file. Idempotent. */
  close(): void;
  /** True after close(). */
  readonly closed: boolean;
  /** Whether this end receives. */
  readonly readable: boolean;
  /** Whether this end sends. */
  readonly writable: boolean;
}
