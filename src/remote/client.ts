/** Client: connects to a listener. */

import { TimeoutError } from "../errors/outcomes.ts";
import { AbortController } from "../base/originals.ts";
import { withLimit } from "../base/limited.ts";
import { limitOf } from "../base/wait_options.ts";
import type { Connection } from "../channels/connection_types.ts";
import { openStream, socketError } from "../runtime/sockets.ts";
import { type Address, checkAddress, nameOf } from "./address.ts";
import { FramedStream } from "./framed_stream.ts";
import { challenge, LONGEST_HANDSHAKE, respond } from "./handshake.ts";
import { type ClientOptions, type Terms, termsOf } from "./options.ts";
import { serializerOf } from "./serializer.ts";
import { SocketConnection } from "./socket_connection.ts";

/**
 * Connects to a Listener: one of this package, or of CPython. CPython: `multiprocessing.connection.Client()`.
 *
 * Both prove to each other that they have the `authkey`, if one is given. `timeout` (milliseconds; default: no limit) is for all
 * of it; rejects with `signal.reason` when aborted.
 *
 * As through a Pipe, values are copied, and arrive in order; a lock, a queue and what else is shared can't leave its family. A
 * message that has begun to be sent can't be taken back: a `timeout` or `signal` of `send` that comes too late for that resolves.
 * Bytes are bytes: `recvBytes` also receives what `send` sent, as it was encoded. The connection keeps the process alive only
 * while a call waits. When the link is lost every pending call rejects with an EOFError that says why, and has a `cause`. That a
 * machine or a cable is gone is found out after about 20 seconds (on Deno: 11 minutes), and where something was sent that never
 * arrived, when the system gives up, after up to 15 minutes: use `timeout`.
 * @throws {AuthenticationError} when the listener has another authkey, or none
 * @throws {ProcessError} with code "ERR_MP_CONNECTION" and the system's error as `cause`, when nobody listens there, or TLS can't
 * be agreed: `error.cause.code` is "ECONNREFUSED", for instance
 * @throws {EOFError} when the listener hangs up
 * @throws {TimeoutError} when the time ran out
 * @throws {MisuseError} for an address on another machine without `tls` or `plaintext`, and options that aren't any
 * @throws {RangeError} for a port that there isn't, and a path that is too long for a unix socket
 *
 * @example
 * ```ts
 * import { Client, Listener } from "@manyproc/multiprocessing";
 *
 * const listener = new Listener({ authkey: "a secret" }); // a unix socket
 * const client = await Client<number, string>(listener.address, { authkey: "a secret", timeout: 5000 });
 * const server = await listener.accept<string, number>();
 * await client.send("how many?");
 * await server.send((await server.recv()).length);
 * console.log(await client.recv()); // 9
 * for (const one of [client, server, listener]) one.close();
 * ```
 */
export async function Client<In = unknown, Out = In>(
  address: string | readonly [host: string, port: number],
  options?: ClientOptions,
): Promise<Connection<In, Out>> {
  const place = checkAddress(address, "connect");
  const doing = `connect to ${nameOf(place)}`;
  const terms = termsOf(options, place, doing, { string: "authkey", number: "timeout" });
  const limit = limitOf(options);
  options?.signal?.throwIfAborted();
  const giveUp = new AbortController();
  try {
    const connection = await withLimit(
      connect<In, Out>(place, terms, giveUp.signal, doing),
      options,
    );
    if (connection !== undefined) return connection;
    throw new TimeoutError(`Cannot ${doing}: nothing happened within ${limit} ms`);
  } catch (error) {
    giveUp.abort(error);
    throw error;
  }
}

async function connect<In, Out>(
  address: Address,
  { credentials, tls, serializer }: Terms,
  signal: AbortSignal,
  doing: string,
): Promise<Connection<In, Out>> {
  const stream = await openStream(address, tls, signal).catch((error: unknown) => {
    throw signal.aborted ? error : socketError(doing, error);
  });
  const framed = new FramedStream(stream, `the connection to ${nameOf(address)}`, LONGEST_HANDSHAKE, true);
  try {
    if (credentials !== undefined) {
      await respond(framed, credentials, signal);
      await challenge(framed, credentials, signal);
    }
    const connection = new SocketConnection<In, Out>(framed, await serializerOf(serializer), credentials !== undefined);
    framed.trust();
    signal.throwIfAborted();
    return connection;
  } catch (error) {
    framed.destroy();
    throw error;
  }
}
