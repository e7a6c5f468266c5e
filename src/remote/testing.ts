/** For tests: two connected streams in this process, that give bytes on in a later turn. */

import { setImmediate } from "../base/originals.ts";
import type { ByteStream, StreamEvents } from "../runtime/sockets.ts";

class Half implements ByteStream {
  readonly peer = "";
  other: Half | undefined;
  /** How large the pieces are that arrive. */
  readonly #piece: number;
  #events: StreamEvents | undefined;
  #isOver = false;

  constructor(piece: number) {
    this.#piece = piece;
  }

  get unsent(): number {
    return 0;
  }

  listen(events: StreamEvents): void {
    this.#events = events;
  }

  write(parts: readonly Uint8Array[], done: (error: Error | undefined) => void): void {
    setImmediate(() => {
      if (this.#isOver) return done(new Error("it is over"));
      done(undefined);
      for (const part of parts) {
        for (let at = 0; at < part.length; at += this.#piece) {
          this.other?.take(part.slice(at, at + this.#piece));
        }
      }
    });
  }

  take(bytes: Uint8Array): void {
    this.#events?.data(bytes);
  }

  pause(): void {}
  resume(): void {}
  hold(): void {}
  release(): void {}

  end(): void {
    setImmediate(() => this.destroy());
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#events?.gone(undefined);
    this.other?.destroy();
  }
}

/** Two ends; what is written to one comes out of the other, in pieces of at most so many bytes. */
export function streamPair(piece = Infinity): [ByteStream, ByteStream] {
  const a = new Half(piece), b = new Half(piece);
  a.other = b;
  b.other = a;
  return [a, b];
}
