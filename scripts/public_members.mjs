/** The contract: which members the instances of each exported class show under a string, and which the class itself does. */

const acquirable = ["acquire", "acquireNowait", "release", "hold", "with"];
const lock = [...acquirable, "locked", "abandoned", "close"];
const semaphore = [...acquirable, "getValue", "close"];
const queue = ["put", "putNowait", "get", "getNowait", "qsize", "empty", "full", "close", "shutdown"];
const error = ["code", "name", "message", "stack", "cause"];
const baseManager = ["start", "connect", "getServer", "create", "shutdown", "address"];

/** @type {Record<string, string[]>} */
export const members = {
  Process: [
    ...["run", "start", "join", "isAlive", "terminate", "kill", "interrupt", "close", "pid", "ident", "exitcode"],
    ...["sentinel", "stdout", "stderr", "name", "daemon", "authkey"],
  ],
  Queue: queue,
  JoinableQueue: [...queue, "taskDone", "join"],
  SimpleQueue: ["put", "get", "empty", "close"],
  Connection: [
    ...["send", "recv", "poll", "sendBytes", "recvBytes", "recvBytesInto", "close", "closed", "readable", "writable"],
  ],
  Listener: ["accept", "address", "lastAccepted", "close"],
  Lock: lock,
  RLock: lock,
  Semaphore: semaphore,
  BoundedSemaphore: semaphore,
  Condition: [...acquirable, "close", "wait", "waitFor", "notify", "notifyAll"],
  Event: ["close", "set", "clear", "isSet", "wait"],
  Barrier: ["wait", "reset", "abort", "close", "parties", "nWaiting", "broken"],
  Value: ["value", "add", "exchange", "compareExchange", "lock", "close"],
  // A Value without a lock: `lock` says so.
  RawValue: ["value", "add", "exchange", "compareExchange", "lock", "close"],
  SharedArray: ["lock"],
  Array: ["lock"],
  // As an Array that was made with `lock: false`: `lock` says so.
  RawArray: ["lock"],
  SharedMemory: ["bytes", "name", "size", "close", "unlink"],
  ShareableList: ["length", "shm", "format", "at", "set", "count", "indexOf", "close"],
  BaseManager: baseManager,
  SyncManager: [
    ...[...baseManager, "dict", "list", "set", "Namespace", "Lock", "RLock", "Semaphore", "BoundedSemaphore"],
    ...["Condition", "Event", "Barrier", "Queue", "JoinableQueue", "Value", "Array"],
  ],
  Pool: [
    ...["apply", "applyAsync", "map", "mapAsync", "mapSettled", "imap", "imapSettled", "imapUnordered", "starmap"],
    ...["starmapAsync", "close", "terminate", "join", "size", "stats"],
  ],
  ProcessError: error,
  MisuseError: error,
  ClosedError: error,
  StalledError: error,
  TimeoutError: error,
  Empty: error,
  Full: error,
  EOFError: error,
  BufferTooShort: [...error, "messageBytes"],
  AuthenticationError: error,
  BrokenBarrierError: error,
  SerializationError: error,
  TargetError: error,
  SpawnError: error,
  WorkerDiedError: [...error, "pid", "exitcode"],
  RemoteError: [...error, "remoteStack"],
};

/** @type {Record<string, string[]>} */
export const statics = { BaseManager: ["register"], SyncManager: ["register"] };
