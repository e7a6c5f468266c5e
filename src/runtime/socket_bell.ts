/** Reading a bell through `net.Socket`: an event of the event loop that can be without hold on the process (Node). */

import type { Socket, SocketConstructorOpts } from "node:net";
import type { BellReader } from "./linux_system.ts";
import { builtin } from "./node_builtins.ts";

export function socketBellReader(fd: number, closeFd: () => void): BellReader {
  const net = builtin("node:net");
  let socket: Socket | undefined;
  let onRing: () => void = () => {};
  return {
    listen(handler) {
      onRing = handler;
      if (socket === undefined) {
        // Read into one buffer: a stream of chunks costs several times as much.
        const onread = {
          buffer: new Uint8Array(1024),
          callback() {
            onRing();
            return true;
          },
        };
        socket = new net.Socket({ fd, readable: true, writable: false, onread } as SocketConstructorOpts);
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
