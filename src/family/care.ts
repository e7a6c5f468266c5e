/**
 * What the memory layer must know of each kind of object to recover and free it; the layers above register theirs.
 *
 * A child that loads only what it runs doesn't know them all. What needs one that it lacks waits until the rest is loaded.
 */

import type { StalledError } from "../errors/base.ts";
import type { Family } from "./family.ts";
import type { Segment } from "../memory/arena.ts";

/** How one kind of block is cared for. `at` is the index of the payload's first word in `segment.i32`. */
export interface Care {
  /** Offsets in the payload of its robust locks: a change that a dead holder committed is completed. */
  readonly locks?: readonly number[];
  /** Offsets in the payload of its wait queues. */
  readonly waitQueues: readonly number[];
  /** Offsets in the payload of its turns. */
  readonly turns?: readonly number[];
  /** An agent has died: takes back what it held here. Idempotent; runs under the table and the arena lock, so it can't free. */
  recover?(family: Family, segment: Segment, at: number, dead: number): void;
  /**
   * Whether an agent has it, so that nobody else may: then one that is known by name stays, though the agent has lost its last
   * handle.
   */
  heldBy?(family: Family, segment: Segment, at: number, owner: number): boolean;
  /**
   * The last handle is gone: gives back the blocks that belong to it. Idempotent: each must leave the payload in the same
   * commit in which it becomes this agent's.
   */
  dispose?(family: Family, segment: Segment, at: number): void;
}

/**
 * What is done about the dead. It needs to know every kind, and comes with them. Both give back that a stopped process is in
 * the way: then it is done again later.
 */
export interface Recovery {
  recover(family: Family, dead: number): StalledError | undefined;
  /** The parent of a recovered agent has read its line, which is free from now on. */
  bury(family: Family, owner: number): StalledError | undefined;
}

const kinds = new Map<number, Care>();
const none: Care = { waitQueues: [] };
let recovery: Recovery | undefined;
/** Loads the modules that register the others; undefined = all there are have registered. */
let loadOthers: (() => Promise<unknown>) | undefined;

/** Says how blocks of `kind` are cared for. */
export function registerCare(kind: number, care: Care = none): void {
  kinds.set(kind, care);
}

/** How blocks of `kind` are cared for; undefined when nobody has said so yet: then `othersLoaded()` comes first. */
export function careOf(kind: number): Care | undefined {
  return kinds.get(kind) ?? (loadOthers === undefined ? none : undefined);
}

/** Not all kinds are registered: `load` imports the modules that do. */
export function kindsComeLater(load: () => Promise<unknown>): void {
  loadOthers = load;
  recovery = undefined;
}

/** All kinds are registered: the dead can be recovered. */
export function kindsAreComplete(given: Recovery): void {
  loadOthers = undefined;
  recovery = given;
}

/** How the dead are recovered; undefined when not all kinds are registered yet: then `othersLoaded()` comes first. */
export function completeRecovery(): Recovery | undefined {
  return recovery;
}

/** Loads the kinds that are missing; undefined = none is. */
export function othersLoaded(): Promise<unknown> | undefined {
  return loadOthers?.();
}
