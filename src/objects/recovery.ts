/**
 * What happens when an agent has died: what it held comes back, and everyone who waits looks again.
 *
 * In this order, because a committed change may move blocks into or out of the dead agent's hands:
 *
 * 1. changes that it (or anyone dead) committed are completed: the allocator, the directory of names, then every object;
 *    on the way its waits, locks and handles are taken back
 * 2. blocks in its hands are freed: first those that others may belong to, then those that may belong to them
 * 3. everyone is rung
 * 4. its line is kept for its parent to read, or freed
 */

import type { StalledError } from "../errors/base.ts";
import { indexOf } from "../family/agents.ts";
import { disposeBlock, freeIfUnused } from "./blocks.ts";
import type { Family } from "../family/family.ts";
import { type Care, careOf, type Recovery } from "../family/care.ts";
import {
  A_BOOT,
  A_PARENT,
  A_REPORT,
  AGENT_DEAD,
  AGENT_ENDED,
  AGENT_FREE,
  AGENT_STARTING,
  BLOCK_OBJECT,
  BLOCK_TRANSIT,
  C_SPINNING,
  H_HOLDERS,
  H_KIND,
  H_LINK,
  H_STATE,
  HEADER_WORDS,
  KIND_BYTES,
  KIND_MESSAGE,
} from "../memory/layout.ts";
import { takeMail } from "../family/mail.ts";
import type { Handle } from "./messages.ts";
import { settleNames } from "./names.ts";
import { nap } from "../base/processor.ts";
import { clearBit } from "../memory/bitmap.ts";
import { impatiently, PATIENCE_MS, RobustLock, stalled } from "../memory/robust_lock.ts";

/** How long at a time a recovery waits for another process to complete a change, in milliseconds. */
const NAP_MS = 0.5;

/**
 * Recovers a dead agent. Idempotent, and safe to be killed in: the agent's line says DEAD to the last, so whoever finds it
 * starts over. Runs under the table lock, and when all kinds are registered.
 */
function recover(family: Family, dead: number): void {
  const { agents, allocator } = family;
  family.tableLock.with(() => {
    if (agents.stateOf(dead) !== AGENT_DEAD) return;
    const index = indexOf(dead);
    allocator.still(() => {});
    settleNames(family);
    const containers: number[] = [], leaves: number[] = [], objects: Handle[] = [];
    allocator.forEachBlock((address, _segment, _at, generation) => {
      family.tableLock.beat();
      const handle = { address, generation };
      if (takeBack(family, handle, dead)) objects.push(handle);
    });
    allocator.forEachBlock((address, { i32 }, at) => {
      if (Atomics.load(i32, at + H_STATE) !== BLOCK_TRANSIT || Atomics.load(i32, at + H_LINK) !== dead) return;
      const kind = Atomics.load(i32, at + H_KIND);
      (kind === KIND_BYTES || kind === KIND_MESSAGE ? leaves : containers).push(address);
    });
    // All of them, not only those that it held: an earlier attempt may have ended just before it came to this.
    for (const handle of objects) freeIfUnused(family, handle);
    for (const address of [...containers, ...leaves]) {
      if (allocator.adopt(address, dead)) disposeBlock(family, address);
    }
    throwAway(family, dead, A_BOOT);
    clearBit(family.arena.control, C_SPINNING, index);
    for (const child of agents.children(dead)) {
      // A dead worker's workers are gone with it; a dead process's children get SIGKILL from the kernel and are found dead,
      // but for those that never came to run.
      if (family.method === "worker" || agents.stateOf(child) === AGENT_STARTING) family.died(child);
      retireEnded(family, child);
    }
    family.ringAll();
    if (family.alive(agents.get(dead, A_PARENT))) return agents.retire(dead, AGENT_ENDED);
    throwAway(family, dead, A_REPORT);
    agents.retire(dead, AGENT_FREE);
  });
}

function bury(family: Family, owner: number): void {
  family.tableLock.with(() => retireEnded(family, owner));
}

function retireEnded(family: Family, owner: number): void {
  if (family.agents.stateOf(owner) !== AGENT_ENDED) return;
  throwAway(family, owner, A_REPORT);
  family.agents.retire(owner, AGENT_FREE);
}

/** Frees an agent's unread mail. */
function throwAway(family: Family, owner: number, word: number): void {
  const block = takeMail(family, owner, word);
  if (block !== 0) disposeBlock(family, block);
}

/** Takes back what a dead agent has in one block. True when that is an object, which it may have been the last to hold. */
function takeBack(family: Family, { address, generation }: Handle, dead: number): boolean {
  const index = indexOf(dead);
  for (let napped = 0, progress = 0;; napped += NAP_MS) {
    let busy = 0, now = 0, isObject = false;
    // Meanwhile the block can't become another one.
    family.allocator.still(() => {
      if (family.allocator.generationOf(address) !== generation) return; // the dead had nothing in what lies there now
      const segment = family.arena.segment(address), { i32 } = segment, at = address - segment.start;
      const state = Atomics.load(i32, at + H_STATE), payload = at + HEADER_WORDS;
      const kind = careOf(i32[at + H_KIND] as number) as Care; // all are loaded before a recovery begins
      for (const offset of kind.locks ?? []) {
        const lock = new RobustLock(family.arena, family, segment, payload + offset, "an object of a dead process");
        busy = lock.settle();
        now = lock.progress();
        if (busy !== 0) return;
      }
      for (const offset of [...kind.waitQueues, ...kind.turns ?? []]) clearBit(i32, payload + offset, index);
      kind.recover?.(family, segment, payload, dead);
      clearBit(i32, at + H_HOLDERS, index);
      isObject = state === BLOCK_OBJECT;
    });
    if (busy === 0) return isObject;
    // A living process is completing a change: it may be a dead one's, about blocks that are looked at next.
    if (now !== progress) napped = 0; // it goes on
    progress = now;
    family.tableLock.beat();
    if (napped > PATIENCE_MS) throw stalled("recover what a dead process held", "an object of it", family.nameOf(busy));
    nap(NAP_MS);
    family.probe(busy);
  }
}

/** The error of an attempt, which is impatient: whoever makes it goes on meanwhile. */
function stallOf(attempt: () => void): StalledError | undefined {
  let stall: StalledError | undefined;
  impatiently(attempt, undefined, (error) => stall = error);
  return stall;
}

export const recovery: Recovery = {
  recover: (family, dead) => stallOf(() => recover(family, dead)),
  bury: (family, owner) => stallOf(() => bury(family, owner)),
};
