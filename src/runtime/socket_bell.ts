/** Reading a bell through `net.Socket`: an event of the event loop that can be without hold on the process (Node). */

import type { Socket } from "node:net";
import type { BellReader } from "./libc.ts";
import { builtin } from "./node_builtins.ts";

export function socketBellReader(fd: number, closeFd: () => void): BellReader {
  const net = builtin("node:net");
  let socket: Socket | undefined;
  let onRing: () => void = () => {};
  return {
    listen(handler) {
      onRing = handler;
      if (socket === undefined) {
        socket = new net.Socket({ fd, readable: true, writable: false });
        socket.on("data", () => onRing());
        socket.on("error", () => {});
      } else {
        socket.ref();
      }
    },
    rest() {
      socket?.unref();
    },
    close() {
      onRing = () => {};
      if (socket === undefined) closeFd();
      else socket.destroy();
    },
  };
}
