/** The error family: every error that this package throws, each with a stable `code`. */

export { ClosedError, MisuseError, ProcessError, SpawnError, TargetError } from "./errors/base.ts";
export {
  AuthenticationError,
  BrokenBarrierError,
  BufferTooShort,
  Empty,
  EOFError,
  Full,
  RemoteError,
  SerializationError,
  TimeoutError,
  WorkerDiedError,
} from "./errors/waits.ts";
