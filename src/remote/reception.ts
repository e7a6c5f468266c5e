/** What a listener does with those who connect: a bounded number at a time, each authenticated on its own, whoever else is slow. */

import { ClosedError, MisuseError } from "../errors/base.ts";
import { TimeoutError } from "../errors/outcomes.ts";
import { limited } from "../base/limited.ts";
import { limitOf, type WaitOptions } from "../base/wait_options.ts";
import { messageOf } from "../base/words.ts";
import type { Connection } from "../channels/connection_types.ts";
import { getLogger } from "../process/logging.ts";
import { afterTime, type ByteStream, listenAt, type Listening, type Peer, socketError } from "../runtime/sockets.ts";
import { freshSocketPath, removeFreshSocket } from "../runtime/socket_files.ts";
import { type Address, checkAddress, ipOf, nameOf } from "./address.ts";
import { FramedStream } from "./framed_stream.ts";
import { challenge, isWrongKey, LONGEST_HANDSHAKE, respond } from "./handshake.ts";
import type { Terms } from "./options.ts";
import { type Serializer, serializerOf } from "./serializer.ts";
import { SocketConnection } from "./socket_connection.ts";

const CREATE = "create a Listener";
/** Milliseconds after which a peer that has not shown who it is is cut off. */
const HANDSHAKE_MS = 10_000;
/** Peers that have not shown who they are: one more, and the oldest is cut off. */
const MOST_NEWCOMERS = 256;

interface Arrival {
  readonly connection: Connection<unknown, never>;
  readonly address: Address;
}

interface Accepting {
  tell(arrival: Arrival): void;
  fail(error: unknown): void;
}

/** The engine of a Listener. */
export class Reception {
  readonly address: Address;
  lastAccepted: Address | null = null;
  readonly #terms: Terms;
  readonly #serializer: Promise<Serializer>;
  readonly #backlog: number;
  readonly #listening: Listening;
  /** Who has not shown yet who it is, the oldest first, and how to call its deadline off. */
  readonly #newcomers = new Map<Peer, () => void>();
  /** Who has, and waits for accept(). */
  readonly #ready: Arrival[] = [];
  readonly #accepting = new Set<Accepting>();
  /** Somebody with another key was there when nobody was accepting: the next accept() says so. */
  #failure: Error | undefined;
  #isClosed = false;

  /** `address` undefined: a unix socket in a fresh folder. */
  constructor(address: Address | undefined, backlog: number, terms: Terms) {
    this.#terms = terms;
    this.#serializer = serializerOf(terms.serializer);
    this.#backlog = backlog;
    let fresh: string | undefined;
    try {
      // Where temporary files are, paths may be longer than sockets can have.
      const place = address ?? checkAddress(fresh = freshSocketPath(), CREATE);
      this.#listening = listenAt(
        typeof place === "string" ? place : [ipOf(place[0]), place[1]],
        backlog,
        terms.tls,
        {
          arrived: (peer) => this.#arrived(peer),
          connected: (peer, stream) => this.#connected(peer, stream),
          left: (peer) => this.#settle(peer),
        },
      );
    } catch (error) {
      if (fresh !== undefined) removeFreshSocket(fresh);
      throw error instanceof MisuseError || error instanceof RangeError ? error : socketError(CREATE, error);
    }
    this.address = this.#listening.address;
  }

  async accept(options?: WaitOptions): Promise<Connection<unknown, never>> {
    const limit = limitOf(options);
    options?.signal?.throwIfAborted();
    if (this.#isClosed) throw this.#closed();
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    const arrival = this.#ready.shift() ?? await this.#next(options);
    if (arrival === undefined) {
      throw new TimeoutError(`Cannot accept a connection at ${nameOf(this.address)}: nobody came within ${limit} ms`);
    }
    this.lastAccepted = arrival.address;
    return arrival.connection;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#listening.close();
    if (typeof this.address === "string") removeFreshSocket(this.address);
    for (const peer of [...this.#newcomers.keys()]) this.#cut(peer);
    for (const { connection } of this.#ready.splice(0)) connection.close();
    for (const accepting of [...this.#accepting]) accepting.fail(this.#closed());
  }

  /** Whoever comes next. Only this wait keeps the process alive. */
  #next(options: WaitOptions | undefined): Promise<Arrival | undefined> {
    return limited<Arrival>((tell, fail) => {
      const accepting = { tell, fail };
      this.#accepting.add(accepting);
      this.#listening.hold();
      return () => {
        this.#accepting.delete(accepting);
        if (this.#accepting.size === 0) this.#listening.release();
      };
    }, options);
  }

  #arrived(peer: Peer): void {
    if (this.#isClosed) return peer.cut();
    const [oldest] = this.#newcomers.keys();
    if (oldest !== undefined && this.#newcomers.size >= MOST_NEWCOMERS) {
      getLogger().debug(`${nameOf(this.address)} cuts a peer off: too many have not authenticated`);
      this.#cut(oldest);
    }
    this.#newcomers.set(peer, afterTime(HANDSHAKE_MS, () => this.#cut(peer)));
  }

  #connected(peer: Peer, stream: ByteStream): void {
    if (!this.#newcomers.has(peer)) return stream.destroy(); // it was cut off just now
    const from = stream.peer === "" ? `a client of ${nameOf(this.address)}` : nameOf(stream.peer);
    const framed = new FramedStream(stream, `the connection from ${from}`, LONGEST_HANDSHAKE, false);
    this.#greet(peer, framed, stream.peer).catch((error: unknown) => {
      this.#settle(peer);
      getLogger().debug(`${nameOf(this.address)} lets a peer go: ${messageOf(error)}`);
      if (!isWrongKey(error)) return framed.destroy();
      framed.close(); // it is to read that it was refused
      this.#refused(error);
    });
  }

  async #greet(peer: Peer, framed: FramedStream, address: Address): Promise<void> {
    const { credentials } = this.#terms;
    if (credentials !== undefined) {
      await challenge(framed, credentials);
      await respond(framed, credentials);
    }
    this.#settle(peer);
    const serializer = await this.#serializer;
    framed.trust();
    if (this.#isClosed) return framed.close();
    const connection = new SocketConnection<unknown, never>(framed, serializer, credentials !== undefined);
    const arrival = { connection, address };
    const [accepting] = this.#accepting;
    if (accepting !== undefined) accepting.tell(arrival);
    else if (this.#ready.length < this.#backlog) this.#ready.push(arrival);
    else {
      getLogger().warning(`${nameOf(this.address)} turns a client away: ${this.#backlog} wait for accept()`);
      framed.close();
    }
  }

  #refused(error: Error): void {
    const [accepting] = this.#accepting;
    if (accepting !== undefined) accepting.fail(error);
    else if (!this.#isClosed) this.#failure = error;
  }

  /** The peer is no newcomer any more. */
  #settle(peer: Peer): void {
    this.#newcomers.get(peer)?.();
    this.#newcomers.delete(peer);
  }

  #cut(peer: Peer): void {
    this.#settle(peer);
    peer.cut();
  }

  #closed(): ClosedError {
    return new ClosedError(`Cannot accept a connection at ${nameOf(this.address)}: the listener is closed`);
  }
}
