/** What a manager's server holds: each referent as long as anybody has a proxy of it. */

import type { BatchQueue } from "../channels/batch_queue.ts";
import { withMethod } from "../family/families.ts";
import type { Family } from "../family/family.ts";
import { eventually } from "../family/retries.ts";
import { queueMicrotask } from "../base/originals.ts";
import type { Handle } from "../objects/messages.ts";
import { Attachment } from "../objects/object.ts";
import { ManagerEngine, MARK_COUNT, type NewReferent, type ReferentEngine } from "./blocks.ts";
import type { Referent } from "./referents/referent.ts";

/** The class of the engines behind a type's proxies. */
export type EngineClass = new (source: Attachment | NewReferent) => ReferentEngine;

/** The number after that one; 0 is nobody's, and they begin anew before a word can't hold them. */
function numberAfter(number: number): number {
  return number % (2 ** 31 - 1) + 1;
}

interface Held {
  readonly type: EngineClass;
  readonly handle: Handle;
  readonly referent: Referent;
}

/** The referents of a server, by number; each as long as there are proxies of it. */
export class Holdings {
  readonly #family: Family;
  readonly #engine: ManagerEngine;
  /** By mark, then by number, of which 0 is the server itself. */
  readonly #held: readonly Map<number, Held>[] = Array.from({ length: MARK_COUNT }, () => new Map());
  /** Marks that came, and were not looked into yet. */
  readonly #marked = new Set<number>();
  #last = 0;

  constructor(requests: BatchQueue) {
    this.#family = requests.family;
    this.#engine = withMethod(this.#family.method, () => new ManagerEngine(requests));
    this.#family.listeners.add(this.#look);
  }

  /** The server ends. */
  close(): void {
    this.#family.listeners.delete(this.#look);
    this.#engine.close();
  }

  /** Holds a referent from now on; its first handle, which is to be sent to somebody and closed. */
  add(referent: Referent, type: EngineClass): ReferentEngine {
    do this.#last = numberAfter(this.#last); while (this.#of(this.#last).has(this.#last));
    const number = this.#last;
    const engine = withMethod(this.#family.method, () => new type({ manager: this.#engine, number }));
    this.#of(number).set(number, { type, handle: engine.handle, referent });
    return engine;
  }

  /** The referent of that number, if it is still there. */
  get(number: number): Referent | undefined {
    return this.#of(number).get(number)?.referent;
  }

  /** One handle more of the referent of that number; undefined when it is gone. */
  again(number: number): ReferentEngine | undefined {
    const held = this.#of(number).get(number);
    if (held === undefined || !this.#family.allocator.hold(held.handle.address, held.handle.generation)) {
      return undefined;
    }
    return new held.type(new Attachment(this.#family, held.handle));
  }

  /** The referent of a proxy that came here; undefined when it is another server's. */
  of(proxy: ReferentEngine): Referent | undefined {
    const { server, number } = proxy.place;
    return server === this.#family.self ? this.get(number) : undefined;
  }

  /** All of them. */
  *all(): Iterable<Referent> {
    for (const held of this.#held) for (const { referent } of held.values()) yield referent;
  }

  #of(number: number): Map<number, Held> {
    return this.#held[number % MARK_COUNT] as Map<number, Held>; // noUncheckedIndexedAccess
  }

  /** Somebody rang: perhaps because referents have lost their last proxies. */
  readonly #look = (): void => {
    for (const mark of this.#engine.takeMarks()) this.#marked.add(mark);
    if (this.#marked.size > 0) eventually(() => this.#dropUnused());
  };

  #dropUnused(): void {
    const { allocator } = this.#family;
    allocator.still(() => {
      for (const mark of this.#marked) {
        const held = this.#of(mark);
        for (const [number, { handle, referent }] of held) {
          if (allocator.isObject(handle.address, handle.generation)) continue;
          held.delete(number);
          queueMicrotask(() => referent.dispose?.()); // which takes the lock that is held here
        }
      }
    });
    this.#marked.clear();
  }
}
