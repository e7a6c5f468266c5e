/** What this agent does about the dead: who is to be recovered, and when. How it is done comes with the kinds of objects. */

import { runtime } from "../runtime/current.ts";
import { AGENT_DEAD } from "../memory/layout.ts";
import { completeRecovery, othersLoaded } from "./care.ts";
import { type Deaths, type Family, TICK_MS } from "./family.ts";
import { queueMicrotask, setTimeout } from "../base/originals.ts";

/** The dead of one family, as one agent deals with them. */
export class DeathRoll implements Deaths {
  readonly #family: Family;
  readonly #toBury = new Set<number>();
  #isScheduled = false;

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
    try {
      const dead = [...family.agents.list(AGENT_DEAD)];
      if (dead.length > 0 || this.#toBury.size > 0) {
        const recovery = completeRecovery();
        if (recovery === undefined) return void othersLoaded()?.then(() => this.look());
        for (const owner of dead) recovery.recover(family, owner);
        for (const owner of this.#toBury) {
          recovery.bury(family, owner);
          this.#toBury.delete(owner);
        }
      }
      family.bells.forgetDead();
    } catch (error) {
      // Another process may be stopped in the middle of what this needs. Nothing is lost: the dead stay dead.
      runtime.writeError(`Cannot yet recover what a dead process held: ${String(error)}\n`);
      this.#schedule((run) => void setTimeout(run, TICK_MS));
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
