/** Contexts: every class and factory of this package, bound to one start method. */

import { Pipe } from "./channels/pipe.ts";
import { JoinableQueue } from "./channels/joinable_queue.ts";
import { Queue } from "./channels/queue.ts";
import { SimpleQueue } from "./channels/simple_queue.ts";
import { Manager } from "./managers/manager.ts";
import { withMethod } from "./family/families.ts";
import { kindsAreComplete } from "./family/care.ts";
import { recovery } from "./objects/recovery.ts";
import { Pool } from "./pool/pool.ts";
import { currentProcess, parentProcess } from "./process/current.ts";
import { isMainProcess } from "./family/identity.ts";
import { exit } from "./process/exit.ts";
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

/** Every class and factory of this package, bound to one start method. */
export interface Context {
  readonly startMethod: StartMethod;
  readonly Process: typeof Process;
  readonly Queue: typeof Queue;
  readonly JoinableQueue: typeof JoinableQueue;
  readonly SimpleQueue: typeof SimpleQueue;
  readonly Lock: typeof Lock;
  readonly RLock: typeof RLock;
  readonly Semaphore: typeof Semaphore;
  readonly BoundedSemaphore: typeof BoundedSemaphore;
  readonly Condition: typeof Condition;
  readonly Event: typeof Event;
  readonly Barrier: typeof Barrier;
  readonly SharedMemory: typeof SharedMemory;
  readonly ShareableList: typeof ShareableList;
  readonly Value: typeof Value;
  readonly RawValue: typeof RawValue;
  readonly Array: typeof SharedArray;
  readonly SharedArray: typeof SharedArray;
  readonly RawArray: typeof RawArray;
  readonly Pipe: typeof Pipe;
  readonly Pool: typeof Pool;
  readonly Manager: typeof Manager;
  readonly currentProcess: typeof currentProcess;
  readonly parentProcess: typeof parentProcess;
  readonly isMainProcess: typeof isMainProcess;
  readonly exit: typeof exit;
  readonly activeChildren: typeof activeChildren;
  readonly cpuCount: typeof cpuCount;
  readonly wait: typeof wait;
  readonly getLogger: typeof getLogger;
}

const contexts = new Map<StartMethod, Context>();

/**
 * The context of a start method; default: the default one's. CPython: `multiprocessing.get_context()`.
 * @throws {MisuseError} for a method that isn't one
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
