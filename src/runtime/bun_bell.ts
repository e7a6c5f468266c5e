/** Reading a bell through `Bun.file(fd).stream()`, which holds the process while a read is pending. */

import type { BellReader } from "./libc.ts";

/** How long after `rest()` the pending read is kept: longer than the pauses of a busy exchange. */
const LINGER_MS = 4;

export type OpenStream = (fd: number) => ReadableStream<Uint8Array>;

export function streamBellReader(fd: number, open: OpenStream, closeFd: (fd: number) => void): BellReader {
  let onRing: () => void = () => {};
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let listening = false;
  let rests = 0; // how often rest() was called
  let lingering = false;
  let missed = false; // a cancelled stream may have taken a ring along

  async function read(from: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    try {
      while (!(await from.read()).done) onRing();
    } catch {
      // closed
    }
  }

  function linger(): void {
    lingering = true;
    const seen = rests;
    setTimeout(() => {
      lingering = false;
      if (listening || reader === undefined) return;
      if (rests !== seen) return linger();
      missed = true;
      cancel();
    }, LINGER_MS);
  }

  function cancel(): void {
    const old = reader;
    reader = undefined;
    old?.cancel().catch(() => {});
  }

  return {
    listen(handler) {
      onRing = handler;
      listening = true;
      if (reader !== undefined) return;
      reader = open(fd).getReader();
      void read(reader);
      if (missed) {
        missed = false;
        queueMicrotask(() => onRing());
      }
    },
    rest() {
      if (!listening) return;
      listening = false;
      rests++;
      if (!lingering) linger();
    },
    close() {
      listening = false;
      onRing = () => {};
      cancel();
      closeFd(fd);
    },
  };
}
