/** The error family, each with a stable `code`. Numbers out of their range are RangeErrors. */

export { ClosedError, MisuseError, ProcessError, SpawnError, StalledError, TargetError } from "./errors/base.ts";
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
} from "./errors/outcomes.ts";
