/** Addresses of listeners: which kind one is, and whether others than this machine's processes could reach it. */

import { MisuseError } from "../errors/base.ts";
import { JSON, TextEncoder } from "../base/originals.ts";
import { describe } from "../base/words.ts";

/** Where a listener is: the path of a unix socket, or a host and a TCP port. */
export type Address = string | [host: string, port: number];

/** Where a unix socket's path must fit (`sun_path`, with a zero behind it): the system would cut it off in silence. */
const LONGEST_PATH_BYTES = 107;

/** A copy of an address; MisuseError or RangeError when it is none. `doing`: "create a Listener". */
export function checkAddress(address: unknown, doing: string): Address {
  if (typeof address === "string") {
    if (address === "") throw new MisuseError(`Cannot ${doing}: the address is an empty path`);
    const bytes = new TextEncoder().encode(address).length;
    if (bytes > LONGEST_PATH_BYTES) {
      throw new RangeError(
        `Cannot ${doing}: the path of a unix socket has at most ${LONGEST_PATH_BYTES} bytes, this has ${bytes}: ${address}`,
      );
    }
    return address;
  }
  const [host, port] = Array.isArray(address) ? address as unknown[] : [];
  if (!Array.isArray(address) || address.length !== 2 || typeof host !== "string" || typeof port !== "number") {
    throw new MisuseError(
      `Cannot ${doing}: the address is ${describe(address)}; it takes the path of a unix socket, or [host, port]`,
    );
  }
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new RangeError(`Cannot ${doing}: there is no port ${port}, they go from 0 to 65535`);
  }
  return [host, port];
}

/** Whether only processes of this machine can be at the other end. */
export function isLocal(address: Address): boolean {
  if (typeof address === "string") return true;
  const host = address[0].toLowerCase();
  return host === "localhost" || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host) || host === "::1";
}

/** The IP address that a listener's host means, without asking a name server: "" is every one of this machine. */
export function ipOf(host: string): string {
  if (host === "") return "0.0.0.0";
  if (host.toLowerCase() === "localhost") return "127.0.0.1";
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(host) || host.includes(":")) return host;
  throw new MisuseError(
    `Cannot create a Listener: the host is ${
      JSON.stringify(host)
    }; it takes an IP address, "localhost", or "" for every address of this machine`,
  );
}

/** An address as errors name it. */
export function nameOf(address: Address): string {
  if (typeof address === "string") return address;
  const [host, port] = address;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
