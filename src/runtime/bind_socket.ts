/**
 * Binding a listening socket at once, as CPython does: its address is known, or its error thrown, before anything is awaited.
 * Node's own `listen()` looks hosts up first, and tells what went wrong later.
 */

import type { Server } from "node:net";
import { builtin } from "./node_builtins.ts";

/** What node:net has for `node:cluster`, which binds in one process and listens in another. */
interface NetWithHandles {
  /** A bound handle, or the negative number of an error. Not in Bun. */
  readonly _createServerHandle?: (address: string, port: number, family: 4 | 6 | -1) => Handle | number;
}

interface Handle {
  /** 0, or the negative number of an error. */
  listen(backlog: number): number;
  close(): void;
}

interface BunListen {
  listen(options: { unix: string } | { hostname: string; port: number }): { stop(): void };
}

/** Where `server` listens from now on. Throws the system's error. Its host is an IP address. */
export function bindSocket(
  server: Server,
  address: string | readonly [host: string, port: number],
  backlog: number,
): string | [host: string, port: number] {
  const net = builtin("node:net");
  const bind = (net as unknown as NetWithHandles)._createServerHandle;
  if (typeof address === "string") {
    server.listen({ path: address, backlog, exclusive: true });
    if (!isBound(server)) throw reasonOf(address, bind);
    return address;
  }
  const [host, port] = address;
  if (bind === undefined) {
    server.listen({ host, port, backlog, exclusive: true }); // Bun binds at once
    if (!isBound(server)) throw reasonOf(address, bind);
  } else {
    const handle = bind(host, port, net.isIP(host) === 6 ? 6 : 4);
    if (typeof handle === "number") throw systemError(handle, address);
    // That the port is in use is told by the first listen().
    const failure = handle.listen(backlog);
    if (failure !== 0) {
      handle.close();
      throw systemError(failure, address);
    }
    server.listen(handle, backlog);
  }
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw systemError(0, address);
  return [bound.address, bound.port];
}

/** `listening` is true even of what has failed in Bun, and `address()` is a path even then in Node. */
function isBound(server: Server): boolean {
  return server.listening && server.address() !== null;
}

/** Why it couldn't be bound, which node:net tells later: asked once more. */
function reasonOf(address: string | readonly [string, number], bind: NetWithHandles["_createServerHandle"]): Error {
  if (bind !== undefined) {
    const handle = typeof address === "string" ? bind(address, -1, -1) : bind(address[0], address[1], 4);
    if (typeof handle !== "number") handle.close();
    return systemError(typeof handle === "number" ? handle : 0, address);
  }
  const { Bun } = globalThis as unknown as { Bun: BunListen };
  try {
    Bun.listen({
      ...(typeof address === "string" ? { unix: address } : { hostname: address[0], port: address[1] }),
      ...{ socket: { data() {} } },
    }).stop();
  } catch (error) {
    return systemError(
      (error as { readonly errno?: number }).errno ?? 0,
      address,
      (error as Error & { code?: string }).code,
    );
  }
  return systemError(0, address);
}

function systemError(number: number, address: string | readonly [string, number], code?: string): Error {
  const name = code ?? (number === 0 ? "UNKNOWN" : builtin("node:util").getSystemErrorName(number));
  const where = typeof address === "string" ? address : `${address[0]}:${address[1]}`;
  return Object.assign(new Error(`listen ${name} ${where}`), { code: name, syscall: "listen" });
}
