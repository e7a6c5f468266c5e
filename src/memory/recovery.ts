/** What happens when an agent has died: what it held comes back, and everyone who waits looks again. */

import { indexOf } from "./agents.ts";
import { takeMail } from "./mail.ts";
import type { Family } from "./family.ts";
import { clearWaiter } from "./futex.ts";
import { disposeBlock, releaseHolder } from "./blocks.ts";
import { kindOf } from "./kinds.ts";
import { RobustLock } from "./robust_lock.ts";
import {
  A_BOOT,
  A_REPORT,
  AGENT_DEAD,
  BLOCK_OBJECT,
  BLOCK_TRANSIT,
  C_SPINNING,
  H_KIND,
  H_LINK,
  H_STATE,
  HEADER_WORDS,
} from "./layout.ts";

/**
 * Recovers a dead agent. Idempotent, and safe to be killed in: the agent's line is freed last, so whoever finds it dead
 * starts over. Runs under the table lock.
 */
export function recover(family: Family, dead: number): void {
  const done = family.agents.lock.with(() => {
    if (family.agents.stateOf(dead) !== AGENT_DEAD) return false;
    const index = indexOf(dead);
    family.allocator.forEachBlock((address, segment, at) => {
      const { i32 } = segment;
      const state = Atomics.load(i32, at + H_STATE), kind = kindOf(i32[at + H_KIND] as number);
      if (state === BLOCK_TRANSIT) {
        if (i32[at + H_LINK] === dead) disposeBlock(family, address);
        return;
      }
      const payload = at + HEADER_WORDS;
      for (const offset of kind.waitQueues) clearWaiter(i32, payload + offset, index);
      for (const offset of kind.locks ?? []) {
        if (Atomics.load(i32, payload + offset) !== dead) continue;
        new RobustLock(family.arena, family, segment, payload + offset, "an object of a dead process").with(() => {});
      }
      kind.recover?.(family, segment, payload, dead);
      if (state === BLOCK_OBJECT) releaseHolder(family, address, index);
    });
    for (const word of [A_BOOT, A_REPORT]) {
      const block = takeMail(family, dead, word);
      if (block !== 0) disposeBlock(family, block);
    }
    Atomics.and(family.arena.control, C_SPINNING + (index >>> 5), ~(1 << (index & 31)));
    // A dead worker's workers are gone with it; a dead process's children get SIGKILL from the kernel and are found dead.
    if (family.method === "worker") { for (const child of family.agents.children(dead)) family.died(child); }
    return true;
  });
  if (!done) return;
  family.ringAll();
  family.bells.forget(dead);
  family.agents.release(dead);
}
