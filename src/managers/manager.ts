/** Manager: a server process that holds objects for all the others. */

import { MisuseError } from "../errors/base.ts";
import { currentMethod, withMethod } from "../family/families.ts";
import { persist } from "../family/retries.ts";
import { refuseWhileLoading } from "../targets/loading.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import { ownTarget } from "../process/own_modules.ts";
import { ownerOf, Process } from "../process/process.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { clientOf, type ManagerClient } from "./client.ts";
import { SERVER } from "./protocol.ts";
import { engineOf } from "../objects/face.ts";
import { ensureOptions } from "../base/options.ts";
import { limitOf } from "../base/wait_options.ts";
import type { ElementOf, TypeCode } from "../shared/typecodes.ts";
import { type Seal, sealFor } from "./kept.ts";
import "./proxies/all.ts";
import { type DictProxy, type Entries, sealEntries } from "./proxies/dict.ts";
import type { BarrierProxy, EventProxy } from "./proxies/event.ts";
import type { ListProxy } from "./proxies/list.ts";
import { type ConditionProxy, LockEngine, type LockProxy, type SemaphoreProxy } from "./proxies/lock.ts";
import type { NamespaceProxy } from "./proxies/namespace.ts";
import type { JoinableQueueProxy, QueueProxy } from "./proxies/queue.ts";
import type { SetProxy } from "./proxies/set.ts";
import type { ValueProxy } from "./proxies/value.ts";
import type { TypeId } from "./types.ts";

/** Milliseconds that a server gets to end by itself. */
const SHUTDOWN_TIMEOUT_MS = 1000;

/**
 * A server and the means to create objects in it; Manager() makes one that runs. CPython:
 * `multiprocessing.managers.SyncManager`.
 *
 * @example
 * ```ts
 * import { SyncManager } from "@manyproc/multiprocessing";
 *
 * const manager = new SyncManager();
 * await manager.start();
 * const ages = await manager.dict({ ada: 36 });
 * console.log(await ages.get("ada")); // 36
 * await manager.shutdown();
 * ```
 */
export class SyncManager implements AsyncDisposable {
  readonly #method: StartMethod;
  #process: Process | undefined;
  #client: ManagerClient | undefined;
  #state: "initial" | "started" | "shut down" = "initial";

  /** Nothing starts yet; the server will run by the start method of this moment. */
  constructor() {
    this.#method = currentMethod();
  }

  /**
   * Starts the server. CPython: `BaseManager.start()`.
   * @throws {MisuseError} when it was started or shut down already, or while a child loads its modules
   * @throws {SpawnError} when the runtime refuses; says which flag or package is missing
   */
  async start(): Promise<void> {
    refuseWhileLoading("start a Manager");
    if (this.#state !== "initial") throw new MisuseError(`Cannot start the manager: it is ${this.#state} already`);
    this.#state = "started";
    const { requests, process } = withMethod(this.#method, () => {
      const requests = new BatchQueue();
      return {
        requests,
        process: new Process({ target: ownTarget("serveManager"), args: [requests], name: "Manager", daemon: true }),
      };
    });
    this.#process = process;
    await process.start();
    this.#client = clientOf(requests.family, requests.handle, ownerOf(process));
  }

  /**
   * A dict on the server with these entries (default: none), as a proxy that every process of the family can use. CPython:
   * `SyncManager.dict()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when an entry can't travel
   * @throws {RemoteError} when the server is gone
   */
  async dict<K = unknown, V = unknown>(init?: Iterable<readonly [K, V]>): Promise<DictProxy<K, V>>;
  /** The same with an object's own properties. */
  async dict<V>(init: Record<string, V>): Promise<DictProxy<string, V>>;
  async dict(init: Entries<unknown, unknown> = []): Promise<DictProxy> {
    return await this.#create("dict", (seal) => [sealEntries(init, seal)]) as DictProxy;
  }

  /**
   * A list with these items (default: none). CPython: `SyncManager.list()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when an item can't travel
   * @throws {RemoteError} when the server is gone
   */
  async list<T = unknown>(init: Iterable<T> = []): Promise<ListProxy<T>> {
    return await this.#create("list", (seal) => [Array.from(init, (item) => seal(item, "item"))]) as ListProxy<T>;
  }

  /**
   * A set with these members (default: none). CPython 3.14: `SyncManager.set()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when a member can't travel
   * @throws {RemoteError} when the server is gone
   */
  async set<T = unknown>(init: Iterable<T> = []): Promise<SetProxy<T>> {
    return await this.#create("set", (seal) => [Array.from(init, (member) => seal(member))]) as SetProxy<T>;
  }

  /**
   * Values by name, at first an object's own properties. CPython: `SyncManager.Namespace()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when a value can't travel
   * @throws {RemoteError} when the server is gone
   */
  async Namespace(init: Record<string, unknown> = {}): Promise<NamespaceProxy> {
    return await this.#create("Namespace", (seal) => [sealEntries(Object.entries(init), seal)]) as NamespaceProxy;
  }

  /**
   * A lock that any process may release. CPython: `SyncManager.Lock()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Lock(): Promise<LockProxy> {
    return await this.#create("Lock") as LockProxy;
  }

  /**
   * A lock that its holder may acquire again, and nobody else release. CPython: `SyncManager.RLock()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async RLock(): Promise<LockProxy> {
    return await this.#create("RLock") as LockProxy;
  }

  /**
   * A number of permits (default 1). CPython: `SyncManager.Semaphore()`.
   * @throws {RangeError} for a value below 0
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Semaphore(value = 1): Promise<SemaphoreProxy> {
    return await this.#create("Semaphore", () => [value]) as SemaphoreProxy;
  }

  /**
   * A number of permits (default 1) that are never more. CPython: `SyncManager.BoundedSemaphore()`.
   * @throws {RangeError} for a value below 0
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async BoundedSemaphore(value = 1): Promise<SemaphoreProxy> {
    return await this.#create("BoundedSemaphore", () => [value]) as SemaphoreProxy;
  }

  /**
   * A condition under that lock of this manager (default: an RLock of its own). CPython: `SyncManager.Condition()`.
   * @throws {MisuseError} for another lock, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Condition(lock?: LockProxy): Promise<ConditionProxy> {
    if (lock !== undefined && engineOf(lock, LockEngine) === undefined) {
      throw new MisuseError("Cannot create a Condition: it takes a Lock or RLock of the same manager");
    }
    return await this.#create("Condition", () => [lock]) as ConditionProxy;
  }

  /**
   * A flag, not set at first. CPython: `SyncManager.Event()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Event(): Promise<EventProxy> {
    return await this.#create("Event") as EventProxy;
  }

  /**
   * A barrier for so many parties. CPython: `SyncManager.Barrier()`.
   * @param options `timeout`: milliseconds of a wait that says nothing of its own (default: no limit)
   * @throws {RangeError} for a number of parties below 1
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Barrier(parties: number, options?: { timeout?: number }): Promise<BarrierProxy> {
    ensureOptions(options, "create a Barrier", { number: "timeout" });
    const limit = limitOf({ timeout: options?.timeout });
    return await this.#create("Barrier", () => [parties, limit]) as BarrierProxy;
  }

  /**
   * A queue of at most `maxsize` items (default 0: no limit). CPython: `SyncManager.Queue()`.
   * @throws {MisuseError} when maxsize is not an integer, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Queue<T = unknown>(maxsize = 0): Promise<QueueProxy<T>> {
    return await this.#create("Queue", () => [maxsize]) as QueueProxy<T>;
  }

  /**
   * A queue of at most `maxsize` items (default 0: no limit) that can be waited for until all are dealt with. CPython:
   * `SyncManager.JoinableQueue()`.
   * @throws {MisuseError} when maxsize is not an integer, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async JoinableQueue<T = unknown>(maxsize = 0): Promise<JoinableQueueProxy<T>> {
    return await this.#create("JoinableQueue", () => [maxsize]) as JoinableQueueProxy<T>;
  }

  /**
   * A number of that type code (default 0). CPython: `SyncManager.Value()`.
   * @throws {TypeError} for an initial value of another type
   * @throws {RangeError} for an initial value out of the type's range
   * @throws {MisuseError} for a code that isn't one, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Value<C extends TypeCode>(code: C, initial?: ElementOf<C>): Promise<ValueProxy<ElementOf<C>>> {
    return await this.#create("Value", () => [code, initial]) as ValueProxy<ElementOf<C>>;
  }

  /**
   * So many zeros, or these numbers, of that type code: a list whose length is fixed. CPython: `SyncManager.Array()`.
   * @throws {TypeError} for a value of another type
   * @throws {RangeError} for a value out of the type's range, or a length below 0
   * @throws {MisuseError} for a code that isn't one, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Array<C extends TypeCode>(
    code: C,
    sizeOrValues: number | Iterable<ElementOf<C>>,
  ): Promise<ListProxy<ElementOf<C>>> {
    const content = typeof sizeOrValues === "number" ? sizeOrValues : Array.from(sizeOrValues);
    return await this.#create("Array", () => [code, content]) as ListProxy<ElementOf<C>>;
  }

  /**
   * Ends the server; its objects are gone. One that doesn't end by itself within 1 000 ms is terminated, then killed. Idempotent.
   * CPython: `BaseManager.shutdown()`.
   */
  async shutdown(): Promise<void> {
    if (this.#state !== "started" || this.#process === undefined) return;
    this.#state = "shut down";
    const process = this.#process;
    const requests = this.#client?.requests;
    if (requests?.isClosed === false) await persist(() => requests.shutdown()); // closed: the server was found dead
    if (await process.join({ timeout: SHUTDOWN_TIMEOUT_MS }) === null) {
      process.terminate();
      if (await process.join({ timeout: SHUTDOWN_TIMEOUT_MS }) === null) process.kill();
    }
    this.#client?.close();
  }

  /** Where it listens; null: it is reached through shared memory only. CPython: `BaseManager.address`. */
  get address(): null {
    return null;
  }

  /** As shutdown(): `await using manager = await Manager()`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** A new object on the server; its proxy. */
  async #create(type: TypeId, args: (seal: Seal) => readonly unknown[] = () => []): Promise<unknown> {
    const client = this.#client;
    if (client === undefined || this.#state !== "started") {
      throw new MisuseError(
        `Cannot create a ${type}: the manager is ${this.#state === "initial" ? "not started" : "shut down"}`,
      );
    }
    return await client.call(SERVER, type, () => args(sealFor(client.requests.family)));
  }
}

/**
 * Starts a server process that holds objects; its proxies work in every process of the family. CPython:
 * `multiprocessing.Manager()`.
 *
 * The server loads this package, and nothing of the program. Values are kept as they came, so instances of classes with a codec
 * of the program's own can be stored in it; who gets one out needs the codec.
 * @throws {MisuseError} while a child loads its modules
 * @throws {SpawnError} when the runtime refuses; says which flag or package is missing
 *
 * @example
 * ```ts
 * import { Manager } from "@manyproc/multiprocessing";
 *
 * await using manager = await Manager();
 * const visits = await manager.dict<string, number>();
 * await visits.increment("ada"); // in any process that got `visits` as an argument
 * console.log(await visits.get("ada")); // 1
 * ```
 */
export async function Manager(): Promise<SyncManager> {
  const manager = new SyncManager();
  await manager.start();
  return manager;
}
