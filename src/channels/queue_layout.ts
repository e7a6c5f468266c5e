/**
 * What a queue is in memory.
 *
 * ```
 * payload
 *    0…33  robust lock with redo log
 *   34…39  ring state
 *   40     maxsize, 0 = unbounded                     once
 *   41     flags: SHUT_DOWN                           under the lock
 *   42…50  wait queue of getters
 *   51…59  wait queue of putters
 * ```
 *
 * An item is put when the commit of `{ tail, count }` is made, and taken when that of `{ head, count }` is: killed before it,
 * a process has changed nothing.
 */

import { MisuseError } from "../errors/base.ts";
import type { Care } from "../family/care.ts";
import { KIND_QUEUE, LOCK_WORDS, WAIT_QUEUE_WORDS } from "../memory/layout.ts";
import type { Blueprint, Named } from "../objects/object.ts";
import { RobustLock } from "../memory/robust_lock.ts";
import { disposeRing, initRing, RING_WORDS } from "../wire/ring.ts";

export const LOCK = 0, RING = LOCK_WORDS, MAXSIZE = RING + RING_WORDS, FLAGS = MAXSIZE + 1;
export const GETTERS = FLAGS + 1, PUTTERS = GETTERS + WAIT_QUEUE_WORDS;
/** Words of a queue's payload; a subclass's own come after them. */
export const QUEUE_WORDS = PUTTERS + WAIT_QUEUE_WORDS;
export const SHUT_DOWN = 1;

/** Options of a new queue. */
export interface QueueOptions extends Named {
  /** Most items it holds; 0 (default) = unbounded. A negative number means 0, as in CPython. */
  maxsize?: number;
}

/** What a subclass is in memory. */
export interface QueuePlan {
  /** What it is called in errors; default "queue". */
  readonly label?: string;
  readonly kind: number;
  readonly words: number;
}

export const plainQueue: QueuePlan = { kind: KIND_QUEUE, words: QUEUE_WORDS };

/** How a queue of `maxsize` items is made, or joined. */
export function blueprintFor(maxsize: number, { label = "queue", kind, words }: QueuePlan): Blueprint {
  return {
    label,
    kind,
    words,
    init(family, segment, at) {
      segment.i32[at + MAXSIZE] = maxsize;
      initRing(family, new RobustLock(family.arena, family, segment, at + LOCK, "a queue"), segment, at + RING);
    },
    check(_family, { i32 }, at) {
      const known = i32[at + MAXSIZE];
      if (known !== maxsize) {
        throw new MisuseError(`Cannot join a queue with maxsize ${maxsize}: the queue of that name has ${known}`);
      }
    },
  };
}

/** The size that is meant; MisuseError when it is none. */
export function maxsizeOf(options: QueueOptions): number {
  const { maxsize = 0 } = options;
  if (!Number.isInteger(maxsize) || maxsize > 0x7fff_ffff) {
    throw new MisuseError(`Cannot create a queue: maxsize is ${String(maxsize)}, it takes a number of items`);
  }
  return Math.max(0, maxsize);
}

/** How queues are cared for; a subclass has more wait queues. */
export function queueCare(...waitQueues: number[]): Care {
  return {
    locks: [LOCK],
    waitQueues: [GETTERS, PUTTERS, ...waitQueues],
    dispose(family, segment, at) {
      const lock = new RobustLock(family.arena, family, segment, at + LOCK, "a queue");
      disposeRing(family, lock, segment, at + RING);
    },
  };
}
