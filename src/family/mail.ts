/** The two letters of an agent line: what a child is to run (boot), and what became of it (report). */

import { lineOf } from "./agents.ts";
import type { Family } from "./family.ts";
import { AGENT_FREE, BLOCK_PART, BLOCK_TRANSIT, H_LINK, H_STATE } from "../memory/layout.ts";

/** Leaves a message block in word `word` of an agent's line; it is the line's from now on. Under the table lock. */
export function leaveMail(family: Family, owner: number, word: number, block: number): void {
  const lock = family.tableLock;
  lock.stage(lineOf(owner) + word, block);
  lock.stage(block + H_STATE, BLOCK_PART);
  lock.commit();
}

/**
 * Takes the message block in word `word` of an agent's line into this agent's hands; 0 = none. Under the table lock. The line
 * may be another's by now: while a stopped process was in the way, the agent may have ended.
 */
export function takeMail(family: Family, owner: number, word: number): number {
  if (family.agents.stateOf(owner) === AGENT_FREE) return 0;
  const block = family.agents.get(owner, word) >>> 0;
  if (block === 0) return 0;
  const lock = family.tableLock;
  lock.stage(lineOf(owner) + word, 0);
  lock.stage(block + H_LINK, family.self);
  lock.stage(block + H_STATE, BLOCK_TRANSIT);
  lock.commit();
  return block;
}
