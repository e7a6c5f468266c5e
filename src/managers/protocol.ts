/**
 * What a manager's server and its clients say to each other. It travels in batches, because there the numbers of a message stay
 * readable when its value isn't: then that one call fails, and nothing else.
 *
 * ```
 *                  a                  b                      c           value
 * to the server    the client         HELLO                  0           the queue that takes the answers
 *                  the client         number of the call     object      a Call
 * back             number of the call FULFILLED, REJECTED    0           what came of it
 * ```
 */

/** In place of the number of a call: a client's first message. */
export const HELLO = 0;
export const FULFILLED = 0, REJECTED = 1;

/** What a client wants of an object. */
export interface Call {
  readonly method: string;
  readonly args: readonly unknown[];
}

/** The object that is the server itself: its methods create objects. */
export const SERVER = 0;
