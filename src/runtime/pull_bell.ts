/** Reading a bell where a pending read holds the process: it is taken back a little after `rest()` (Bun, Deno). */

import { Lingering } from "../base/event_loop.ts";
import type { BellReader } from "./linux_system.ts";
import { queueMicrotask } from "../base/originals.ts";

/** How long after `rest()` a pending read is kept: longer than the pauses of a busy exchange. */
const LINGER_MS = 4;

/** One way to read a pipe. */
export interface PullSource {
  /** Waits for bytes: true = a ring, false = taken back by `cancel()`. Never called twice at a time. */
  next(): Promise<boolean>;
  /** Makes the pending `next()`, or one of the following, resolve with false. */
  cancel(): void;
  /** Whether a `next()` that was taken back may have read a ring. */
  readonly lossy: boolean;
  close(): void;
}

export function pullBellReader(source: PullSource): BellReader {
  let onRing: () => void = () => {};
  let listening = false;
  let closed = false;
  let reading = false;
  let cancelled = false;
  let hasRested = false;

  async function read(): Promise<void> {
    reading = true;
    while (await source.next()) onRing();
    const expected = cancelled;
    reading = cancelled = false;
    if (closed) return source.close();
    if (!listening || !expected) return;
    void read();
    if (source.lossy) onRing(); // a spurious ring is harmless
  }

  function cancel(): void {
    if (!reading || cancelled) return;
    cancelled = true;
    source.cancel();
  }

  const lingering = new Lingering(LINGER_MS, () => listening || closed, cancel);

  return {
    listen(handler) {
      onRing = handler;
      listening = true;
      if (reading || closed) return;
      void read();
      if (source.lossy && hasRested) queueMicrotask(() => onRing());
    },
    rest() {
      if (!listening) return;
      listening = false;
      hasRested = true;
      lingering.used();
    },
    close() {
      if (closed) return;
      closed = true;
      listening = false;
      onRing = () => {};
      if (reading) cancel();
      else source.close();
    },
  };
}
