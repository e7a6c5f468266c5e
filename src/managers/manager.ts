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
import { type DictProxy, entriesOf } from "./proxies.ts";

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
   * @throws {RemoteError} when the server is gone, or can't read an entry: it has none of the program's codecs
   */
  async dict<K = unknown, V = unknown>(init?: Iterable<readonly [K, V]>): Promise<DictProxy<K, V>>;
  /** The same with an object's own properties. */
  async dict<V>(init: Record<string, V>): Promise<DictProxy<string, V>>;
  async dict(init: Iterable<readonly [unknown, unknown]> | Record<string, unknown> = []): Promise<DictProxy> {
    const client = this.#running("create a dict");
    return await client.call(SERVER, "dict", [entriesOf(init)]) as DictProxy;
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

  #running(doing: string): ManagerClient {
    if (this.#client === undefined || this.#state !== "started") {
      throw new MisuseError(
        `Cannot ${doing}: the manager is ${this.#state === "initial" ? "not started" : "shut down"}`,
      );
    }
    return this.#client;
  }
}

/**
 * Starts a server process that holds objects; its proxies work in every process of the family. CPython:
 * `multiprocessing.Manager()`.
 *
 * The server loads this package, and nothing of the program: instances of classes with a codec of the program's own can't be
 * stored in it, a call with one rejects with RemoteError. Store what the codec makes of them.
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
