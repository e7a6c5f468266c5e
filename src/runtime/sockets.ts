/** Stream sockets: unix, TCP and TLS, through Node's modules on all three runtimes. They are loaded when the first one is opened. */

import type { Server, Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { ProcessError } from "../errors/base.ts";
import { messageOf } from "../base/words.ts";
import { bindSocket } from "./bind_socket.ts";
import { runtime } from "./current.ts";
import { builtin } from "./node_builtins.ts";

/** Where a socket is: the path of a unix socket, or a host and a port. */
export type SocketAddress = string | readonly [host: string, port: number];

/** What TLS takes, in PEM where it is text; as node:tls. */
export interface TlsWords {
  readonly ca?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly servername?: string | undefined;
  readonly rejectUnauthorized?: boolean | undefined;
}

/** What a stream tells whoever reads it. */
export interface StreamEvents {
  /** Bytes, which the stream doesn't use again. */
  data(bytes: Uint8Array): void;
  /** Nothing comes any more: the peer has ended, or the link is lost, with the reason if there is one. Once. */
  gone(reason: Error | undefined): void;
}

/** A connected socket. It keeps the process alive only between `hold()` and `release()`. */
export interface ByteStream {
  /** The peer's address; "" for a unix socket, whose clients have none. */
  readonly peer: string | [host: string, port: number];
  /** Bytes that are written, but not yet in the system's hands. */
  readonly unsent: number;
  /** From now on `events` are told what comes. To be called once, in the turn in which the stream was given. */
  listen(events: StreamEvents): void;
  /** Writes all of them, in order; `done` is told when the system has taken the last byte, or why it never will. */
  write(parts: readonly Uint8Array[], done: (error: Error | undefined) => void): void;
  pause(): void;
  resume(): void;
  hold(): void;
  release(): void;
  /** Ends the stream when all that is written is in the system's hands. */
  end(): void;
  /** Ends it now. */
  destroy(): void;
}

/** A bound, listening socket. */
export interface Listening {
  /** Where it listens, with the port that the system chose. */
  readonly address: string | [host: string, port: number];
  hold(): void;
  release(): void;
  /** Takes no more connections, and removes the file of a unix socket. Those that were taken go on. */
  close(): void;
}

/** Whoever has connected to a listening socket, by whatever comes of it. */
export interface Peer {
  /** Ends the connection now. */
  cut(): void;
}

/** What a listening socket tells, of each peer in this order. */
export interface ListeningEvents {
  /** It has connected; with TLS, that isn't secure yet. */
  arrived(peer: Peer): void;
  /** Its connection can be used. Not told of all: one may leave before. */
  connected(peer: Peer, stream: ByteStream): void;
  /** Its connection is closed, by whichever side. */
  left(peer: Peer): void;
}

/** What can't be had of the system: an address in use, a host that isn't there, a permission. */
export function socketError(doing: string, cause: unknown): ProcessError {
  return new ProcessError(`Cannot ${doing}: ${messageOf(cause)}`, { cause }, "ERR_MP_CONNECTION");
}

/** What carries a TLS socket. */
interface Transport {
  readStop?(): unknown;
  readStart?(): unknown;
}

/**
 * On Deno, a TLS socket that is paused goes on reading and decrypting, and keeps all of it (denoland/deno#33524 made it so): what
 * carries it must be paused. Undefined where that isn't so.
 */
function transportOf(socket: Socket): Transport | undefined {
  if (runtime.name !== "deno" || !("encrypted" in socket)) return undefined;
  return (socket as { readonly _handle?: { readonly _parent?: Transport } })._handle?._parent;
}

class NodeStream implements ByteStream {
  readonly peer: string | [host: string, port: number];
  readonly #socket: Socket;
  readonly #transport: Transport | undefined;
  #reason: Error | undefined;
  #over = false;
  #events: StreamEvents | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#transport = transportOf(socket);
    const { remoteAddress, remotePort } = socket;
    this.peer = remoteAddress === undefined || remotePort === undefined ? "" : [remoteAddress, remotePort];
    socket.setNoDelay(true);
    // A peer whose machine or cable is gone says nothing: after this long the system asks for it.
    if (this.peer !== "") socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("error", (error) => this.#reason ??= error);
    socket.once("end", () => this.#gone());
    socket.once("close", () => this.#gone());
    socket.unref();
  }

  get unsent(): number {
    return this.#socket.writableLength;
  }

  listen(events: StreamEvents): void {
    this.#events = events;
    // Not as a Buffer, whose slice() is a view.
    const data = ({ buffer, byteOffset, length }: Uint8Array) =>
      events.data(new Uint8Array(buffer, byteOffset, length));
    this.#socket.on("data", data);
    if (this.#over) events.gone(this.#reason);
  }

  write(parts: readonly Uint8Array[], done: (error: Error | undefined) => void): void {
    const last = parts.length - 1;
    if (last > 0) this.#socket.cork();
    for (const [index, part] of parts.entries()) {
      this.#socket.write(part, index === last ? (error) => done(error ?? undefined) : undefined);
    }
    if (last > 0) this.#socket.uncork();
  }

  pause(): void {
    this.#socket.pause();
    this.#transport?.readStop?.();
  }

  resume(): void {
    this.#transport?.readStart?.();
    this.#socket.resume();
  }

  hold(): void {
    this.#socket.ref();
  }

  release(): void {
    this.#socket.unref();
  }

  end(): void {
    const socket = this.#socket;
    socket.end(() => socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#events?.gone(this.#reason);
  }
}

const KEEP_ALIVE_MS = 10_000;

/** Connects. Resolves when it can be used, with TLS when the peer's certificate is found good; `signal` gives that up. */
export function openStream(
  address: SocketAddress,
  tls: TlsWords | undefined,
  signal: AbortSignal,
): Promise<ByteStream> {
  return new Promise((resolve, reject) => {
    const target = typeof address === "string" ? { path: address } : { host: address[0], port: address[1] };
    let socket: Socket;
    try {
      socket = tls === undefined
        ? builtin("node:net").connect(target)
        : builtin("node:tls").connect({ ...target, ...secureWords(tls, address) });
    } catch (error) {
      reject(error);
      return;
    }
    const onAbort = () => {
      socket.destroy();
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort);
    const settled = () => signal.removeEventListener("abort", onAbort);
    socket.once("error", (error) => {
      settled();
      reject(error);
    });
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      settled();
      resolve(new NodeStream(socket));
    });
  });
}

/** A host that is an address has no name to ask for. */
function secureWords(tls: TlsWords, address: SocketAddress): ConnectionOptions {
  const { isIP } = builtin("node:net");
  const host = typeof address === "string" ? "localhost" : address[0];
  return { ...given(tls), ...(tls.servername === undefined && isIP(host) === 0 ? { servername: host } : {}) };
}

/** Without those that are undefined: node:tls takes some of these for a value. */
function given(tls: TlsWords): TlsWords {
  return Object.fromEntries(Object.entries(tls).filter(([, value]) => value !== undefined)) as TlsWords;
}

/** Binds and listens, at once. Throws what the system says. How long a peer may take to become secure is the caller's to see to. */
export function listenAt(
  address: SocketAddress,
  backlog: number,
  tls: TlsWords | undefined,
  events: ListeningEvents,
): Listening {
  const arrived = (socket: Socket): Peer => {
    const peer = { cut: () => void socket.destroy() };
    socket.on("error", () => {});
    socket.once("close", () => events.left(peer));
    events.arrived(peer);
    return peer;
  };
  const server = tls === undefined
    ? builtin("node:net").createServer((socket) => events.connected(arrived(socket), new NodeStream(socket)))
    : secureServer(tls, arrived, events);
  server.on("error", () => {}); // of one connection: it is gone
  const bound = bindSocket(server, address, backlog);
  server.unref();
  return {
    address: bound,
    hold: () => void server.ref(),
    release: () => void server.unref(),
    close: () => void server.close(),
  };
}

function secureServer(
  tls: TlsWords,
  arrived: (socket: Socket) => Peer,
  events: ListeningEvents,
): Server {
  // What becomes secure is another socket than what has arrived: they have the port in common.
  const peers = new Map<string, Peer>();
  const keyOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  // The timer of each handshake would keep the socket, on Deno also when that has failed. Below 0 there is none.
  const words = { ...given(tls), requestCert: tls.ca !== undefined, handshakeTimeout: -1 };
  const server = builtin("node:tls").createServer(words, (socket) => {
    const peer = peers.get(keyOf(socket));
    if (peer === undefined) socket.destroy(); // it has left already
    else events.connected(peer, new NodeStream(socket));
  });
  server.on("connection", (socket: Socket) => {
    const key = keyOf(socket);
    peers.set(key, arrived(socket));
    socket.once("close", () => peers.delete(key));
  });
  server.on("tlsClientError", (_error, socket) => void socket.destroy());
  return server;
}

/** Calls `act` after so many milliseconds, unless the function returned is called before. It doesn't keep the process alive. */
export function afterTime(milliseconds: number, act: () => void): () => void {
  const timers = builtin("node:timers"); // whose timers can be without hold on Deno too
  const timer = timers.setTimeout(act, milliseconds);
  timer.unref();
  return () => timers.clearTimeout(timer);
}
