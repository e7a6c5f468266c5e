/** Listener: takes connections of other programs. reception.ts does the work. */

import { MisuseError } from "../errors/base.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import type { Connection } from "../channels/connection_types.ts";
import { checkAddress } from "./address.ts";
import { type ListenerOptions, termsOf } from "./options.ts";
import { Reception } from "./reception.ts";

const CREATE = "create a Listener";
const DEFAULT_BACKLOG = 128;

/**
 * Takes connections of other programs, on this machine or others: through a unix socket, TCP, or TCP with TLS. CPython:
 * `multiprocessing.connection.Listener`, whose framing and mutual authentication these are: a CPython program with the same
 * authkey is a peer as well.
 *
 * Whoever connects is authenticated at once, whether or not accept() is waiting: 256 at a time, of which the oldest is cut off
 * for the next, and each within 10 000 ms. Nothing longer than 256 bytes is taken of them before. A peer that does something
 * else is cut off, and nobody is told.
 *
 * Only accept() keeps the process alive. On Deno it takes `--allow-net`; unix sockets `--allow-read --allow-write` too, and
 * `--allow-env` where the address is left out.
 *
 * @example
 * ```ts
 * import { Client, Listener } from "@manyproc/multiprocessing";
 *
 * const listener = new Listener({ address: ["127.0.0.1", 0], authkey: "a secret" });
 * const client = await Client<string>(listener.address, { authkey: "a secret" }); // in another program
 * const server = await listener.accept<string>();
 * await client.send("hello");
 * console.log(await server.recv()); // hello
 * for (const one of [client, server, listener]) one.close();
 * ```
 */
export class Listener implements AsyncDisposable {
  readonly #reception: Reception;

  /**
   * Binds the address and listens, at once.
   * @throws {MisuseError} for a TCP address without an authkey, one that other machines can reach without `tls` or `plaintext`,
   * and options that aren't any
   * @throws {RangeError} for a port or a backlog that there isn't, and a path that is too long for a unix socket
   * @throws {ProcessError} with code "ERR_MP_CONNECTION" and the system's error as `cause`, when it can't be bound:
   * `error.cause.code` is "EADDRINUSE", for instance
   */
  constructor(options?: ListenerOptions) {
    const address = options?.address === undefined ? undefined : checkAddress(options.address, CREATE);
    const terms = termsOf(options, address, CREATE, { string: "address" });
    if (typeof address === "object" && terms.credentials === undefined) {
      throw new MisuseError(
        `Cannot ${CREATE}: at a TCP address everybody could connect; pass an authkey ` +
          "(currentProcess().authkey is the family's)",
      );
    }
    if (terms.tls !== undefined && (terms.tls.cert === undefined || terms.tls.key === undefined)) {
      throw new MisuseError(`Cannot ${CREATE}: tls needs its cert and key`);
    }
    const backlog = options?.backlog ?? DEFAULT_BACKLOG;
    if (!Number.isInteger(backlog) || backlog < 1 || backlog > 0x7fffffff) {
      throw new RangeError(`Cannot ${CREATE}: the backlog is ${backlog}, it takes a number from 1 on`);
    }
    this.#reception = new Reception(address, backlog, terms);
  }

  /**
   * The next connection, of a peer that has the authkey. Any number of calls may wait; each gets one. Rejects with
   * `signal.reason` when aborted; then no connection is lost. CPython: `Listener.accept()`.
   * @throws {AuthenticationError} when a peer has another authkey; the listener goes on: call accept() again. One that nobody was
   * waiting for is told to the next call
   * @throws {TimeoutError} when `timeout` milliseconds (default: no limit) ran out
   * @throws {ClosedError} after close(), also when it came meanwhile
   */
  accept<In = unknown, Out = In>(options?: WaitOptions): Promise<Connection<In, Out>> {
    return this.#reception.accept(options) as unknown as Promise<Connection<In, Out>>;
  }

  /**
   * Where it listens: a path, or the host and the port that the system chose; also after close(). CPython: `Listener.address`.
   */
  get address(): string | [host: string, port: number] {
    const { address } = this.#reception;
    return typeof address === "string" ? address : [...address];
  }

  /**
   * The address of the peer that was last accepted: "" for a unix socket, null before the first. CPython:
   * `Listener.last_accepted`.
   */
  get lastAccepted(): string | [host: string, port: number] | null {
    const { lastAccepted } = this.#reception;
    return typeof lastAccepted === "object" && lastAccepted !== null ? [...lastAccepted] : lastAccepted;
  }

  /**
   * Takes no more connections; clients that wait for accept() are closed, and the file of a unix socket is removed. Connections
   * that were accepted go on. Idempotent. CPython: `Listener.close()`.
   */
  close(): void {
    this.#reception.close();
  }

  /** As close(). */
  [Symbol.asyncDispose](): Promise<void> {
    this.#reception.close();
    return Promise.resolve();
  }
}
