/** Contexts: every class and factory of this package, bound to one start method. */

import { Pipe } from "./channels/pipe.ts";
import { JoinableQueue } from "./channels/joinable_queue.ts";
import { Queue } from "./channels/queue.ts";
import { SimpleQueue } from "./channels/simple_queue.ts";
import { BaseManager } from "./managers/base_manager.ts";
import { Manager, SyncManager } from "./managers/manager.ts";
import { withMethod } from "./family/families.ts";
import { kindsAreComplete } from "./family/care.ts";
import { recovery } from "./objects/recovery.ts";
import { Pool } from "./pool/pool.ts";
import { currentProcess, parentProcess } from "./process/current.ts";
import { isMainProcess } from "./family/identity.ts";
import { exit } from "./process/ends.ts";
import { activeChildren, Process } from "./process/process.ts";
import { checkMethod, cpuCount, getStartMethod } from "./process/start_method.ts";
import type { StartMethod } from "./runtime/runtime.ts";
import { RawArray, SharedArray } from "./shared/array.ts";
import { RawValue, Value } from "./shared/value.ts";
import { ShareableList } from "./shared/shareable_list.ts";
import { SharedMemory } from "./shared/shared_memory.ts";
import { Barrier } from "./sync/barrier.ts";
import { Condition } from "./sync/condition.ts";
import { Event } from "./sync/event.ts";
import { BoundedSemaphore, Semaphore } from "./sync/semaphore.ts";
import { getLogger } from "./process/logging.ts";
import { wait } from "./channels/wait.ts";
import { Lock } from "./sync/lock.ts";
import { RLock } from "./sync/rlock.ts";

/**
 * Every class and factory of this package, bound to one start method; see getContext(). CPython:
 * `multiprocessing.context.BaseContext`.
 */
export interface Context {
  /** The start method that all of this means. */
  readonly startMethod: StartMethod;
  /** As `Process` of this module, its children started by this method. */
  readonly Process: typeof Process;
  /** As `Queue` of this module, for the processes of this context. */
  readonly Queue: typeof Queue;
  /** As `JoinableQueue` of this module, for the processes of this context. */
  readonly JoinableQueue: typeof JoinableQueue;
  /** As `SimpleQueue` of this module, for the processes of this context. */
  readonly SimpleQueue: typeof SimpleQueue;
  /** As `Lock` of this module, for the processes of this context. */
  readonly Lock: typeof Lock;
  /** As `RLock` of this module, for the processes of this context. */
  readonly RLock: typeof RLock;
  /** As `Semaphore` of this module, for the processes of this context. */
  readonly Semaphore: typeof Semaphore;
  /** As `BoundedSemaphore` of this module, for the processes of this context. */
  readonly BoundedSemaphore: typeof BoundedSemaphore;
  /** As `Condition` of this module, for the processes of this context. */
  readonly Condition: typeof Condition;
  /** As `Event` of this module, for the processes of this context. */
  readonly Event: typeof Event;
  /** As `Barrier` of this module, for the processes of this context. */
  readonly Barrier: typeof Barrier;
  /** As `SharedMemory` of this module, for the processes of this context. */
  readonly SharedMemory: typeof SharedMemory;
  /** As `ShareableList` of this module, for the processes of this context. */
  readonly ShareableList: typeof ShareableList;
  /** As `Value` of this module, for the processes of this context. */
  readonly Value: typeof Value;
  /** As `RawValue` of this module, for the processes of this context. */
  readonly RawValue: typeof RawValue;
  /** As `SharedArray`, of this context. */
  readonly Array: typeof SharedArray;
  /** As `SharedArray` of this module, for the processes of this context. */
  readonly SharedArray: typeof SharedArray;
  /** As `RawArray` of this module, for the processes of this context. */
  readonly RawArray: typeof RawArray;
  /** As `Pipe` of this module, for the processes of this context. */
  readonly Pipe: typeof Pipe;
  /** As `Pool` of this module, its workers started by this method. */
  readonly Pool: typeof Pool;
  /** As `Manager` of this module, its server started by this method. */
  readonly Manager: typeof Manager;
  /** As `SyncManager` of this module, its server started by this method. */
  readonly SyncManager: typeof SyncManager;
  /** As `BaseManager` of this module, its server started by this method. */
  readonly BaseManager: typeof BaseManager;
  /** As `currentProcess` of this module: it is the same in every context. */
  readonly currentProcess: typeof currentProcess;
  /** As `parentProcess` of this module: it is the same in every context. */
  readonly parentProcess: typeof parentProcess;
  /** As `isMainProcess` of this module: it is the same in every context. */
  readonly isMainProcess: typeof isMainProcess;
  /** As `exit` of this module: it is the same in every context. */
  readonly exit: typeof exit;
  /** As `activeChildren` of this module: it is the same in every context. */
  readonly activeChildren: typeof activeChildren;
  /** As `cpuCount` of this module: it is the same in every context. */
  readonly cpuCount: typeof cpuCount;
  /** As `wait` of this module: it is the same in every context. */
  readonly wait: typeof wait;
  /** As `getLogger` of this module: it is the same in every context. */
  readonly getLogger: typeof getLogger;
}

const contexts = new Map<StartMethod, Context>();

/**
 * The context of a start method; default: that of getStartMethod(). CPython: `multiprocessing.get_context()`.
 *
 * Locks, queues and what else is shared belong to the processes of one context: they can't be sent to those of the other.
 * @throws {MisuseError} for a method that isn't one
 *
 * @example
 * ```ts
 * import { getContext } from "@manyproc/multiprocessing";
 *
 * const threads = getContext("worker");
 * const queue = new threads.Queue<string>();
 * const child = new threads.Process({ target: new URL("node:path#basename"), args: ["/home/ada"] });
 * await child.start();
 * console.log(threads.startMethod, queue.empty(), await child.join()); // worker true 0
 * ```
 */
export function getContext(method: StartMethod = getStartMethod()): Context {
  checkMethod(method);
  let context = contexts.get(method);
  if (context === undefined) contexts.set(method, context = createContext(method));
  return context;
}

function createContext(method: StartMethod): Context {
  /** The same class or function, whose (synchronous) calls mean this start method. */
  const bound = <F extends object>(factory: F): F =>
    new Proxy(factory, {
      // deno-lint-ignore ban-types -- a proxy of a class or function is handed just that
      construct: (target, args, newTarget: Function) =>
        withMethod(method, () => Reflect.construct(target as never, args, newTarget) as object),
      apply: (target, self, args) => withMethod(method, () => Reflect.apply(target as never, self, args)),
    });
  return Object.freeze({
    startMethod: method,
    Process: bound(Process),
    Queue: bound(Queue),
    JoinableQueue: bound(JoinableQueue),
    SimpleQueue: bound(SimpleQueue),
    Lock: bound(Lock),
    RLock: bound(RLock),
    Semaphore: bound(Semaphore),
    BoundedSemaphore: bound(BoundedSemaphore),
    Condition: bound(Condition),
    Event: bound(Event),
    Barrier: bound(Barrier),
    SharedMemory: bound(SharedMemory),
    ShareableList: bound(ShareableList),
    Value: bound(Value),
    RawValue: bound(RawValue),
    Array: bound(SharedArray),
    SharedArray: bound(SharedArray),
    RawArray: bound(RawArray),
    Pipe: bound(Pipe),
    Pool: bound(Pool),
    Manager: bound(Manager),
    SyncManager: bound(SyncManager),
    BaseManager: bound(BaseManager),
    currentProcess,
    parentProcess,
    isMainProcess,
    exit,
    activeChildren,
    cpuCount,
    wait,
    getLogger,
  });
}

kindsAreComplete(recovery); // every class is imported above
