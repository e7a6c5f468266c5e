/** BaseManager: a server process, its life, and objects of the program's own on it. */

import { MisuseError } from "../errors/base.ts";
import { ensureOptions } from "../base/options.ts";
import { limitOf } from "../base/wait_options.ts";
import { currentMethod, withMethod } from "../family/families.ts";
import { persist } from "../family/retries.ts";
import { BatchQueue } from "../channels/batch_queue.ts";
import { ownTarget } from "../process/own_modules.ts";
import { ownerOf, Process } from "../process/process.ts";
import type { StartMethod } from "../runtime/runtime.ts";
import { refuseWhileLoading } from "../targets/loading.ts";
import { classReference, isStub, referenceTo } from "../targets/naming.ts";
import { isClass } from "../targets/plain_function.ts";
import type { Reference, Target } from "../targets/reference.ts";
import { clientOf, type ManagerClient } from "./client.ts";
import { type Seal, sealFor } from "./kept.ts";
import { isExposable, isTypeId } from "./names.ts";
import { SERVER } from "./protocol.ts";
import "./proxies/all.ts";
import type { Proxied } from "./proxies/custom.ts";
import type { Registration, Registrations } from "./registry.ts";

/** How a manager is made. */
export interface ManagerOptions {
  /**
   * Milliseconds that the server gets to end by itself, at shutdown(), before it is terminated, and as many before it is killed.
   * CPython: `shutdown_timeout`.
   * @default 1000
   */
  shutdownTimeout?: number | undefined;
}

/** What the objects of a registered type are, and what proxies of them can do. */
export interface RegisterOptions {
  /**
   * An exported class, or a target (see Target) that returns an object: one that it returns again is the same for all.
   * @default none: objects of the type are only what methods return, see methodToTypeid
   */
  // deno-lint-ignore no-explicit-any -- a class with any constructor
  callable?: Target | (abstract new (...args: any[]) => object) | undefined;
  /**
   * The methods that proxies can call.
   * @default all that the object has, but those whose names begin with `_`, and those that every object has
   */
  exposed?: readonly string[] | undefined;
  /** By method, the type of what it returns: who calls gets a proxy of that, not a copy. A type of SyncManager, or a registered one. */
  methodToTypeid?: Readonly<Record<string, string>> | undefined;
}

/** What a server does first. */
export interface ManagerStartOptions {
  /** Called in the server's process; what it throws is what start() rejects with. */
  initializer?: Target | undefined;
  /**
   * Arguments of `initializer`; copies.
   * @default []
   */
  initargs?: readonly unknown[] | undefined;
}

/** Types by name, by the prototype of the class that they were registered for. */
const registries = new WeakMap<object, Map<string, Registration>>();

/** Creates an object of one of SyncManager's types. Set by BaseManager. */
export let createIn: (
  manager: BaseManager,
  type: string,
  args?: (seal: Seal) => readonly unknown[],
) => Promise<unknown>;

/**
 * A server process for objects of the program's own; SyncManager has more types. CPython: `multiprocessing.managers.BaseManager`.
 *
 * Each call of a method runs in the server's process. Methods that await let others run meanwhile. An error that a method throws
 * arrives as itself; one of a constructor, or of the manager, is a RemoteError.
 *
 * @example
 * ```ts
 * import { BaseManager, isMain } from "@manyproc/multiprocessing";
 *
 * export class Counter {
 *   #n = 0;
 *   add(by: number): number {
 *     return this.#n += by;
 *   }
 * }
 *
 * if (isMain(import.meta)) {
 *   await using manager = new BaseManager();
 *   await manager.start();
 *   const counter = await manager.create(Counter);
 *   await counter.add(2); // in any process that got `counter` as an argument
 *   console.log(await counter.add(3)); // 5
 * }
 * ```
 */
export class BaseManager implements AsyncDisposable {
  readonly #method: StartMethod;
  readonly #shutdownTimeout: number;
  #process: Process | undefined;
  #client: ManagerClient | undefined;
  #state: "initial" | "started" | "shut down" = "initial";

  static {
    createIn = (manager, type, args = () => []) => manager.#create(`create a ${type}`, type, args);
  }

  /**
   * Registers a type for managers of this class and its subclasses that start later: `create(typeid, …)` makes an object of it, and
   * so does the method of that name which managers have from now on. CPython: `BaseManager.register()`.
   * @throws {MisuseError} for a name that managers have already, a method that can't be exposed, a type that isn't known
   * @throws {TargetError} when the server could never find the callable
   *
   * @example
   * ```ts
   * import { BaseManager, isMain, type Proxied } from "@manyproc/multiprocessing";
   *
   * export class Maths {
   *   add(a: number, b: number): number {
   *     return a + b;
   *   }
   * }
   * BaseManager.register("Maths", { callable: Maths, exposed: ["add"] });
   *
   * if (isMain(import.meta)) {
   *   await using manager = new BaseManager();
   *   await manager.start();
   *   const maths: Proxied<Maths> = await manager.create("Maths");
   *   console.log(await maths.add(4, 3)); // 7
   * }
   * ```
   */
  static register(typeid: string, options: RegisterOptions = {}): void {
    const doing = `register ${String(typeid)}`;
    ensureOptions(options, doing, { function: "callable" });
    const { callable, exposed, methodToTypeid = {} } = options, registry = registries.get(this.prototype) ?? new Map();
    if (typeof typeid !== "string" || typeid === "") throw new MisuseError(`Cannot ${doing}: its name is no text`);
    if (typeid in this.prototype && !registeredIn(this.prototype).has(typeid)) {
      throw new MisuseError(`Cannot ${doing}: managers have a member of that name`);
    }
    for (const name of [...exposed ?? [], ...Object.keys(methodToTypeid)]) {
      if (!isExposable(name)) throw new MisuseError(`Cannot ${doing}: ${String(name)} can't be exposed`);
    }
    for (const type of Object.values(methodToTypeid)) {
      if (type === typeid || isTypeId(type) || registeredIn(this.prototype).has(type)) continue;
      throw new MisuseError(`Cannot ${doing}: the type ${String(type)} isn't known; register it first`);
    }
    registry.set(typeid, {
      callable: callable === undefined ? null : callableReference(callable, doing),
      exposed: exposed === undefined ? null : [...exposed],
      methodToTypeid: { ...methodToTypeid },
    });
    registries.set(this.prototype, registry);
    const create = function (this: BaseManager, ...args: unknown[]): Promise<unknown> {
      return this.create(typeid, ...args);
    };
    Object.defineProperty(this.prototype, typeid, { value: create, configurable: true, writable: true });
  }

  /**
   * Nothing starts yet; the server will run by the start method of this moment.
   * @throws {MisuseError} for options that are none
   */
  constructor(options?: ManagerOptions) {
    ensureOptions(options, "create a manager", { number: "shutdownTimeout" });
    this.#shutdownTimeout = limitOf({ timeout: options?.shutdownTimeout }, 1000);
    this.#method = currentMethod();
  }

  /**
   * Starts the server. CPython: `BaseManager.start()`.
   * @throws {MisuseError} when it was started or shut down already, or while a child loads its modules
   * @throws {SpawnError} when the runtime refuses; says which flag or package is missing
   * @throws {TargetError} when the server can't find the initializer
   */
  async start(options?: ManagerStartOptions): Promise<void> {
    const doing = "start a manager";
    ensureOptions(options, doing, { function: "initializer" });
    refuseWhileLoading("start a Manager");
    if (this.#state !== "initial") throw new MisuseError(`Cannot start the manager: it is ${this.#state} already`);
    const { initializer, initargs = [] } = options ?? {};
    const reference = initializer === undefined ? null : referenceTo(initializer, `${doing} with this initializer`);
    const registered = Object.fromEntries(registeredIn(this)) as Registrations;
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
    const client = this.#client = clientOf(requests.family, requests.handle, ownerOf(process));
    if (reference === null && Object.keys(registered).length === 0) return;
    const seal = sealFor(requests.family);
    try {
      await client.call(
        SERVER,
        "initialize",
        () => [registered, reference, initargs.map((arg) => seal(arg, "initargs"))],
      );
    } catch (error) {
      await this.shutdown();
      throw error;
    }
  }

  /**
   * An object of that exported class, made on the server; its proxy. CPython has none: there a type is registered.
   * @throws {MisuseError} before start() or after shutdown()
   * @throws {TargetError} when the server can't find the class
   * @throws {SerializationError} when an argument can't travel
   * @throws {RemoteError} when the constructor throws, or the server is gone
   */
  // deno-lint-ignore no-explicit-any -- a class with any constructor
  create<K extends new (...args: any[]) => object>(
    type: K,
    ...args: ConstructorParameters<K>
  ): Promise<Proxied<InstanceType<K>>>;
  /**
   * The same of a registered type. CPython: the method of its name.
   * @throws {MisuseError} when it wasn't registered before start()
   */
  create<T = unknown>(typeid: string, ...args: unknown[]): Promise<Proxied<T>>;
  async create(type: string | (new () => object), ...args: unknown[]): Promise<unknown> {
    const name = typeof type === "string" ? type : type?.name, doing = `create a ${String(name)}`;
    const what = typeof type === "string" ? type : callableReference(type, doing); // at once: it asks the stack
    const method = typeof what === "string" ? "createRegistered" : "create";
    return await this.#create(doing, method, (seal) => [what, args.map((arg, i) => seal(arg, `args[${i}]`))]);
  }

  /**
   * Ends the server; its objects are gone. One that doesn't end by itself within `shutdownTimeout` is terminated, then killed.
   * Idempotent. CPython: `BaseManager.shutdown()`.
   */
  async shutdown(): Promise<void> {
    if (this.#state !== "started" || this.#process === undefined) return;
    this.#state = "shut down";
    const process = this.#process, timeout = this.#shutdownTimeout, requests = this.#client?.requests;
    if (requests?.isClosed === false) await persist(() => requests.shutdown()); // closed: the server was found dead
    if (await process.join({ timeout }) === null) {
      process.terminate();
      if (await process.join({ timeout }) === null) process.kill();
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
  async #create(doing: string, method: string, args: (seal: Seal) => readonly unknown[]): Promise<unknown> {
    const client = this.#client;
    if (client === undefined || this.#state !== "started") {
      throw new MisuseError(
        `Cannot ${doing}: the manager is ${this.#state === "initial" ? "not started" : "shut down"}`,
      );
    }
    return await client.call(SERVER, method, () => args(sealFor(client.requests.family)));
  }
}

/** All types that are registered for a manager or a prototype of managers: of its class, and of those that this extends. */
function registeredIn(object: object): Map<string, Registration> {
  const all = new Map<string, Registration>();
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at)) {
    for (const [typeid, registration] of registries.get(at) ?? []) {
      if (!all.has(typeid)) all.set(typeid, registration);
    }
  }
  return all;
}

/** How the server finds a class, or a function that gives an object. */
function callableReference(callable: unknown, doing: string): Reference {
  if (callable instanceof URL || (typeof callable === "function" && isStub(callable))) {
    return { ...referenceTo(callable, doing), kind: "class" }; // which it may be
  }
  return typeof callable === "function" && isClass(callable)
    ? classReference(callable, doing)
    : referenceTo(callable, doing);
}
