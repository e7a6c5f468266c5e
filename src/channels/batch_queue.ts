/** A queue of batches, for servers that are told many small things: a pool's workers, a manager's server. */

import type { Wanted } from "../family/futex.ts";
import { impatiently } from "../memory/robust_lock.ts";
import type { Attachment } from "../objects/object.ts";
import { type BatchWriter, openBatch, type Received } from "../wire/batch.ts";
import { registerSharedClass } from "../wire/handles.ts";
import type { Frame, Parcel } from "../wire/ring.ts";
import { QueueEngine } from "./queue_engine.ts";

/** A queue of batches, an engine that no program sees. What is put is a writer, what is got are its entries. */
export class BatchQueue extends QueueEngine<BatchWriter | Received[]> {
  constructor(source?: Attachment) {
    super(source);
  }

  /** The entries of the oldest batch; undefined = there is none now, or a stopped process is in the way. */
  takeNow(): Received[] | undefined {
    return this.takeIfFree()?.item as Received[] | undefined;
  }

  /**
   * Puts a batch, or keeps it while a stopped process is in the way: then it follows as soon as that goes on, or `onLost` is
   * told why it can't. Whoever ends after that awaits sent() first.
   */
  send(writer: BatchWriter, onLost: (error: unknown) => void): void {
    this.putSoon(writer, onLost);
  }

  /** Batches in it, and those sent from here that a stopped process keeps out of it. */
  get unread(): number {
    return this.qsize() + this.keptCount;
  }

  /** Resolves when all batches are put. */
  sent(): Promise<void> {
    return this.allPut();
  }

  /** Throws the oldest batch away; false = there is none now, or a stopped process is in the way. */
  dropNow(): boolean {
    return impatiently(this.discard, undefined) ?? false;
  }

  /** The entries of the oldest batch. */
  take(): Promise<Received[]> {
    return this.get() as Promise<Received[]>;
  }

  /** Arrivals of batches, or of what `isReady()` sees come beside them: `wait` resolves when there is one. */
  arrivals(isReady: () => boolean): { wait(signal: AbortSignal): Promise<void> } {
    const awaited: Wanted<true> = {
      ready: () => this.isClosed || this.qsize() > 0 || isReady(),
      attempt: () => this.qsize() > 0 || isReady() ? true : undefined,
    };
    return { wait: (signal) => this.waitBeside(awaited, signal) };
  }

  /** Tells whoever waits for arrivals that something has come beside the batches. */
  announce(isDue: () => boolean): void {
    this.wakeBeside(isDue);
  }

  protected override pack(writer: BatchWriter | Received[]): Parcel {
    return (writer as BatchWriter).pack();
  }

  protected override open(frame: Frame): Received[] {
    return openBatch(this.family, frame);
  }
}

registerSharedClass("BatchQueue", BatchQueue, BatchQueue);
