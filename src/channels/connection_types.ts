/** What a connection is, whatever carries it. */

import type { WaitOptions } from "../base/wait_options.ts";

/**
 * One end of a pipe, or of a connection with another program (see Client, which says what is different there). CPython:
 * `multiprocessing.connection.Connection`.
 *
 * Iterating takes messages as they come, until end-of-file. That of a pipe travels to other processes: as an argument, or in a
 * message.
 *
 * @example
 * ```ts
 * import { Pipe } from "@manyproc/multiprocessing";
 *
 * const [receiver, sender] = Pipe<string>({ duplex: false });
 * await sender.send("one");
 * await sender.send("two");
 * sender.close();
 * for await (const message of receiver) console.log(message); // one, two
 * ```
 */
export interface Connection<In = unknown, Out = In> extends AsyncIterable<In>, Disposable {
  /**
   * Sends a copy of `value`; resolves when it is on its way and would survive this process. Waits while the reader is far
   * behind (1 MiB). Any number of processes may send through the same end at once: messages never mix. Rejects with
   * `signal.reason` when aborted: then nothing is sent. CPython: `Connection.send()`.
   * @throws {SerializationError} when the value can't travel
   * @throws {EOFError} when nobody holds the other end any more
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when this end only receives
   * @throws {ClosedError} after close()
   */
  send(value: Out, options?: WaitOptions): Promise<void>;
  /**
   * The next message. Rejects with `signal.reason` when aborted: then nothing is taken. CPython: `Connection.recv()`.
   * @throws {EOFError} when every process that held the other end closed it or died, and all is read
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {SerializationError} when the message has an instance whose codec isn't registered here; it is taken
   * @throws {MisuseError} when this end only sends, or the next message was sent by `sendBytes` (it stays)
   * @throws {ClosedError} after close()
   */
  recv(options?: WaitOptions): Promise<In>;
  /**
   * Whether `recv` would not wait: there is a message, or end-of-file. Waits up to `timeout` milliseconds (default: 0) for
   * that; rejects with `signal.reason` when aborted. CPython: `Connection.poll()`.
   * @throws {MisuseError} when this end only sends
   * @throws {ClosedError} after close()
   */
  poll(options?: WaitOptions): Promise<boolean>;
  /**
   * Sends bytes as they are; only `recvBytes` and `recvBytesInto` receive them. CPython: `Connection.send_bytes()`.
   * @param offset first byte to send; default: 0
   * @param size bytes to send; default: all from `offset` on
   * @throws {RangeError} when these aren't in `data`
   * @throws {EOFError} when nobody holds the other end any more
   * @throws {MisuseError} when this end only receives, or `data` isn't bytes
   * @throws {ClosedError} after close()
   */
  sendBytes(data: ArrayBufferView | ArrayBuffer, offset?: number, size?: number): Promise<void>;
  /**
   * The next message of bytes; `maxLength` in bytes, default: no limit. CPython: `Connection.recv_bytes()`.
   * @throws {BufferTooShort} when it is longer than `maxLength`; the message, which is taken, is in the error
   * @throws {RangeError} when `maxLength` is negative
   * @throws {EOFError} when every process that held the other end closed it or died, and all is read
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {MisuseError} when this end only sends, or the next message was sent by `send` (it stays)
   * @throws {ClosedError} after close()
   */
  recvBytes(options?: WaitOptions & { maxLength?: number }): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * The next message of bytes into `into` from byte `offset` (default: 0) on; resolves to its length in bytes. Waits for it
   * without limit. CPython: `Connection.recv_bytes_into()`.
   * @throws {BufferTooShort} when it doesn't fit; the message, which is taken, is in the error
   * @throws {RangeError} when `offset` is outside of `into`
   * @throws {EOFError} when every process that held the other end closed it or died, and all is read
   * @throws {MisuseError} when this end only sends, or the next message was sent by `send` (it stays)
   * @throws {ClosedError} after close()
   */
  recvBytesInto(into: ArrayBufferView, offset?: number): Promise<number>;
  /** Drops this process's handle of this end: where nobody holds one any more, the other end reads end-of-file. Idempotent. CPython: `close()`. */
  close(): void;
  /** True after close(). CPython: `Connection.closed`. */
  readonly closed: boolean;
  /** Whether this end receives. CPython: `Connection.readable`. */
  readonly readable: boolean;
  /** Whether this end sends. CPython: `Connection.writable`. */
  readonly writable: boolean;
}
