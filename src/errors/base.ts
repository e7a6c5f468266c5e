/** The root of the error family, and those errors that every process may need. */

/**
 * Root of all errors of this package. CPython: `multiprocessing.ProcessError`.
 *
 * @example
 * ```ts
 * import { ProcessError, Queue } from "@manyproc/multiprocessing";
 *
 * const queue = new Queue<number>();
 * try {
 *   queue.getNowait();
 * } catch (error) {
 *   if (!(error instanceof ProcessError)) throw error;
 *   console.log(error.code); // ERR_MP_EMPTY
 * }
 * ```
 */
export class ProcessError extends Error {
  /** Stable identifier, e.g. `"ERR_MP_CLOSED"`: two copies of the package don't share classes. */
  readonly code: string;

  /** As of any Error: what to say, and its `cause`; `code` is for subclasses. */
  constructor(message?: string, options?: ErrorOptions, code = "ERR_MP_PROCESS") {
    super(message, options);
    this.code = code;
  }
}

/**
 * The caller did something that can't be right: started twice, released when free, a bad option. Its `code` is
 * "ERR_MP_MISUSE". A number out of its range is a RangeError.
 */
export class MisuseError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_MISUSE");
  }
}

/** The object was used after `close()`, `shutdown()` or `terminate()`. Its `code` is "ERR_MP_CLOSED". */
export class ClosedError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_CLOSED");
  }
}

/**
 * Another process stopped in the middle of a change that this one needs done. The message says which, and what to do. Thrown
 * by what can't wait, after about a second: calls that aren't awaited, as putNowait(), and constructors of shared objects, as
 * `new Lock()`. Nothing is changed then; do it again later. Its `code` is "ERR_MP_STALLED".
 */
export class StalledError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_STALLED");
  }
}

/**
 * The runtime refused to start a process or worker. The message says which flag or package is missing. Its `code` is
 * "ERR_MP_SPAWN".
 */
export class SpawnError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_SPAWN");
  }
}

/** The child can't find or load the target. The message says what to write instead. Its `code` is "ERR_MP_TARGET". */
export class TargetError extends ProcessError {
  /** As of any Error: what to say, and its `cause`. */
  constructor(message?: string, options?: ErrorOptions) {
    super(message, options, "ERR_MP_TARGET");
  }
}

/**
 * Gives the classes their `name`, on the prototype as with the built-in errors. Said by hand, since a bundler may rename them,
 * and not in each class, since a child would compile a function for each.
 */
export function nameErrors(classes: Readonly<Record<string, { readonly prototype: Error }>>): void {
  for (const [name, { prototype }] of Object.entries(classes)) prototype.name = name;
}

nameErrors({ ProcessError, MisuseError, ClosedError, StalledError, SpawnError, TargetError });
