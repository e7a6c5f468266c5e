/** What listeners and clients are told: how they authenticate, encrypt and encode. */

import { MisuseError } from "../errors/base.ts";
import { ensureOptions, type Meant } from "../base/options.ts";
import { TextEncoder } from "../base/originals.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { describe } from "../base/words.ts";
import type { TlsWords } from "../runtime/sockets.ts";
import { type Address, isLocal, nameOf } from "./address.ts";
import type { Credentials } from "./handshake.ts";

/**
 * TLS of a listener or a client, for TCP: certificates and keys as PEM text, in the words of node:tls.
 *
 * @example
 * ```ts
 * import { Client, Listener, type TlsOptions } from "@manyproc/multiprocessing";
 *
 * export function serve(cert: string, key: string) {
 *   return new Listener({ address: ["0.0.0.0", 6000], authkey: "a secret", tls: { cert, key } });
 * }
 *
 * export function connect(tls: TlsOptions) {
 *   return Client(["jobs.example.org", 6000], { authkey: "a secret", tls });
 * }
 * ```
 */
export interface TlsOptions {
  /**
   * Certificates of the authorities that are trusted. A listener that has it takes only clients with a certificate by one of
   * these.
   * @default those that the runtime trusts; of a listener: clients need no certificate
   */
  ca?: string | undefined;
  /** Own certificate; a listener must have one. */
  cert?: string | undefined;
  /** The private key of `cert`. */
  key?: string | undefined;
  /**
   * The name that the listener's certificate must have; clients only.
   * @default the host of the address
   */
  servername?: string | undefined;
  /**
   * False: any certificate will do. Then nobody knows who is at the other end, but for the authkey.
   * @default true
   */
  rejectUnauthorized?: boolean | undefined;
}

/** What both ends of a connection must agree about. */
export interface PeerOptions {
  /**
   * The secret that both ends must have, text as UTF-8; `currentProcess().authkey` is the family's. Each proves to the other that
   * it has it (an HMAC-SHA-256 of a random challenge); it is never sent. A listener at a TCP address must have one.
   * @default none: the ends don't authenticate
   */
  authkey?: string | Uint8Array | undefined;
  /**
   * How values become bytes. `"pickle"`: as Python's pickles, of plain data alone, so that a program of CPython can `send` and
   * `recv` them; `sendBytes` and `recvBytes` do without. Written in protocol 4, read in 2 to 5.
   *
   * | JavaScript                        | Python                        | and back                              |
   * | --------------------------------- | ----------------------------- | ------------------------------------- |
   * | null, undefined                   | None                          | null                                  |
   * | boolean                           | bool                          | boolean                               |
   * | a number that is a safe integer   | int                           | number                                |
   * | every other number, and -0        | float                         | number                                |
   * | bigint                            | int                           | number where that is exact, or bigint |
   * | string                            | str                           | string                                |
   * | Uint8Array, ArrayBuffer           | bytes (bytearray is read too) | Uint8Array                            |
   * | Array                             | list                          | Array                                 |
   * | frozen Array                      | tuple                         | frozen Array                          |
   * | plain object                      | dict whose keys are all str   | plain object                          |
   * | Map                               | dict                          | Map; an object if all keys are str    |
   * | Set                               | set (frozenset is read too)   | Set                                   |
   * | Date                              | datetime, UTC                 | Date, microseconds cut off            |
   *
   * In a dict's keys and a set's members, an Array is a tuple and a Set a frozenset; what would be a dict is refused. A datetime
   * without a time zone is read as UTC. Everything else is a SerializationError at the side that meets it, with its path, or with
   * the opcode or the name that a pickle uses: nothing that a pickle names is ever called.
   * @default this package's own form: every value that travels within a family, but for shared objects
   */
  serializer?: "pickle" | undefined;
  /**
   * HMAC-MD5 will do: for CPython up to 3.11, which knows nothing else.
   * @default false
   */
  legacyDigest?: boolean | undefined;
  /**
   * Encrypts the connection. TCP only.
   * @default none
   */
  tls?: TlsOptions | undefined;
  /**
   * Says that it is meant: a connection with another machine that isn't encrypted. Whoever is between the two reads and changes
   * what is sent, whatever the authkey.
   * @default false: such an address needs `tls`
   */
  plaintext?: boolean | undefined;
}

/** What is said to `new Listener()`. */
export interface ListenerOptions extends PeerOptions {
  /**
   * The path of a unix socket, or an IP address and a TCP port (0: the system chooses one). The host "localhost" is 127.0.0.1,
   * "" is every IPv4 address of this machine.
   * @default a unix socket in a fresh folder that only this user may enter, which goes with the listener, or when the process
   * ends, but stays when it is killed
   */
  address?: string | readonly [host: string, port: number] | undefined;
  /**
   * So many clients, connected and authenticated, may wait for accept(); more are turned away.
   * @default 128
   */
  backlog?: number | undefined;
}

/** What is said to `Client()`, and how long it may take: `timeout` in milliseconds, and `signal`. */
export interface ClientOptions extends PeerOptions, WaitOptions {}

/** The options of either, checked. */
export interface Terms {
  readonly credentials: Credentials | undefined;
  readonly tls: TlsWords | undefined;
  readonly serializer: "pickle" | undefined;
}

/** Throws MisuseError for what can't be meant, or shouldn't be without a word. `address` undefined: a fresh unix socket. */
export function termsOf(
  options: PeerOptions | undefined,
  address: Address | undefined,
  doing: string,
  meant: Meant,
): Terms {
  ensureOptions(options, doing, meant);
  if (Array.isArray(options)) throw new MisuseError(`Cannot ${doing}: the options are an array; pass { address: […] }`);
  const { authkey, tls, plaintext, serializer } = options ?? {};
  if (serializer !== undefined && serializer !== "pickle") {
    throw new MisuseError(`Cannot ${doing}: serializer is ${describe(serializer)}, it takes "pickle"`);
  }
  const legacyDigest = flag(options?.legacyDigest, "legacyDigest", doing);
  if (tls !== undefined) checkTls(tls, doing);
  const isTcp = typeof address === "object";
  if (tls !== undefined && !isTcp) throw new MisuseError(`Cannot ${doing}: tls is for TCP, not for unix sockets`);
  if (isTcp && tls === undefined && !isLocal(address) && !flag(plaintext, "plaintext", doing)) {
    throw new MisuseError(
      `Cannot ${doing}: other machines can reach ${nameOf(address)}, and nothing would be encrypted; ` +
        "pass tls, or plaintext: true if that is meant",
    );
  }
  const key = authkey === undefined ? undefined : keyOf(authkey, doing);
  return { credentials: key === undefined ? undefined : { key, legacyDigest }, tls, serializer };
}

function flag(value: unknown, name: string, doing: string): boolean {
  if (value === undefined || typeof value === "boolean") return value ?? false;
  throw new MisuseError(`Cannot ${doing}: ${name} is ${describe(value)}, it takes true or false`);
}

function keyOf(authkey: unknown, doing: string): Uint8Array {
  const key = typeof authkey === "string"
    ? new TextEncoder().encode(authkey)
    : authkey instanceof Uint8Array
    ? new Uint8Array(authkey)
    : undefined;
  if (key === undefined) throw new MisuseError(`Cannot ${doing}: authkey takes a string or a Uint8Array`);
  if (key.length === 0) throw new MisuseError(`Cannot ${doing}: authkey is empty`);
  return key;
}

/** What text each must hold; a name may be any. */
const TLS_TEXTS = { ca: "CERTIFICATE", cert: "CERTIFICATE", key: "PRIVATE KEY", servername: undefined } as const;

function checkTls(tls: TlsOptions, doing: string): void {
  if (typeof tls !== "object" || tls === null) throw new MisuseError(`Cannot ${doing}: tls takes an object`);
  for (const [name, content] of Object.entries(TLS_TEXTS)) {
    const value: unknown = tls[name as keyof typeof TLS_TEXTS];
    if (value === undefined) continue;
    if (typeof value !== "string") {
      throw new MisuseError(`Cannot ${doing}: tls.${name} is ${describe(value)}, it takes text`);
    }
    if (content !== undefined && !new RegExp(`-----BEGIN [A-Z ]*${content}-----`).test(value)) {
      throw new MisuseError(`Cannot ${doing}: tls.${name} has no ${content} in PEM`); // Deno would only say so to each peer
    }
  }
  flag(tls.rejectUnauthorized, "tls.rejectUnauthorized", doing);
}
