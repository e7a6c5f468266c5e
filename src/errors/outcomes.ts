/** What may come of a wait, a message or a task. */

import { nameErrors, ProcessError } from "./base.ts";

/** The wait ran out. Its `name` is "TimeoutError", as the DOM's. CPython: `multiprocessing.TimeoutError`. */
export class TimeoutError extends ProcessError {
  constructor(message?: string, options?: ErrorOptions, code = "ERR_MP_TIMEOUT") {
    super(message, options, code);
  }
}

/** `Queue.get` found nothing in time. CPython: `queue.Empty`. */
export class Empty extends TimeoutError {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_EMPTY");
  }
}

/** `Queue.put` found no room in time. CPython: `queue.Full`. */
export class Full extends TimeoutError {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_FULL");
  }
}

/** The other end of a connection is gone and everything it sent is read. CPython: `EOFError`. */
export class EOFError extends ProcessError {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_EOF");
  }
}

/** The message is longer than the buffer given to `recvBytesInto`. CPython: `BufferTooShort`. */
export class BufferTooShort extends ProcessError {
  /** The whole message, which is consumed. */
  readonly messageBytes: Uint8Array<ArrayBuffer>;
  constructor(message: string, messageBytes: Uint8Array<ArrayBuffer>, options?: ErrorOptions) {
    super(message, options, "ERR_MP_BUFFER_TOO_SHORT");
    this.messageBytes = messageBytes;
  }
}

/** The mutual handshake of a connection failed. CPython: `AuthenticationError`. */
export class AuthenticationError extends ProcessError {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_AUTHENTICATION");
  }
}

/** The barrier is broken: a party timed out, died, or aborted it. CPython: `threading.BrokenBarrierError`. */
export class BrokenBarrierError extends ProcessError {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_BROKEN_BARRIER");
  }
}

/** A value can't travel. The message names the path in it: `args[0].cb is a function`. */
export class SerializationError extends ProcessError {
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_SERIALIZATION");
  }
}

/** The process that ran the task died. */
export class WorkerDiedError extends ProcessError {
  /** Process id of the dead worker (of the host process for a thread). */
  readonly pid: number;
  /** Its exit code; negative = killed by that signal; null = not known. */
  readonly exitcode: number | null;
  constructor(message: string, pid: number, exitcode: number | null, options?: ErrorOptions) {
    super(message, options, "ERR_MP_WORKER_DIED");
    this.pid = pid;
    this.exitcode = exitcode;
  }
}

/** A manager's server could not do it; errors of the method itself arrive as themselves. CPython: `managers.RemoteError`. */
export class RemoteError extends ProcessError {
  /** The stack on the server. */
  readonly remoteStack: string;
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
