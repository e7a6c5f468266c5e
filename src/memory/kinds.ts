/** What the memory layer must know of each kind of object to recover and free it; the layers above register theirs. */

import type { Family } from "./family.ts";
import type { Segment } from "./arena.ts";

/** How one kind of block is cared for. `at` is the index of the payload's first word in `segment.i32`. */
export interface Kind {
  /** Offsets in the payload of its robust locks: a change that a dead holder committed is completed. */
  readonly locks?: readonly number[];
  /** Offsets in the payload of its wait queues. */
  readonly waitQueues: readonly number[];
  /** Offsets in the payload of its turns. */
  readonly turns?: readonly number[];
  /** An agent has died: takes back what it held here. Idempotent; runs under the table and the arena lock, so it can't free. */
  recover?(family: Family, segment: Segment, at: number, dead: number): void;
  /**
   * The last handle is gone: gives back the blocks that belong to it. Idempotent: each must leave the payload in the same
   * commit in which it becomes this agent's.
   */
  dispose?(family: Family, segment: Segment, at: number): void;
}

const kinds = new Map<number, Kind>();
const none: Kind = { waitQueues: [] };

/** Says how blocks of `kind` are cared for. */
export function registerKind(kind: number, care: Kind): void {
  kinds.set(kind, care);
}

export function kindOf(kind: number): Kind {
  return kinds.get(kind) ?? none;
}
