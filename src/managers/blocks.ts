/**
 * A manager's server and its referents as blocks of the family's memory: so that it is known, as of any shared object, who has
 * proxies of a referent.
 *
 * ```
 * the server's block (KIND_MANAGER)
 *   0      owner id of the server                           once
 *   1, 2   its queue of requests: address, generation       once; 0 when the block is freed
 *   3…34   marks: bit n % 1024 = a referent of such a number has lost its last proxy      whoever frees it; cleared by the server
 *
 * a referent's block (KIND_REFERENT), of which each process that has a proxy is a holder
 *   0, 1   the server's block: address, generation          once; 0 when the block is freed
 *   2      the referent's number on the server              once
 * ```
 *
 * A referent's block goes when no process has a proxy and no message carries one, whoever finds that out: who closes or loses
 * the last, or recovers a dead one that had it. It marks the number and rings the server. A mark is no more than a hint: the
 * server asks whether the referent's block is there still. So one that comes twice, after a death in between, does no harm.
 */

import type { BatchQueue } from "../channels/batch_queue.ts";
import { indexOf } from "../family/agents.ts";
import { registerCare } from "../family/care.ts";
import type { Family } from "../family/family.ts";
import { HEADER_WORDS, KIND_MANAGER, KIND_REFERENT } from "../memory/layout.ts";
import { enterFlight, leaveFlight } from "../objects/blocks.ts";
import type { Handle } from "../objects/messages.ts";
import { Attachment, type Blueprint, part, SharedObject } from "../objects/object.ts";

const SERVER = 0, REQUESTS = 1, MARKS = 3, MARK_WORDS = 32, MANAGER_WORDS = MARKS + MARK_WORDS;
/** How many marks there are. */
export const MARK_COUNT = 32 * MARK_WORDS;
const MANAGER = 0, NUMBER = 2, REFERENT_WORDS = 3;

/** The payload is a user of that object, and names it in two words. */
function refer(family: Family, i32: Int32Array, at: number, { address, generation }: Handle): void {
  // Counted first: killed in between, the count is too high (a leak), not too low (a wrong object).
  enterFlight(family, { address, generation });
  i32[at + 1] = generation;
  i32[at] = address;
}

/** The object that two words name; undefined = none. */
function referredIn(i32: Int32Array, at: number): Handle | undefined {
  const address = (i32[at] as number) >>> 0;
  return address === 0 ? undefined : { address, generation: i32[at + 1] as number };
}

/** The payload is a user of what two of its words name no more; part of its disposal. */
function unrefer(family: Family, i32: Int32Array, at: number): void {
  const handle = referredIn(i32, at);
  i32[at] = 0;
  if (handle !== undefined) leaveFlight(family, handle);
}

/** A block's words and the index of its payload's first one. */
function payloadOf(family: Family, { address }: Handle): { i32: Int32Array; at: number } {
  const { i32, start } = family.arena.segment(address);
  return { i32, at: address - start + HEADER_WORDS };
}

/** A server's block; the server alone has it open. */
export class ManagerEngine extends SharedObject {
  constructor(requests: BatchQueue) {
    const blueprint: Blueprint = {
      label: "Manager",
      kind: KIND_MANAGER,
      words: MANAGER_WORDS,
      init(family, { i32 }, at) {
        i32[at + SERVER] = family.self;
        refer(family, i32, at + REQUESTS, requests.handle);
      },
    };
    super(blueprint, part);
  }

  /** Takes the marks that came since the last time. */
  *takeMarks(): Iterable<number> {
    const { i32 } = this.segment, first = this.at + MARKS;
    for (let word = 0; word < MARK_WORDS; word++) {
      if (Atomics.load(i32, first + word) === 0) continue;
      let bits = Atomics.exchange(i32, first + word, 0);
      for (; bits !== 0; bits &= bits - 1) yield 32 * word + 31 - Math.clz32(bits & -bits);
    }
  }
}

registerCare(KIND_MANAGER, {
  waitQueues: [],
  dispose: (family, { i32 }, at) => unrefer(family, i32, at + REQUESTS),
});

const joining: Blueprint = { label: "proxy", kind: KIND_REFERENT, words: REFERENT_WORDS };

/** What is behind a proxy: a process's handle of a referent's block. Each type of proxies has its own subclass. */
export class ReferentEngine extends SharedObject {
  #underWay = 0;

  constructor(source: Attachment | NewReferent) {
    super(source instanceof Attachment ? joining : blueprintFor(source), sourceOf(source));
  }

  /** Where the referent is: the server, its queue of requests, and the number there. */
  get place(): { readonly server: number; readonly requests: Handle; readonly number: number } {
    const { i32 } = this.segment, number = i32[this.at + NUMBER] as number;
    // Both are named in these blocks as long as they are there.
    const manager = payloadOf(this.family, referredIn(i32, this.at + MANAGER) as Handle);
    const requests = referredIn(manager.i32, manager.at + REQUESTS) as Handle;
    return { server: manager.i32[manager.at + SERVER] as number, requests, number };
  }

  /** A call begins: until it leaves, the referent stays, whether or not this is closed. */
  enter(): void {
    this.#underWay++;
  }

  /** A call is answered. */
  leave(): void {
    if (--this.#underWay === 0 && !this.isSeen) super.close();
  }

  override ensureOpen(doing: string): void {
    if (!this.isSeen) throw this.closedError(doing);
  }

  override close(): void {
    this.isSeen = false;
    if (this.#underWay === 0) super.close();
  }
}

/** Of a referent that is new: where it is. */
export interface NewReferent {
  readonly manager: ManagerEngine;
  readonly number: number;
}

function sourceOf(source: Attachment | NewReferent): Attachment | typeof part {
  return source instanceof Attachment ? source : part;
}

function blueprintFor({ manager, number }: NewReferent): Blueprint {
  return {
    ...joining,
    init(family, { i32 }, at) {
      i32[at + NUMBER] = number;
      refer(family, i32, at + MANAGER, manager.handle);
    },
  };
}

registerCare(KIND_REFERENT, {
  waitQueues: [],
  dispose(family, { i32 }, at) {
    const manager = referredIn(i32, at + MANAGER);
    if (manager === undefined) return;
    const mark = (i32[at + NUMBER] as number) % MARK_COUNT, there = payloadOf(family, manager);
    Atomics.or(there.i32, there.at + MARKS + (mark >>> 5), 1 << (mark & 31));
    const server = there.i32[there.at + SERVER] as number;
    if (family.alive(server)) family.ringIndex(indexOf(server));
    unrefer(family, i32, at + MANAGER);
  },
});
