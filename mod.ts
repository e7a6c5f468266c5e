/**
 * Python's `multiprocessing` for Deno, Bun and Node: processes and workers with locks, queues and state in shared memory. Names
 * are CPython's in camelCase; waits are promises that take a `timeout` in milliseconds and an AbortSignal.
 *
 * ```ts
 * import { isMain, Pool, Process, Queue } from "@manyproc/multiprocessing";
 *
 * const greetings = new Queue<string>({ name: "greetings" }); // the same name is the same queue in every process
 *
 * export const greet = async (name: string) => await greetings.put(`hello ${name}`);
 * export const square = (x: number) => x * x;
 *
 * if (isMain(import.meta)) { // children load this module too
 *   const child = new Process({ target: greet, args: ["Ada"] });
 *   await child.start();
 *   console.log(await greetings.get(), await child.join()); // hello Ada 0
 *
 *   await using pool = new Pool(2);
 *   console.log(await pool.map(square, [1, 2, 3])); // [ 1, 4, 9 ]
 * }
 * ```
 *
 * - To run something elsewhere: {@linkcode Process}, {@linkcode Pool}; what can be run is a {@linkcode Target}: an exported
 *   function, one made by {@linkcode task}, or a URL.
 * - To talk: {@linkcode Queue}, {@linkcode JoinableQueue}, {@linkcode SimpleQueue}, {@linkcode Pipe}, and {@linkcode wait} for
 *   several.
 * - To talk to other programs, also of CPython and on other machines: {@linkcode Listener}, {@linkcode Client}.
 * - To take turns: {@linkcode Lock}, {@linkcode RLock}, {@linkcode Semaphore}, {@linkcode Condition}, {@linkcode Event},
 *   {@linkcode Barrier}.
 * - To share: {@linkcode Value}, {@linkcode SharedArray}, {@linkcode SharedMemory}, {@linkcode ShareableList},
 *   {@linkcode Manager}.
 * - Processes or threads: {@linkcode getContext}, {@linkcode setStartMethod}.
 * - What can go wrong: {@linkcode ProcessError} and its subclasses, each with a stable `code`.
 *
 * Nothing breaks when a process dies: a lock goes to the next, who is told so; a queue stays whole; a pool's task rejects with
 * {@linkcode WorkerDiedError}, and the pool goes on.
 *
 * Permissions of Deno: `--allow-read` for workers; `--allow-read --allow-env --allow-run --allow-ffi` for processes; `--allow-net`
 * for connections with other programs.
 *
 * @module
 */

export * from "./src/errors.ts";
export type { BlockOptions, WaitOptions } from "./src/base/wait_options.ts";
export type { Named } from "./src/objects/object.ts";
export type { StartMethod } from "./src/runtime/runtime.ts";
export { remoteOrigin } from "./src/codec/graph/errors.ts";
export type { Origin } from "./src/codec/graph/errors.ts";
export { registerCodec } from "./src/codec/registry.ts";
export type { Codec } from "./src/codec/registry.ts";
export type { Acquirable, Held } from "./src/sync/acquirable.ts";
export { Lock } from "./src/sync/lock.ts";
export { RLock } from "./src/sync/rlock.ts";
export { BoundedSemaphore, Semaphore } from "./src/sync/semaphore.ts";
export type { SemaphoreOptions } from "./src/sync/semaphore_engine.ts";
export { Condition } from "./src/sync/condition.ts";
export type { ConditionOptions } from "./src/sync/condition_engine.ts";
export { Event } from "./src/sync/event.ts";
export { Barrier } from "./src/sync/barrier.ts";
export type { BarrierOptions } from "./src/sync/barrier_engine.ts";
export { RawValue, Value } from "./src/shared/value.ts";
export type { ValueConstructor } from "./src/shared/value.ts";
export { RawArray, SharedArray, SharedArray as Array } from "./src/shared/array.ts";
export type { SharedArrayConstructor } from "./src/shared/array.ts";
export type { SharedOptions } from "./src/shared/options.ts";
export type { ElementOf, TypeCode, TypedArrays } from "./src/shared/typecodes.ts";
export { SharedMemory } from "./src/shared/shared_memory.ts";
export type { SharedMemoryOptions } from "./src/shared/shared_memory_engine.ts";
export { ShareableList } from "./src/shared/shareable_list.ts";
export { Queue } from "./src/channels/queue.ts";
export type { QueueOptions } from "./src/channels/queue_layout.ts";
export { JoinableQueue } from "./src/channels/joinable_queue.ts";
export { SimpleQueue } from "./src/channels/simple_queue.ts";
export { Pipe } from "./src/channels/pipe.ts";
export type { Connection } from "./src/channels/connection_types.ts";
export { Client } from "./src/remote/client.ts";
export { Listener } from "./src/remote/listener.ts";
export type { ClientOptions, ListenerOptions, PeerOptions, TlsOptions } from "./src/remote/options.ts";
export { wait } from "./src/channels/wait.ts";
export type { WaitObject } from "./src/channels/wait.ts";
export { activeChildren, Process } from "./src/process/process.ts";
export type { ProcessOptions, ProcessSettings } from "./src/process/settings.ts";
export { currentProcess, parentProcess } from "./src/process/current.ts";
export { isMainProcess } from "./src/family/identity.ts";
export type { CurrentProcess, ParentProcess } from "./src/process/current.ts";
export { getLogger, logToStderr } from "./src/process/logging.ts";
export type { Logger, LogLevel } from "./src/process/logging.ts";
export { exit } from "./src/process/ends.ts";
export { isMain } from "./src/targets/is_main.ts";
export { targets } from "./src/targets/naming.ts";
export { task } from "./src/targets/tasks.ts";
export type { ModuleRef } from "./src/targets/module_ref.ts";
export type { Target } from "./src/targets/reference.ts";
export {
  cpuCount,
  getAllStartMethods,
  getStartMethod,
  setExecutable,
  setStartMethod,
} from "./src/process/start_method.ts";
export { Pool } from "./src/pool/pool.ts";
export type { ImapOptions, Items, MapOptions, PoolOptions, Rest, TaskOptions } from "./src/pool/options.ts";
export type { PoolStats } from "./src/pool/stats.ts";
export type { AsyncResult } from "./src/pool/async_result.ts";
export { Manager, SyncManager } from "./src/managers/manager.ts";
export { BaseManager } from "./src/managers/base_manager.ts";
export type { ManagerOptions, ManagerStartOptions, RegisterOptions } from "./src/managers/base_manager.ts";
export type { Proxied } from "./src/managers/proxies/custom.ts";
export type { BaseProxy } from "./src/managers/proxies/base.ts";
export type { DictProxy } from "./src/managers/proxies/dict.ts";
export type { BarrierProxy, EventProxy } from "./src/managers/proxies/event.ts";
export type { ListProxy } from "./src/managers/proxies/list.ts";
export type { AcquirableProxy, ConditionProxy, LockProxy, SemaphoreProxy } from "./src/managers/proxies/lock.ts";
export type { NamespaceProxy } from "./src/managers/proxies/namespace.ts";
export type { JoinableQueueProxy, QueueProxy } from "./src/managers/proxies/queue.ts";
export type { SetProxy } from "./src/managers/proxies/set.ts";
export type { ValueProxy } from "./src/managers/proxies/value.ts";
export { getContext } from "./src/context.ts";
export type { Context } from "./src/context.ts";
