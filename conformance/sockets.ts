/** Bare sockets for cases: peers that speak no protocol, or a broken one. */

import { connect, createServer, type Server, type Socket } from "node:net";
import type { Address } from "./remote.ts";

/** A connected socket, whose errors nobody needs to hear of. */
export function bareClient(address: Address): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = typeof address === "string" ? connect(address) : connect(address[1], address[0]);
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      socket.on("error", () => {});
      resolve(socket);
    });
  });
}

/** Resolves when the other side has ended that connection. What it sends is thrown away. */
export function cutOff(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) return resolve();
    socket.once("close", () => resolve());
    socket.resume();
  });
}

/** A server at a port of its own on this machine, and its address. */
export function bareServer(onClient: (socket: Socket) => void): Promise<{ server: Server; address: [string, number] }> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    onClient(socket);
  });
  return new Promise((resolve) => {
    server.listen(
      0,
      "127.0.0.1",
      () => resolve({ server, address: ["127.0.0.1", (server.address() as { port: number }).port] }),
    );
  });
}

/** A message as it is framed. */
export function frame(message: string | Uint8Array): Uint8Array {
  const bytes = typeof message === "string" ? new TextEncoder().encode(message) : message;
  const framed = new Uint8Array(4 + bytes.length);
  new DataView(framed.buffer).setInt32(0, bytes.length);
  framed.set(bytes, 4);
  return framed;
}
