/** Process: a function that runs in another process or worker. */

import { JSON } from "../base/originals.ts";
import { ClosedError, MisuseError, TargetError } from "../errors/base.ts";
import type { Family } from "../family/family.ts";
import { currentMethod, familyOf } from "../family/families.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { ensureOptions } from "../base/options.ts";
import { limitOf } from "../base/wait_options.ts";
import type { Waitable } from "../base/waitable.ts";
import { waitable } from "../base/waitable.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { runtime } from "../runtime/current.ts";
import type { Offspring } from "./birth.ts";
import { bear, conceive } from "./birth.ts";
import type { Child } from "./children.ts";
import { childEnded, childStarted, livingChildren } from "./children.ts";
import { executable } from "./start_method.ts";
import { refuseWhileLoading } from "../targets/loading.ts";
import { birthOfThis } from "../family/identity.ts";
import { currentProcess } from "./current.ts";
import { writeLetter } from "./write_letter.ts";
import { getLogger } from "./logging.ts";
import type { Reference } from "../targets/reference.ts";
import { classReference, referenceTo } from "../targets/naming.ts";
import { mainModule } from "../targets/main.ts";
import type { ProcessOptions, ProcessSettings } from "./settings.ts";
import { checkSettings } from "./settings.ts";
import { keptAlive } from "../base/event_loop.ts";
import { limited } from "../base/limited.ts";

const SIGINT = 2, SIGKILL = 9, SIGTERM = 15;

let count = 0;

/** In place of a constructor's options: the object stands for the process that this code runs in. */
class Revival {
  readonly name: string;
  readonly daemon: boolean;

  constructor({ name, daemon }: { readonly name: string; readonly daemon: boolean }) {
    this.name = name;
    this.daemon = daemon;
  }
}

/** In a child: the object of a subclass, as its parent had it. Its own constructor may do what is the parent's alone. */
export function reviveProcess(
  type: unknown,
  settings: { readonly name: string; readonly daemon: boolean },
  fields: unknown,
): Process {
  if (typeof type !== "function" || !(type.prototype instanceof Process)) {
    throw new TargetError("Cannot run the target: it is exported, but not a subclass of Process here");
  }
  const revived: Process = Reflect.construct(Process, [new Revival(settings)], type);
  return Object.assign(revived, fields);
}

/** Starts a child whose start doesn't keep this process alive: for a pool, which only lives as long as somebody waits for it. */
export let startUnheld: (child: Process) => Promise<void>;

/** Owner id of a child in its family. MisuseError before the start. */
export let ownerOf: (child: Process) => number;

/**
 * A function that runs in another process or worker. CPython: `multiprocessing.Process`.
 *
 * @example
 * ```ts
 * import { isMain, Process } from "@manyproc/multiprocessing";
 *
 * export function hello(name: string) {
 *   console.log(`hello ${name}`);
 * }
 *
 * if (isMain(import.meta)) {
 *   const child = new Process({ target: hello, args: ["world"] });
 *   await child.start();
 *   console.log(await child.join()); // 0
 * }
 * ```
 */
// deno-lint-ignore no-explicit-any -- a target whose arguments aren't known
export class Process<A extends readonly unknown[] = any[]> implements AsyncDisposable {
  readonly #method: StartMethod;
  readonly #settings: ProcessSettings;
  readonly #target: Reference | null;
  /** What run() calls here. */
  readonly #fn: ((...args: never[]) => unknown) | undefined;
  readonly #args: readonly unknown[];
  /** Its number among its parent's children, after the parent's own: "1:2". */
  readonly #lineage: string;
  #name: string;
  #daemon: boolean;
  #authkey: Uint8Array;
  #offspring: Offspring | undefined;
  /** Started, while a stopped process keeps the child from being born; and the signal that it is to get then, 0 = none. */
  #isUnborn = false;
  #doom = 0;
  #sentinel: Promise<number> | undefined;
  #started: Promise<void> | undefined;
  #failure: { readonly error: unknown } | undefined;
  /** Why start() didn't begin at all. */
  #refusal: { readonly error: unknown } | undefined;
  #exitcode: number | null = null;
  /** Who waits for the end: unlike the reactions of a promise, those who give up can be taken out again. */
  readonly #waiting = new Set<(exitcode: number) => void>();
  #closed = false;
  /** True for the one object in a child that stands for the child itself. */
  readonly #isHere: boolean;

  static {
    startUnheld = (child) => child.#begin(false);
    ownerOf = (child) => {
      if (child.#offspring === undefined) throw child.#notStarted("look at");
      return child.#offspring.owner;
    };
    // Hidden properties: what wait() asks, and how console.log() shows it, is no part of the contract.
    Object.defineProperty(this.prototype, waitable, {
      value(this: Process): Waitable {
        return this.#waitable();
      },
    });
    for (const name of ["nodejs.util.inspect.custom", "Deno.customInspect"]) {
      Object.defineProperty(this.prototype, Symbol.for(name), {
        configurable: true,
        value(this: Process): string {
          return this.toString();
        },
      });
    }
  }

  /**
   * Nothing starts yet.
   * @throws {MisuseError} for a bad option, or one that means nothing with this start method
   * @throws {TargetError} when another process could never find the target: it has no name, or is a generator or a class
   */
  constructor(options: ProcessOptions<A> = {}) {
    this.#isHere = (options as unknown) instanceof Revival;
    ensureOptions(options, "create a Process", { function: "target", string: "name" });
    const { target, args = [], ...rest } = options;
    const settings = rest as ProcessSettings;
    this.#method = currentMethod();
    this.#settings = settings;
    this.#target = this.#isHere
      ? null
      : this.run !== Process.prototype.run
      ? classReference(this.constructor, "create a Process")
      : target === undefined
      ? null
      : referenceTo(target, "create a Process");
    this.#fn = typeof target === "function" ? target as (...args: never[]) => unknown : undefined;
    if (!Array.isArray(args)) throw new MisuseError("Cannot create a Process: args is not an array");
    this.#args = [...args];
    checkSettings(settings, this.#method);
    const self = currentProcess();
    this.#lineage = this.#isHere ? "" : nextLineage();
    this.#name = settings.name || `Process-${this.#lineage}`;
    this.#daemon = settings.daemon ?? self.daemon;
    this.#authkey = self.authkey;
  }

  /**
   * What the child runs: calls the target. A subclass that is exported from its module may override it; its instances' own
   * public fields travel to the child (#private ones can't), its constructor doesn't run there. CPython: `Process.run()`.
   */
  run(): unknown {
    return this.#fn?.(...this.#args as never[]);
  }

  /**
   * Starts the child; resolves once it has loaded its target. Need not be awaited: join() rejects with the same error. Rejects
   * with the reason of the option `signal` when that was aborted before. CPython: `Process.start()`.
   * @throws {SerializationError} when an argument can't travel; names its path
   * @throws {TargetError} when the child can't find or load the target; says what to write instead
   * @throws {SpawnError} when the runtime refuses, and says which flag or package is missing; or when the child ended before it
   * had loaded its target
   * @throws {MisuseError} when started twice, or while a child loads its modules
   * @throws {ClosedError} after close()
   */
  start(): Promise<void> {
    return this.#begin(true);
  }

  /** `isHeld`: the start keeps this process alive. */
  #begin(isHeld: boolean): Promise<void> {
    try {
      this.#ensureOpen("start");
      if (this.#isHere) throw new MisuseError(`Cannot start ${this.#name}: it is the process that this code runs in`);
      if (this.#started !== undefined) throw new MisuseError(`Cannot start ${this.#name}: it was started already`);
      refuseWhileLoading(`start ${this.#name}`);
    } catch (error) {
      // Who doesn't await this hears it from join().
      if (this.#started === undefined) this.#refusal = { error };
      const refused = Promise.reject(error);
      refused.catch(() => {});
      return refused;
    }
    this.#started = this.#start(isHeld);
    this.#started.catch((error: unknown) => {
      this.#failure = { error };
    });
    return this.#started;
  }

  async #start(isHeld: boolean): Promise<void> {
    const { signal } = this.#settings;
    signal?.throwIfAborted();
    const family = familyOf(this.#method);
    const settings = {
      ...this.#settings,
      executable: executable(),
      maxMemory: this.#settings.resourceLimits?.maxMemory,
    };
    const conceived = conceive(family, this.#letter(family)), child = this.#child();
    let offspring: Offspring;
    this.#isUnborn = true;
    childStarted(child);
    try {
      // Not awaited without need: who doesn't await start() has a child at once.
      const owner = typeof conceived === "number" ? conceived : await conceived;
      offspring = this.#offspring = bear(family, owner, this.#name, this.#daemon, settings);
    } catch (error) {
      childEnded(child);
      for (const tell of this.#waiting) tell(1);
      throw error;
    } finally {
      this.#isUnborn = false;
    }
    const onAbort = () => offspring.signal(SIGTERM);
    signal?.addEventListener("abort", onAbort);
    if (signal?.aborted) onAbort();
    if (this.#doom !== 0) offspring.signal(this.#doom);
    void offspring.ended.then((exitcode) => {
      this.#exitcode = exitcode;
      signal?.removeEventListener("abort", onAbort);
      childEnded(child);
      for (const tell of this.#waiting) tell(exitcode);
    });
    await (isHeld ? keptAlive(offspring.started) : offspring.started);
  }

  /** What is kept of the child that is about to be born. */
  #child(): Child {
    const sentinel = this.#sentinel = new Promise<number>((resolve) => void this.#waiting.add(resolve));
    const isUnborn = () => this.#isUnborn;
    const child: Child = {
      daemon: this.#daemon,
      isThread: this.#method === "worker",
      get isUnborn() {
        return isUnborn();
      },
      sentinel,
      terminate: () => this.#send(SIGTERM),
      kill: () => this.#send(SIGKILL),
    };
    processes.set(child, this);
    return child;
  }

  #letter(family: Family): ReturnType<typeof writeLetter> {
    const self = currentProcess();
    return writeLetter(family, {
      target: this.#target,
      name: this.#name,
      lineage: this.#lineage,
      daemon: this.#daemon,
      authkey: this.#authkey,
      mainModule: mainModule(),
      logLevel: getLogger().level,
      args: this.#args,
      fields: this.#target?.kind === "class" ? Object.fromEntries(Object.entries(this)) : {},
      parent: {
        owner: family.self,
        name: self.name,
        pid: runtime.pid,
        ident: family.identOf(family.self, runtime.pid),
      },
    });
  }

  /**
   * Waits for the end; resolves to the exit code, or to null when `timeout` milliseconds (default: no limit) ran out first (0
   * is falsy: compare with null). Repeatable. Rejects with what start() rejected with, and with `signal.reason` when aborted.
   * CPython: `Process.join()`, which gives no exit code.
   * @throws {MisuseError} before the start
   * @throws {ClosedError} after close()
   *
   * @example
   * ```ts
   * import { Process } from "@manyproc/multiprocessing";
   *
   * const child = new Process(); // without a target it ends at once
   * await child.start();
   * if (await child.join({ timeout: 10_000 }) === null) child.terminate();
   * ```
   */
  async join(options?: WaitOptions): Promise<number | null> {
    limitOf(options);
    this.#ensureOpen("join");
    if (this.#started === undefined) {
      throw this.#refusal?.error ?? this.#notStarted("join");
    }
    const exitcode = await this.#ending(options);
    if (exitcode === undefined) return null;
    // Killed by us before it had loaded its target is an end like any other.
    if (exitcode >= 0) await this.#started;
    return exitcode;
  }

  /**
   * True between start and end. CPython: `Process.is_alive()`.
   * @throws {ClosedError} after close()
   */
  isAlive(): boolean {
    this.#ensureOpen("ask");
    if (this.#isHere) return true;
    return this.#isUnborn || this.#offspring !== undefined && this.#exitcode === null;
  }

  /**
   * Ends the child with exit code -15 with either start method: by SIGTERM, or by stopping the thread where it is (a worker of
   * Deno when it next yields). Neither `finally` blocks nor exit hooks run. Nothing when it has ended already. What it held
   * goes to others. CPython: `Process.terminate()`.
   * @throws {MisuseError} before the start
   * @throws {ClosedError} after close()
   */
  terminate(): void {
    this.#signal(SIGTERM, "terminate");
  }

  /**
   * As terminate(), by SIGKILL, which no process can ignore; exit code -9. CPython: `Process.kill()`.
   * @throws {MisuseError} before the start
   * @throws {ClosedError} after close()
   */
  kill(): void {
    this.#signal(SIGKILL, "kill");
  }

  /**
   * As terminate(), by SIGINT, as Ctrl-C does; exit code -2. A process may listen for it and do something else; a worker can't.
   * CPython 3.14: `Process.interrupt()`.
   * @throws {MisuseError} before the start
   * @throws {ClosedError} after close()
   */
  interrupt(): void {
    this.#signal(SIGINT, "interrupt");
  }

  #signal(signal: number, doing: string): void {
    this.#ensureOpen(doing);
    if (this.#started === undefined) throw this.#notStarted(doing);
    this.#send(signal);
  }

  #send(signal: number): void {
    if (this.#isUnborn) this.#doom ||= signal; // it ends by the first
    else if (this.#exitcode === null) this.#offspring?.signal(signal);
  }

  /**
   * Gives up this object: what its child does, how it ended and which ids it had can't be asked any more (ClosedError); its
   * name, `daemon`, `authkey` and streams stay. Idempotent. CPython: `Process.close()`.
   * @throws {MisuseError} while the child runs
   */
  close(): void {
    if (this.#closed) return;
    if (this.#isUnborn || this.#offspring !== undefined && this.#exitcode === null) {
      throw new MisuseError(`Cannot close ${this.#name}: it is still running; join() or terminate() it first`);
    }
    this.#closed = true;
  }

  /**
   * OS process id (of the host process for a worker); null before the start. CPython: `Process.pid`.
   * @throws {ClosedError} after close()
   */
  get pid(): number | null {
    this.#ensureOpen("look at");
    return this.#isHere ? runtime.pid : this.#offspring?.pid ?? null;
  }

  /**
   * Unique in the family: "4711", or "4711:2" for a worker; null before the start. CPython: `Process.ident`.
   * @throws {ClosedError} after close()
   */
  get ident(): string | null {
    this.#ensureOpen("look at");
    return this.#isHere ? currentProcess().ident : this.#offspring?.ident ?? null;
  }

  /** For wait(): join() wouldn't wait for one that is ready. */
  #waitable(): Waitable {
    this.#ensureOpen("wait for");
    if (this.#started === undefined && this.#refusal === undefined) throw this.#notStarted("wait for");
    return {
      isReady: () => {
        this.#ensureOpen("wait for");
        return this.#exitcode !== null || this.#offspring === undefined && !this.#isUnborn;
      },
      whenReady: async (signal) => void await this.#ending({ signal }),
    };
  }

  /** The exit code, or undefined when the limit ran out first; 1 when there never was a child. */
  #ending(options?: WaitOptions): Promise<number | undefined> {
    return keptAlive(limited((tell) => {
      if (this.#exitcode !== null) tell(this.#exitcode);
      else if (this.#offspring === undefined && !this.#isUnborn) tell(1);
      else this.#waiting.add(tell);
      return () => void this.#waiting.delete(tell);
    }, options));
  }

  /**
   * null while alive; 0, or what `process.exitCode` was set to; n of exit(n); 1 after an uncaught error; 13 when the target
   * can't settle any more, for nothing is left that it could wait for; -signal. CPython: `Process.exitcode`.
   * @throws {ClosedError} after close()
   */
  get exitcode(): number | null {
    this.#ensureOpen("look at");
    return this.#exitcode;
  }

  /**
   * Resolves with the exit code, never rejects; for `Promise.race` and wait(). CPython: `Process.sentinel`.
   * @throws {MisuseError} before the start
   * @throws {ClosedError} after close()
   */
  get sentinel(): Promise<number> {
    this.#ensureOpen("wait for");
    if (this.#started === undefined && this.#offspring === undefined) throw this.#notStarted("wait for");
    return this.#sentinel ?? Promise.resolve(1);
  }

  /** With `stdout: "pipe"`: what the child writes there; null otherwise, and before the start. */
  get stdout(): ReadableStream<Uint8Array> | null {
    return this.#offspring?.output("stdout") ?? null;
  }

  /** With `stderr: "pipe"`: what the child writes there; null otherwise, and before the start. */
  get stderr(): ReadableStream<Uint8Array> | null {
    return this.#offspring?.output("stderr") ?? null;
  }

  /**
   * A label; the child gets the one of the start. CPython: `Process.name`.
   * @throws {MisuseError} when it is set to what isn't a string
   */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    if (typeof name !== "string") throw new MisuseError(`Cannot name a Process ${String(name)}: it takes a string`);
    this.#name = name;
  }

  /**
   * Whether it ends with its creator; may be changed until the start. CPython: `Process.daemon`.
   * @throws {MisuseError} when it is set after that
   */
  get daemon(): boolean {
    return this.#daemon;
  }

  set daemon(daemon: boolean) {
    if (this.#started !== undefined) {
      throw new MisuseError(`Cannot make ${this.#name} a daemon: it was started already`);
    }
    this.#daemon = Boolean(daemon);
  }

  /**
   * The key by which processes of a family know each other on connections; a child gets its creator's. CPython:
   * `Process.authkey`.
   * @throws {MisuseError} when it is set to what isn't a Uint8Array
   */
  get authkey(): Uint8Array {
    return this.#authkey;
  }

  set authkey(key: Uint8Array) {
    if (!(key instanceof Uint8Array)) throw new MisuseError("Cannot set authkey: it takes a Uint8Array");
    this.#authkey = key.slice();
  }

  /** Terminates if alive, joins, closes: `await using child = new Process(…)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    if (this.#isUnborn || this.#offspring !== undefined) {
      if (this.#exitcode === null) this.#signal(SIGTERM, "terminate");
      await keptAlive(this.sentinel);
    }
    this.#closed = true;
  }

  /** `<Process "Process-1" started 4711>`: its name and what it does. */
  toString(): string {
    const state = this.#closed
      ? "closed"
      : this.#isUnborn
      ? "started"
      : this.#offspring === undefined
      ? this.#failure === undefined ? "initial" : "failed"
      : this.#exitcode === null
      ? `started ${this.#offspring.ident}`
      : `stopped exitcode=${this.#exitcode}`;
    return `<Process ${JSON.stringify(this.#name)} ${state}${this.#daemon ? " daemon" : ""}>`;
  }

  #notStarted(doing: string): MisuseError {
    return new MisuseError(`Cannot ${doing} ${this.#name}: it was not started`);
  }

  #ensureOpen(doing: string): void {
    if (this.#closed) throw new ClosedError(`Cannot ${doing} ${this.#name}: this Process object is closed`);
  }
}

const processes = new WeakMap<Child, Process>();

/**
 * Children of this process that are alive. CPython: `multiprocessing.active_children()`.
 *
 * @example
 * ```ts
 * import { activeChildren } from "@manyproc/multiprocessing";
 *
 * for (const child of activeChildren()) child.terminate();
 * ```
 */
export function activeChildren(): Process[] {
  return livingChildren().map((child) => processes.get(child)).filter((one): one is Process => one !== undefined);
}

/** "1"; in that child "1:2", whatever it is called. */
function nextLineage(): string {
  const parent = birthOfThis()?.lineage;
  count++;
  return parent === undefined ? String(count) : `${parent}:${count}`;
}
