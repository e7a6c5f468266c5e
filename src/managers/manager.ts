/** SyncManager and Manager(): a server process that holds objects of many types for all the others. */

import { MisuseError } from "../errors/base.ts";
import { engineOf } from "../objects/face.ts";
import { ensureOptions } from "../base/options.ts";
import { limitOf } from "../base/wait_options.ts";
import type { ElementOf, TypeCode } from "../shared/typecodes.ts";
import { BaseManager, createIn, type ManagerOptions } from "./base_manager.ts";
import "./proxies/all.ts";
import { type DictProxy, type Entries, sealEntries } from "./proxies/dict.ts";
import type { BarrierProxy, EventProxy } from "./proxies/event.ts";
import type { ListProxy } from "./proxies/list.ts";
import { type ConditionProxy, LockEngine, type LockProxy, type SemaphoreProxy } from "./proxies/lock.ts";
import type { NamespaceProxy } from "./proxies/namespace.ts";
import type { JoinableQueueProxy, QueueProxy } from "./proxies/queue.ts";
import type { SetProxy } from "./proxies/set.ts";
import type { ValueProxy } from "./proxies/value.ts";

/**
 * A manager whose server holds the types of CPython's `SyncManager`, and those of the program's that are registered; Manager()
 * makes one that runs. CPython: `multiprocessing.managers.SyncManager`.
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
export class SyncManager extends BaseManager {
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
    return await createIn(this, "dict", (seal) => [sealEntries(init, seal)]) as DictProxy;
  }

  /**
   * A list with these items (default: none). CPython: `SyncManager.list()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when an item can't travel
   * @throws {RemoteError} when the server is gone
   */
  async list<T = unknown>(init: Iterable<T> = []): Promise<ListProxy<T>> {
    return await createIn(this, "list", (seal) => [Array.from(init, (item) => seal(item, "item"))]) as ListProxy<T>;
  }

  /**
   * A set with these members (default: none). CPython 3.14: `SyncManager.set()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when a member can't travel
   * @throws {RemoteError} when the server is gone
   */
  async set<T = unknown>(init: Iterable<T> = []): Promise<SetProxy<T>> {
    return await createIn(this, "set", (seal) => [Array.from(init, (member) => seal(member))]) as SetProxy<T>;
  }

  /**
   * Values by name, at first an object's own properties. CPython: `SyncManager.Namespace()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {SerializationError} when a value can't travel
   * @throws {RemoteError} when the server is gone
   */
  async Namespace(init: Record<string, unknown> = {}): Promise<NamespaceProxy> {
    return await createIn(this, "Namespace", (seal) => [sealEntries(Object.entries(init), seal)]) as NamespaceProxy;
  }

  /**
   * A lock that any process may release. CPython: `SyncManager.Lock()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Lock(): Promise<LockProxy> {
    return await createIn(this, "Lock") as LockProxy;
  }

  /**
   * A lock that its holder may acquire again, and nobody else release. CPython: `SyncManager.RLock()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async RLock(): Promise<LockProxy> {
    return await createIn(this, "RLock") as LockProxy;
  }

  /**
   * A number of permits (default 1). CPython: `SyncManager.Semaphore()`.
   * @throws {RangeError} for a value below 0
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Semaphore(value = 1): Promise<SemaphoreProxy> {
    return await createIn(this, "Semaphore", () => [value]) as SemaphoreProxy;
  }

  /**
   * A number of permits (default 1) that are never more. CPython: `SyncManager.BoundedSemaphore()`.
   * @throws {RangeError} for a value below 0
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async BoundedSemaphore(value = 1): Promise<SemaphoreProxy> {
    return await createIn(this, "BoundedSemaphore", () => [value]) as SemaphoreProxy;
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
    return await createIn(this, "Condition", () => [lock]) as ConditionProxy;
  }

  /**
   * A flag, not set at first. CPython: `SyncManager.Event()`.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Event(): Promise<EventProxy> {
    return await createIn(this, "Event") as EventProxy;
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
    return await createIn(this, "Barrier", () => [parties, limit]) as BarrierProxy;
  }

  /**
   * A queue of at most `maxsize` items (default 0: no limit). CPython: `SyncManager.Queue()`.
   * @throws {MisuseError} when maxsize is not an integer, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Queue<T = unknown>(maxsize = 0): Promise<QueueProxy<T>> {
    return await createIn(this, "Queue", () => [maxsize]) as QueueProxy<T>;
  }

  /**
   * A queue of at most `maxsize` items (default 0: no limit) that can be waited for until all are dealt with. CPython:
   * `SyncManager.JoinableQueue()`.
   * @throws {MisuseError} when maxsize is not an integer, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async JoinableQueue<T = unknown>(maxsize = 0): Promise<JoinableQueueProxy<T>> {
    return await createIn(this, "JoinableQueue", () => [maxsize]) as JoinableQueueProxy<T>;
  }

  /**
   * A number of that type code (default 0). CPython: `SyncManager.Value()`.
   * @throws {TypeError} for an initial value of another type
   * @throws {RangeError} for an initial value out of the type's range
   * @throws {MisuseError} for a code that isn't one, before start() or after shutdown()
   * @throws {RemoteError} when the server is gone
   */
  async Value<C extends TypeCode>(code: C, initial?: ElementOf<C>): Promise<ValueProxy<ElementOf<C>>> {
    return await createIn(this, "Value", () => [code, initial]) as ValueProxy<ElementOf<C>>;
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
    return await createIn(this, "Array", () => [code, content]) as ListProxy<ElementOf<C>>;
  }
}

/**
 * Starts a server process that holds objects; its proxies work in every process of the family. CPython:
 * `multiprocessing.Manager()`.
 *
 * The server loads this package, and of the program no more than the modules of registered types. Values are kept as they came,
 * so instances of classes with a codec of the program's own can be stored in it; who gets one out needs the codec.
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
export async function Manager(options?: ManagerOptions): Promise<SyncManager> {
  const manager = new SyncManager(options);
  await manager.start();
  return manager;
}
