/**
 * The boundary to the runtime: everything that differs between Deno, Bun and Node. `Runtime` is what every process needs,
 * `Spawner` starts children, `SystemCalls` is what the system does for start method "process"; the others are what they take
 * and give.
 */

/** How children are started: "process": an OS process; "worker": a thread. CPython's "spawn" is nearest to both. */
export type StartMethod = "process" | "worker";

/** What a child's output stream is connected to. */
export type Stdio = "inherit" | "ignore" | "pipe";

/** One runtime's adapter; `current.ts` chooses it. */
export interface Runtime {
  readonly name: "deno" | "bun" | "node";
  /** Start method that this runtime's users expect, where it can be had. */
  readonly preferredMethod: StartMethod;
  /** Throws SpawnError, as a start would, when that start method can't be had here, with what was granted so far. */
  requireMethod(method: StartMethod): void;
  /** OS process id. */
  readonly pid: number;
  /** True in a worker thread. */
  readonly isThread: boolean;
  /** True in a process that was started as a child, even if what it runs isn't a child's entry. */
  readonly isChild: boolean;
  /** URL of the program's main module, where there is one (not in a REPL or `-e`). In a child: of that child's entry. */
  readonly mainModule: string | undefined;
  /** A file's URL, as this runtime writes that of a module: which characters it encodes differs. */
  urlOfFile(path: string): string;
  /** URL of a module as a stack names it: by its path, in Bun, CommonJS and where Deno speaks of sources. */
  urlInStack(place: string): string;
  /** Parent's OS process id, as it is now. */
  parentPid(): number;
  /** Whether a thread that computes can be stopped; not on Deno (denoland/deno#35657). */
  readonly stopsThreads: boolean;
  /** Processors that this process may be run on; see cpuCount() in proc_files.ts. */
  readonly processors: number;
  /** The text of a file of the system; throws when there is none, or it may not be read. */
  readSystemFile(path: string): string;
  /** Bytes of memory that this process has resident. */
  residentBytes(): number;
  /**
   * From now on `handler` is called for SIGINT instead of what the runtime does by default, until the function returned is
   * called. It doesn't keep the process alive. In a thread: nothing, signals are the main thread's.
   */
  onInterrupt(handler: () => void): () => void;
  /** Whether the program itself handles SIGINT, and goes on; false where the runtime doesn't tell (Deno). */
  handlesInterrupt(): boolean;
  /** Does to this process what SIGINT does when nobody handles it. */
  endByInterrupt(): void;
  /** System calls of start method "process". Throws SpawnError saying what to install or which flag to give. Cached. */
  system(): SystemCalls;
  /** In a child's entry module: what the parent said at spawn. */
  receiveBoot(): Promise<Boot>;
  /** In a child: imports a module by its URL, as `import()` does, but sooner where there is a way. */
  importModule(url: string): Promise<Readonly<Record<string, unknown>>>;
  /** Ends this process or thread at once, after its output was flushed; no handler of the program can stop it. */
  exit(code: number): Promise<never>;
  /**
   * From now on `process.exit(n)`, `Deno.exit(n)` and `self.close()` in this process or thread call `handler(n)` first
   * (synchronously, to record the code), then do what they did. Only called in children.
   */
  interceptExit(handler: (code: number) => void): void;
  /** A number of this thread by which `threadRuns` knows it; 0 where nobody can tell, or needs to. */
  threadId(): number;
  /** False when that thread of this process has ended for certain. Synchronous. */
  threadRuns(id: number): boolean;
  /**
   * Moves this thread to another processor, once: it may still run on all that it may run on now. False where that can't be
   * done, or where asking for it would load what a program didn't ask for.
   */
  changeProcessor(): boolean;
  /** The code that the program has set for the end of this process or thread (`process.exitCode`, `Deno.exitCode`), else 0. */
  exitCode(): number;
  /**
   * Calls `handler` when nothing is left to do (Node's "beforeExit"). It gives whether it has begun something, which is then
   * awaited. Never called in a worker of Deno, which waits for messages without end.
   */
  onIdle(handler: () => boolean): void;
  /** Calls `handler` synchronously when the process ends by itself or by exit(), the last moment where code runs. */
  onExit(handler: () => void): void;
  /** Calls `handler` with an error that nobody caught (or a rejection nobody handled) in this child, instead of the runtime's own report. */
  onUncaught(handler: (error: unknown) => void): void;
  /** Writes to standard error, at once. */
  writeError(text: string): void;
}

/** How a runtime starts children. Apart from the rest: a child that starts none doesn't load it. */
export interface Spawner {
  /** What made this program into an executable of its own, if something did. */
  readonly compiler: string | undefined;
  /** Starts an OS process that runs `options.entry`. Throws SpawnError (also for an executable that isn't there). */
  spawnProcess(options: ProcessSpawn): ProcessHandle;
  /** Starts a worker thread that runs `options.entry`. Throws SpawnError. */
  spawnWorker(options: WorkerSpawn): WorkerHandle;
}

/** What a runtime tells of the modules that this process has loaded. Apart from the rest: a child that starts none doesn't load it. */
export interface LoadedModules {
  /** False: exportsOf() would load a module that isn't loaded. All else loads nothing, nor does it anywhere else. */
  readonly looksOnly: boolean;
  /** True where a flag that children don't get makes the runtime compile modules in another way: functions' texts differ. */
  readonly textsDiffer: boolean;
  /** Modules and what they export: every one (Bun), those of CommonJS (Node), none (Deno). */
  all(): Iterable<readonly [url: string, exports: unknown]>;
  /** URL of the script that a function is from, as it runs; undefined where the runtime doesn't tell. */
  scriptOf(fn: object): string | undefined;
  /**
   * What a module exports: its namespace, or `module.exports` of CommonJS. "not loaded": what runs of that file was loaded by
   * something else than the runtime. Undefined when it can't be told, as while the module runs.
   */
  exportsOf(url: string): { readonly exports: unknown } | "not loaded" | undefined;
  /** The text of a module's file; undefined when it can't, or mustn't, be read. */
  sourceOf(url: string): string | undefined;
  /** True when a module's file is known not to be there. */
  lacks(url: string): boolean;
  /** What a specifier that isn't relative means; undefined where that depends on who asks. */
  resolve(specifier: string): string | undefined;
}

/** System calls for start method "process": a memory file, mappings and bells. Linux first. */
export interface SystemCalls {
  /** A new nameless memory file (memfd, MFD_CLOEXEC), private to this user. */
  createMemory(): number;
  /** Sets the file's length in bytes; throws RangeError when the system refuses. */
  resizeMemory(fd: number, bytes: number): void;
  /** Maps part of the file, shared, read and write. `offset` is a multiple of 64 KiB. The range must lie inside the file. */
  map(fd: number, offset: number, length: number): ArrayBuffer;
  /** Takes back a mapping of `map`; its ArrayBuffer must not be used again. */
  unmap(buffer: ArrayBuffer): void;
  /** Gives the pages of a part of the file back to the system; they are zero when touched again. False = it can't. */
  discardMemory(fd: number, offset: number, length: number): boolean;
  /** Throws SpawnError where other processes of this user couldn't open this one's bell: they would never be heard. */
  requireReach(): void;
  /** A new bell: a pipe (O_CLOEXEC, O_NONBLOCK) and the inode that identifies it. SpawnError where others couldn't open it. */
  createBell(): Bell;
  /**
   * Write end of another process's bell; null when that process is gone or the bell is not the one meant; undefined when the
   * process is there, but the system doesn't let this one look at it.
   */
  openBell(pid: number, fd: number, inode: bigint): number | null | undefined;
  /** One byte into a bell: true = its process is alive (also when the pipe is full), false = dead (EPIPE). Synchronous. */
  ring(fd: number): boolean;
  /** Closes a descriptor. */
  close(fd: number): void;
  /** Asks for SIGKILL when the parent dies (PR_SET_PDEATHSIG); a no-op where there is none. */
  dieWithParent(): void;
  /** What a file says, of /proc too; undefined when it can't be read. */
  readText(path: string): string | undefined;
  /** Sends a signal; false = no such process. */
  kill(pid: number, signal: number): boolean;
}

/** The reading side of a process's own bell. */
export interface Bell {
  /** The descriptor that others open through /proc. */
  readonly fd: number;
  readonly inode: bigint;
  /**
   * Calls `onRing` (once for any number of bytes that wait) for each ring. Between `listen()` and `rest()` the process may
   * be kept alive by it; after `rest()` it must not be (an implementation that can read without keeping alive does nothing
   * here). A ring that comes while resting is seen at the next `listen()` at the latest.
   */
  listen(onRing: () => void): void;
  rest(): void;
  close(): void;
}

export interface ProcessSpawn {
  /** The child's entry module, a file: URL. */
  readonly entry: URL;
  /** Plain words that the child gets in `Boot.args`. */
  readonly args: readonly string[];
  /** The memory file; the child inherits it and finds its number in `Boot.memoryFd`. */
  readonly memoryFd: number;
  readonly executable?: string | undefined; // default: this runtime's own
  readonly env?: Readonly<Record<string, string | undefined>> | undefined; // added to the parent's
  readonly cwd?: string | undefined;
  readonly execArgv?: readonly string[] | undefined; // default: the parent's
  readonly stdout: Stdio;
  readonly stderr: Stdio;
}

/** How a child process ended. */
export interface ExitStatus {
  /** Exit code; null when a signal ended it. */
  readonly code: number | null;
  /** Signal number; null when it exited. */
  readonly signal: number | null;
}

export interface ProcessHandle {
  readonly pid: number;
  /** Resolves when the process has ended and is reaped; never rejects. */
  readonly exited: Promise<ExitStatus>;
  /** With "pipe". Once it was asked for, it keeps this process alive until it has ended. */
  readonly stdout: ReadableStream<Uint8Array> | null;
  readonly stderr: ReadableStream<Uint8Array> | null;
  /** Sends a signal by number; a no-op when it has ended. */
  kill(signal: number): void;
  /** It doesn't keep this process alive any more. */
  unref(): void;
}

export interface WorkerSpawn {
  readonly entry: URL;
  readonly args: readonly string[];
  /** The family's memory. */
  readonly memory: SharedArrayBuffer;
  readonly name: string;
  /** Bytes of heap (Node: resourceLimits.maxOldGenerationSizeMb; elsewhere ignored). */
  readonly maxMemory?: number | undefined;
  /** Deno: worker permissions. */
  readonly permissions?: "inherit" | "none" | Readonly<Record<string, unknown>> | undefined;
}

export interface WorkerHandle {
  /**
   * Resolves when the runtime says that the thread's code runs no more, with its code where the runtime knows it.
   * `undefined` on Deno: there is no such event, the family table is what tells, and then `gone`.
   */
  readonly exited: Promise<number | null> | undefined;
  /** On Deno, when the family table has told that the thread ends: resolves when it runs no more. */
  readonly gone?: () => Promise<unknown>;
  /** An error that the runtime itself reports for the thread (its entry can't be loaded, out of memory); never rejects. */
  readonly failed: Promise<Error>;
  /** Stops the thread: at once (`stopsBusy`), or when it next yields. */
  terminate(): void;
  /** False on Deno, where a computing thread can't be stopped (denoland/deno#35657). */
  readonly stopsBusy: boolean;
  /** It doesn't keep this process alive any more. */
  unref(): void;
}

/** What a child was told at spawn. */
export type Boot =
  | { readonly method: "process"; readonly args: readonly string[]; readonly memoryFd: number }
  | { readonly method: "worker"; readonly args: readonly string[]; readonly memory: SharedArrayBuffer };
