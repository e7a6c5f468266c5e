/** What wait() asks of the objects it is given. */

/** How an object tells that it is ready; nothing is taken by asking. */
export interface Waitable {
  /** ClosedError when the object is closed. */
  isReady(): boolean;
  /** Resolves when it is ready; rejects when aborted, leaving nothing behind. */
  whenReady(signal: AbortSignal): Promise<void>;
}

/** The method by which an object can be given to wait(). */
export const waitable: unique symbol = Symbol("waitable");
