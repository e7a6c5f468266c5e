/** What this agent does about the dead: who is to be recovered, and when. How it is done comes with the kinds of objects. */

import { runtime } from "../runtime/current.ts";
import { AGENT_DEAD } from "../memory/layout.ts";
import { completeRecovery, othersLoaded } from "./care.ts";
import { type Deaths, type Family, TICK_MS } from "./family.ts";
import { queueMicrotask, setTimeout } from "../base/originals.ts";

/** After how many milliseconds it is tried again, at first; each time that is doubled, up to a tick. */
const FIRST_RETRY_MS = 10;
/** After so many attempts in vain it is told that a process is in the way: about a second. */
const STALLS_TOLD = 8;

/** The dead of one family, as one agent deals with them. */
export class DeathRoll implements Deaths {
  readonly #family: Family;
  readonly #toBury = new Set<number>();
  #isScheduled = false;
  /** How often in a row a stopped process was in the way. */
  #stalls = 0;

  constructor(family: Family) {
    this.#family = family;
  }

  bury(owner: number): void {
    this.#family.agents.declareDead(owner);
    this.#toBury.add(owner);
    this.look();
  }

  look(): void {
    const family = this.#family;
    let obstacle: unknown;
    try {
      const dead = [...family.agents.list(AGENT_DEAD)];
      if (dead.length > 0 || this.#toBury.size > 0) {
        const recovery = completeRecovery();
        if (recovery === undefined) return void othersLoaded()?.then(() => this.look());
        for (const owner of dead) obstacle ??= recovery.recover(family, owner);
        for (const owner of this.#toBury) {
          obstacle ??= recovery.bury(family, owner);
          if (obstacle === undefined) this.#toBury.delete(owner);
        }
      }
      family.bells.forgetDead();
    } catch (error) {
      obstacle = error;
      this.#stalls = STALLS_TOLD - 1; // told each time
    }
    if (obstacle === undefined) return void (this.#stalls = 0);
    // Nothing is lost: the dead stay dead. This process goes on meanwhile.
    const delay = Math.min(FIRST_RETRY_MS << this.#stalls, TICK_MS);
    this.#schedule((run) => void setTimeout(run, delay));
    if (this.#stalls < STALLS_TOLD && ++this.#stalls === STALLS_TOLD) {
      runtime.writeError(`Cannot yet recover what a dead process held: ${String(obstacle)}\n`);
    }
  }

  noticed(): void {
    this.#schedule(queueMicrotask);
  }

  #schedule(later: (run: () => void) => void): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    later(() => {
      this.#isScheduled = false;
      this.look();
    });
  }
}
