/** A socket as a stream of messages: who waits for one, who waits to send one, and what becomes of them when the link is lost. */

import { ClosedError } from "../errors/base.ts";
import { EOFError, TimeoutError } from "../errors/outcomes.ts";
import { due, turn } from "../base/event_loop.ts";
import { limited } from "../base/limited.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { messageOf } from "../base/words.ts";
import type { ByteStream } from "../runtime/sockets.ts";
import { FrameReader, headerOf, LONGEST_HEADER } from "./framing.ts";

/** The longest message that is taken: no array of bytes is longer on all runtimes. */
const LONGEST_MESSAGE = 2 ** 32 - 1;
/** Bytes that lie here unread, or unsent, from which on the peer, or a sender, has to wait. One message always has room. */
const BACK_PRESSURE = 1024 * 1024;
/** Up to here the header goes in one piece with the message: two would be two packets. */
const IN_ONE_PIECE = 16 * 1024;

interface Waiter<T> {
  tell(value: T): void;
  fail(error: unknown): void;
}

interface Sender {
  /** Hands it to the socket; from then on it can't be taken back. */
  begin(): void;
  fail(error: unknown): void;
}

/** Messages to and from one peer. */
export class FramedStream {
  /** As errors name it: "the connection to 127.0.0.1:5000". */
  readonly title: string;
  readonly #stream: ByteStream;
  readonly #reader = new FrameReader();
  /** In the order in which they came. */
  readonly #receivers = new Set<Waiter<Uint8Array>>();
  readonly #watchers = new Set<Waiter<void>>();
  readonly #senders = new Set<Sender>();
  /** Senders that have begun. */
  readonly #sending = new Set<Sender>();
  /** Bytes of the longest message that may come. */
  #limit: number;
  #isTrusted = false;
  #isClosed = false;
  #isGone = false;
  /** Why it is gone, unless the peer has ended it. */
  #reason: Error | undefined;
  #isPaused = false;
  #holds: boolean;
  #isHeld = false;

  /**
   * Until `trust()`, no message may be longer than `limit` bytes, little more is read ahead, and only if `holds`, waits keep the
   * process alive.
   */
  constructor(stream: ByteStream, title: string, limit: number, holds: boolean) {
    this.title = title;
    this.#holds = holds;
    this.#stream = stream;
    this.#limit = limit;
    stream.listen({
      data: (bytes) => this.#came(bytes),
      gone: (reason) => this.#gone(reason),
    });
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** The peer has shown who it is: it may send what it wants. */
  trust(): void {
    this.#limit = LONGEST_MESSAGE;
    this.#isTrusted = true;
    this.#holds = true;
    this.#flow();
  }

  /** The next message, which may be a view of more bytes. Rejects with EOFError when there is none and never will be. */
  async receive(options?: WaitOptions): Promise<Uint8Array> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    this.ensureOpen("receive from");
    let message = this.#receivers.size > 0 ? undefined : this.#shift();
    if (message !== undefined) {
      if (due()) await turn();
      return message;
    }
    if (this.#isGone) throw this.#lost("receive from");
    message = await this.#wait(this.#receivers, options, () => this.#serve());
    if (message === undefined) throw this.#timedOut("receive from", limit);
    return message;
  }

  /** Whether receive() wouldn't wait: there is a message, or there never will be. */
  isReady(): boolean {
    this.ensureOpen("receive from");
    return this.#hasMessage() || this.#isGone;
  }

  /** Whether it is within the limit, which is 0 if nothing else is said. */
  async poll(options?: WaitOptions): Promise<boolean> {
    const limit = limitOf(options, 0);
    options?.signal?.throwIfAborted();
    if (this.isReady()) {
      if (due()) await turn();
      return true;
    }
    if (limit === 0) {
      await turn(); // what the system has may have to be read yet
      return this.isReady();
    }
    await this.#wait(this.#watchers, { timeout: limit, signal: options?.signal }, () => this.#serve());
    return this.isReady();
  }

  /** Resolves when the message is in the system's hands, or, from the moment on when it has begun, when the limit runs out. */
  async send(message: readonly Uint8Array[], options?: WaitOptions): Promise<void> {
    const limit = limitOf(options), signal = options?.signal;
    signal?.throwIfAborted();
    this.ensureOpen("send through");
    if (this.#isGone) throw this.#lost("send through");
    const parts = framed(message);
    let begun = false;
    try {
      const sent = await limited<true>((tell, fail) => {
        const sender: Sender = {
          fail,
          begin: () => {
            begun = true;
            this.#sending.add(sender);
            this.#stream.write(parts, (error) => {
              this.#sending.delete(sender);
              if (error === undefined) tell(true);
              else fail(this.#lost("send through", error));
              this.#admit();
              this.#hold();
            });
          },
        };
        if (this.#senders.size === 0 && this.#stream.unsent < BACK_PRESSURE) sender.begin();
        else this.#senders.add(sender);
        this.#hold();
        return () => {
          this.#senders.delete(sender);
          this.#hold();
        };
      }, options);
      if (sent === undefined && !begun) throw this.#timedOut("send through", limit);
    } catch (error) {
      if (begun && signal?.aborted === true && error === signal.reason) return; // it is on its way
      throw error;
    }
  }

  /** Who waits here is told so; the peer reads what was sent, and then end-of-file. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const closed = (doing: string) => new ClosedError(`Cannot ${doing} ${this.title}: it is closed`);
    for (const waiter of [...this.#receivers, ...this.#watchers]) waiter.fail(closed("receive from"));
    for (const sender of this.#senders) sender.fail(closed("send through"));
    this.#reader.clear();
    if (this.#isPaused) this.#stream.resume(); // it hears of the end no other way
    this.#stream.end();
  }

  /** Ends the link now, whatever is under way. */
  destroy(): void {
    this.#isClosed = true;
    this.#stream.destroy();
  }

  /** ClosedError after close(). */
  ensureOpen(doing: string): void {
    if (this.#isClosed) throw new ClosedError(`Cannot ${doing} ${this.title}: it is closed`);
  }

  #came(bytes: Uint8Array): void {
    if (this.#isClosed || this.#isGone) return;
    this.#reader.push(bytes);
    this.#serve();
  }

  #gone(reason: Error | undefined): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#reason = reason;
    if (this.#isClosed) return;
    for (const sender of [...this.#senders, ...this.#sending]) sender.fail(this.#lost("send through"));
    this.#sending.clear();
    this.#serve();
    this.#hold();
  }

  /** Gives what there is to those who wait. */
  #serve(): void {
    for (const receiver of this.#receivers) {
      const message = this.#shift();
      if (message !== undefined) receiver.tell(message);
      else if (this.#isGone) receiver.fail(this.#lost("receive from"));
      else break;
    }
    if (this.#watchers.size > 0 && (this.#isGone || this.#hasMessage())) {
      for (const watcher of this.#watchers) watcher.tell();
    }
    this.#flow();
  }

  #shift(): Uint8Array | undefined {
    if (!this.#hasMessage()) return undefined;
    const message = this.#reader.shift(this.#limit);
    this.#flow();
    return message;
  }

  #hasMessage(): boolean {
    try {
      return this.#reader.isReady(this.#limit);
    } catch (error) {
      // There is no way to find where the next one would begin.
      this.#reader.clear();
      this.#gone(error as Error);
      this.#stream.destroy();
      return false;
    }
  }

  /** Reads on, unless enough lies here unread. A message that has begun is read to its end: only then it can be received. */
  #flow(): void {
    if (this.#isClosed || this.#isGone) return;
    // What came with the last message of a handshake is measured by no other limit than that which holds when it is received.
    const pause = this.#isTrusted
      ? this.#reader.bytes >= BACK_PRESSURE && this.#hasMessage()
      : this.#reader.bytes >= this.#limit + LONGEST_HEADER;
    if (pause === this.#isPaused) return;
    this.#isPaused = pause;
    if (pause) this.#stream.pause();
    else this.#stream.resume();
  }

  /** Lets those begin who wait to send, as far as there is room. */
  #admit(): void {
    for (const sender of this.#senders) {
      if (this.#isGone || this.#stream.unsent >= BACK_PRESSURE) return;
      this.#senders.delete(sender);
      sender.begin();
    }
  }

  #wait<T>(waiters: Set<Waiter<T>>, options: WaitOptions | undefined, look: () => void): Promise<T | undefined> {
    return limited<T>((tell, fail) => {
      const leave = () => {
        waiters.delete(waiter);
        this.#hold();
      };
      const waiter: Waiter<T> = {
        tell(value) {
          leave();
          tell(value);
        },
        fail(error) {
          leave();
          fail(error);
        },
      };
      waiters.add(waiter);
      this.#hold();
      look();
      return leave;
    }, options);
  }

  /** The socket keeps the process alive as long as somebody waits. */
  #hold(): void {
    const held = this.#holds &&
      this.#receivers.size + this.#watchers.size + this.#senders.size + this.#sending.size > 0;
    if (held === this.#isHeld) return;
    this.#isHeld = held;
    if (held) this.#stream.hold();
    else this.#stream.release();
  }

  #timedOut(doing: string, limit: number): TimeoutError {
    return new TimeoutError(`Cannot ${doing} ${this.title}: nothing happened within ${limit} ms`);
  }

  #lost(doing: string, cause = this.#reason): EOFError {
    if (cause === undefined && this.#reader.isInside) cause = new Error("it ended in the middle of a message");
    const why = cause !== undefined
      ? `the link is lost (${messageOf(cause)})`
      : doing === "send through"
      ? "the other end is closed"
      : "the other end is closed and everything is read";
    return new EOFError(`Cannot ${doing} ${this.title}: ${why}`, cause === undefined ? undefined : { cause });
  }
}

/** A message with its header. */
function framed(message: readonly Uint8Array[]): readonly Uint8Array[] {
  const length = message.reduce((sum, part) => sum + part.length, 0);
  const header = headerOf(length);
  if (length > IN_ONE_PIECE) return [header, ...message];
  const bytes = new Uint8Array(header.length + length);
  bytes.set(header);
  let at = header.length;
  for (const part of message) {
    bytes.set(part, at);
    at += part.length;
  }
  return [bytes];
}
