/** What may come of a wait, a message or a task. */

import { nameErrors, ProcessError } from "./base.ts";

/**
 * The wait ran out. Its `name` is "TimeoutError", as the DOM's, its `code` "ERR_MP_TIMEOUT". CPython:
 * `multiprocessing.TimeoutError`.
 */
export class TimeoutError extends ProcessError {
  /** As of any Error: what to say, and its `cause`; `code` is for subclasses. */
  constructor(message?: string, options?: ErrorOptions, code = "ERR_MP_TIMEOUT") {
    super(message, options, code);
  }
}

/**
 * `Queue.get` found nothing in time, or a stopped process was in the way: then its `cause` is a StalledError. Its `code` is
 * "ERR_MP_EMPTY". CPython: `queue.Empty`.
 */
export class Empty extends TimeoutError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_EMPTY");
  }
}

/**
 * `Queue.put` found no room in time, or a stopped process was in the way: then its `cause` is a StalledError. Its `code` is
 * "ERR_MP_FULL". CPython: `queue.Full`.
 */
export class Full extends TimeoutError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_FULL");
  }
}

/**
 * The other end of a connection is gone: for a receiver, everything it sent is read. Its `code` is "ERR_MP_EOF". A `cause` is
 * there when a link to another program was lost. CPython: `EOFError`, and `BrokenPipeError` and others for the rest.
 */
export class EOFError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_EOF");
  }
}

/**
 * The message is longer than the buffer given to `recvBytesInto`, or than the `maxLength` of `recvBytes`. Its `code` is
 * "ERR_MP_BUFFER_TOO_SHORT". CPython: `multiprocessing.BufferTooShort`.
 */
export class BufferTooShort extends ProcessError {
  /** The whole message, which is consumed. */
  readonly messageBytes: Uint8Array<ArrayBuffer>;

  /** As of any Error, with the message that didn't fit. */
  constructor(message: string, messageBytes: Uint8Array<ArrayBuffer>, options?: ErrorOptions) {
    super(message, options, "ERR_MP_BUFFER_TOO_SHORT");
    this.messageBytes = messageBytes;
  }
}

/**
 * The mutual handshake of a connection failed: a Listener and a Client have different authkeys, or only one of them has one. Its
 * `code` is "ERR_MP_AUTHENTICATION". CPython: `multiprocessing.AuthenticationError`.
 */
export class AuthenticationError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_AUTHENTICATION");
  }
}

/**
 * The barrier is broken: a party timed out, died, or aborted it. Its `code` is "ERR_MP_BROKEN_BARRIER". CPython:
 * `threading.BrokenBarrierError`.
 */
export class BrokenBarrierError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_BROKEN_BARRIER");
  }
}

/**
 * A value can't travel. The message names the path in it: `args[0].cb is a function`. Its `code` is "ERR_MP_SERIALIZATION".
 * CPython: `pickle.PicklingError`.
 *
 * @example
 * ```ts
 * import { Queue, SerializationError } from "@manyproc/multiprocessing";
 *
 * const queue = new Queue();
 * try {
 *   await queue.put({ callback: () => {} });
 * } catch (error) {
 *   if (!(error instanceof SerializationError)) throw error;
 *   console.log(error.message); // … item.callback is a function
 * }
 * ```
 */
export class SerializationError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_SERIALIZATION");
  }
}

/**
 * The process that ran the task died. Its `code` is "ERR_MP_WORKER_DIED". (CPython's `multiprocessing.Pool` waits for ever
 * then; `concurrent.futures` has `BrokenProcessPool`.)
 */
export class WorkerDiedError extends ProcessError {
  /** Process id of the dead worker (of the host process for a thread). */
  readonly pid: number;
  /** Its exit code; negative = killed by that signal; null = not known. */
  readonly exitcode: number | null;

  /** As of any Error, with the worker's id and how it ended. */
  constructor(message: string, pid: number, exitcode: number | null, options?: ErrorOptions) {
    super(message, options, "ERR_MP_WORKER_DIED");
    this.pid = pid;
    this.exitcode = exitcode;
  }
}

/**
 * A manager's server could not do it: it is gone, can't read what was sent, can't send what came of it, has no such method to be
 * called, or a constructor failed there; errors of a method itself arrive as themselves. Its `code` is "ERR_MP_REMOTE". CPython:
 * `multiprocessing.managers.RemoteError`.
 */
export class RemoteError extends ProcessError {
  /** The stack on the server; "" when the server said nothing of it. */
  readonly remoteStack: string;

  /** As of any Error, with the stack on the server. */
  constructor(message: string, remoteStack = "", options?: ErrorOptions) {
    super(message, options, "ERR_MP_REMOTE");
    this.remoteStack = remoteStack;
  }
}

nameErrors({
  TimeoutError,
  EOFError,
  BufferTooShort,
  AuthenticationError,
  BrokenBarrierError,
  SerializationError,
  WorkerDiedError,
  RemoteError,
});
