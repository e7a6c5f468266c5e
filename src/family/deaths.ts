/** What this agent does about the dead: who is to be recovered, and when. How it is done comes with the kinds of objects. */

import { runtime } from "../runtime/current.ts";
import { AGENT_DEAD } from "../memory/layout.ts";
import type { StalledError } from "../errors/base.ts";
import { completeRecovery, othersLoaded } from "./care.ts";
import { type Deaths, type Family, TICK_MS } from "./family.ts";
import { queueMicrotask, setTimeout } from "../base/originals.ts";

/** After how many milliseconds it is tried again, at first; each time that is doubled, up to a tick. */
const FIRST_RETRY_MS = 10;
/** After so many attempts in vain it is told that a process is in the way: about a second. */
const STALLS_TOLD = 8;

function tell(error: unknown): void {
  runtime.writeError(`Cannot yet recover what a dead process held: ${String(error)}\n`);
}

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
    let obstacle: StalledError | undefined;
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
      tell(error);
      return this.#retry(TICK_MS);
    }
    if (obstacle === undefined) this.#stalls = 0;
    else {
      // This process goes on meanwhile.
      this.#retry(Math.min(FIRST_RETRY_MS << this.#stalls, TICK_MS));
      if (this.#stalls < STALLS_TOLD && ++this.#stalls === STALLS_TOLD) tell(obstacle);
    }
  }

  /** Nothing is lost: the dead stay dead. */
  #retry(delay: number): void {
    this.#schedule((run) => void setTimeout(run, delay));
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
