/** The types of objects that a SyncManager creates: for each, how its server makes one, and what stands behind its proxies. */

import type { EngineClass } from "./holdings.ts";
import type { TypeId } from "./names.ts";
import { DictEngine } from "./proxies/dict.ts";
import { BarrierEngine, EventEngine } from "./proxies/event.ts";
import { ListEngine } from "./proxies/list.ts";
import { ConditionEngine, LockEngine, SemaphoreEngine } from "./proxies/lock.ts";
import { NamespaceEngine } from "./proxies/namespace.ts";
import { JoinableQueueEngine, QueueEngine } from "./proxies/queue.ts";
import { SetEngine } from "./proxies/set.ts";
import { ValueEngine } from "./proxies/value.ts";
import { barrierReferent } from "./referents/barrier.ts";
import { conditionReferent } from "./referents/condition.ts";
import { dictReferent } from "./referents/dict.ts";
import { eventReferent } from "./referents/event.ts";
import { arrayReferent, listReferent } from "./referents/list.ts";
import { LockReferent } from "./referents/lock.ts";
import { namespaceReferent } from "./referents/namespace.ts";
import { QueueReferent } from "./referents/queue.ts";
import type { Host, Referent } from "./referents/referent.ts";
import { SemaphoreReferent } from "./referents/semaphore.ts";
import { setReferent } from "./referents/set.ts";
import { valueReferent } from "./referents/value.ts";

/** One type of objects. */
export interface ManagedType {
  /** Behind its proxies. */
  readonly engine: EngineClass;
  /** A new one, on the server. */
  readonly create: (host: Host, ...args: never[]) => Referent;
}

/** The table. */
export const types: Readonly<Record<TypeId, ManagedType>> = {
  dict: { engine: DictEngine, create: dictReferent },
  list: { engine: ListEngine, create: listReferent },
  set: { engine: SetEngine, create: setReferent },
  Namespace: { engine: NamespaceEngine, create: namespaceReferent },
  Lock: { engine: LockEngine, create: () => new LockReferent(false) },
  RLock: { engine: LockEngine, create: () => new LockReferent(true) },
  Semaphore: { engine: SemaphoreEngine, create: (_: Host, value: number) => new SemaphoreReferent(value, false) },
  BoundedSemaphore: { engine: SemaphoreEngine, create: (_: Host, value: number) => new SemaphoreReferent(value, true) },
  Condition: { engine: ConditionEngine, create: conditionReferent },
  Event: { engine: EventEngine, create: eventReferent },
  Barrier: { engine: BarrierEngine, create: barrierReferent },
  Queue: { engine: QueueEngine, create: (_: Host, maxsize: number) => new QueueReferent(maxsize) },
  JoinableQueue: { engine: JoinableQueueEngine, create: (_: Host, maxsize: number) => new QueueReferent(maxsize) },
  Value: { engine: ValueEngine, create: valueReferent },
  Array: { engine: ListEngine, create: arrayReferent },
};
