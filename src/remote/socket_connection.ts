/** A connection through a socket: the surface of every connection over a stream of messages. */

import { AuthenticationError } from "../errors/outcomes.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { type Waitable, waitable } from "../base/waitable.ts";
import { bytesToSend, copyOf, ensureLength, longestMessage, roomIn, tooLongFor } from "../channels/bytes.ts";
import type { Connection } from "../channels/connection_types.ts";
import { messagesFrom } from "../channels/messages_from.ts";
import type { FramedStream } from "./framed_stream.ts";
import { isChallenge } from "./handshake.ts";
import type { Serializer } from "./serializer.ts";

/** One end of a connection with another program. */
export class SocketConnection<In = unknown, Out = In> implements Connection<In, Out> {
  readonly #stream: FramedStream;
  readonly #serializer: Serializer;
  /** Nothing came yet, and the peer wasn't asked who it is. */
  #mayBeAsked: boolean;

  constructor(stream: FramedStream, serializer: Serializer, isAuthenticated: boolean) {
    this.#stream = stream;
    this.#serializer = serializer;
    this.#mayBeAsked = !isAuthenticated;
  }

  get closed(): boolean {
    return this.#stream.isClosed;
  }

  get readable(): boolean {
    return true;
  }

  get writable(): boolean {
    return true;
  }

  async send(value: Out, options?: WaitOptions): Promise<void> {
    options?.signal?.throwIfAborted();
    this.#stream.ensureOpen("send through");
    await this.#stream.send([this.#serializer.encode(value)], options);
  }

  async sendBytes(data: ArrayBufferView | ArrayBuffer, offset?: number, size?: number): Promise<void> {
    await this.#stream.send([bytesToSend(data, offset, size)]);
  }

  async recv(options?: WaitOptions): Promise<In> {
    const message = await this.#stream.receive(options);
    if (this.#mayBeAsked) {
      this.#mayBeAsked = false;
      if (isChallenge(message)) {
        throw new AuthenticationError(
          `Cannot receive from ${this.#stream.title}: the listener wants an authkey; pass one`,
        );
      }
    }
    return this.#serializer.decode(message) as In;
  }

  async recvBytes(options?: WaitOptions & { maxLength?: number }): Promise<Uint8Array<ArrayBuffer>> {
    const maxLength = longestMessage(options);
    const message = owned(await this.#stream.receive(options));
    ensureLength(message, maxLength);
    return message;
  }

  async recvBytesInto(into: ArrayBufferView, offset?: number): Promise<number> {
    const room = roomIn(into, offset);
    const message = await this.#stream.receive();
    if (message.length > room.length) throw tooLongFor(room, owned(message));
    room.set(message);
    return message.length;
  }

  poll(options?: WaitOptions): Promise<boolean> {
    return this.#stream.poll(options);
  }

  close(): void {
    this.#stream.close();
  }

  /** For wait(). */
  [waitable](): Waitable {
    this.#stream.ensureOpen("poll");
    return {
      isReady: () => this.#stream.isReady(),
      whenReady: async (signal) => void await this.#stream.poll({ timeout: Infinity, signal }),
    };
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<In> {
    return messagesFrom(this);
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** A message in an ArrayBuffer of its own. */
function owned(message: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer, byteLength } = message;
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength &&
    message.constructor === Uint8Array;
  return isWhole ? message as Uint8Array<ArrayBuffer> : copyOf(message);
}
