/** The family table: who is alive, and how to reach each agent. An agent is one process or one worker. */

import { MisuseError } from "../errors/base.ts";
import {
  A_BELL_FD,
  A_BELL_INODE_HIGH,
  A_BELL_INODE_LOW,
  A_BELL_WORD,
  A_PARENT,
  A_PID,
  A_STATE,
  AGENT_DEAD,
  AGENT_ENDED,
  AGENT_FREE,
  AGENT_RUNNING,
  AGENT_STARTING,
  AGENT_WORDS,
  C_AGENTS,
  C_AGENTS_END,
  MAX_AGENTS,
} from "../memory/layout.ts";

/** The agent index in an owner id (`generation << 8 | index`). */
export function indexOf(owner: number): number {
  return owner & 0xff;
}

/** Index in the control words of an agent's line. */
export function lineOf(owner: number): number {
  return C_AGENTS + (owner & 0xff) * AGENT_WORDS;
}

/** Reads and writes the agent lines of one family. */
export class AgentTable {
  readonly #control: Int32Array;

  constructor(control: Int32Array) {
    this.#control = control;
  }

  /** Words of an agent's line. */
  get(owner: number, word: number): number {
    return Atomics.load(this.#control, lineOf(owner) + word);
  }

  set(owner: number, word: number, value: number): void {
    Atomics.store(this.#control, lineOf(owner) + word, value);
  }

  /** Owner id of whoever has line `index` now; 0 when it is free. */
  ownerAt(index: number): number {
    const word = Atomics.load(this.#control, C_AGENTS + index * AGENT_WORDS);
    return (word & 0xf) === AGENT_FREE ? 0 : (word >>> 4) << 8 | index;
  }

  /** AGENT_STARTING, AGENT_RUNNING, AGENT_DEAD, AGENT_ENDED; AGENT_FREE when the line belongs to somebody else by now. */
  stateOf(owner: number): number {
    const word = Atomics.load(this.#control, lineOf(owner));
    return word >>> 4 === owner >>> 8 ? word & 0xf : AGENT_FREE;
  }

  alive(owner: number): boolean {
    const state = this.stateOf(owner);
    return state === AGENT_RUNNING || state === AGENT_STARTING;
  }

  /** The agent itself says that it runs, with what others need to ring it. False = it was given up before. */
  announce(owner: number, pid: number, bell: { readonly fd: number; readonly inode: bigint } | null): boolean {
    const line = lineOf(owner), control = this.#control;
    control[line + A_PID] = pid;
    if (bell !== null) {
      control[line + A_BELL_FD] = bell.fd;
      control[line + A_BELL_INODE_LOW] = Number(bell.inode & 0xffff_ffffn);
      control[line + A_BELL_INODE_HIGH] = Number(bell.inode >> 32n);
    }
    const starting = (owner >>> 8) << 4 | AGENT_STARTING;
    return Atomics.compareExchange(control, line, starting, (owner >>> 8) << 4 | AGENT_RUNNING) === starting;
  }

  bellOf(owner: number): { readonly fd: number; readonly inode: bigint } {
    const line = lineOf(owner), control = this.#control;
    const low = BigInt((control[line + A_BELL_INODE_LOW] as number) >>> 0);
    const high = BigInt((control[line + A_BELL_INODE_HIGH] as number) >>> 0);
    return { fd: control[line + A_BELL_FD] as number, inode: high << 32n | low };
  }

  /** From now on nobody takes it for alive. True when this call was the one that said so. */
  declareDead(owner: number): boolean {
    const line = lineOf(owner);
    for (;;) {
      const word = Atomics.load(this.#control, line);
      const state = word & 0xf;
      if (word >>> 4 !== owner >>> 8 || (state !== AGENT_STARTING && state !== AGENT_RUNNING)) return false;
      const dead = (owner >>> 8) << 4 | AGENT_DEAD;
      if (Atomics.compareExchange(this.#control, line, word, dead) === word) return true;
    }
  }

  /** A recovered agent's line waits for its parent, or is free. Under the table lock. */
  retire(owner: number, state: typeof AGENT_ENDED | typeof AGENT_FREE): void {
    Atomics.store(this.#control, lineOf(owner), (owner >>> 8) << 4 | state);
  }

  /** One more than the highest index that was ever used. */
  end(): number {
    return Atomics.load(this.#control, C_AGENTS_END);
  }

  /** Owner ids of all agents in `states`. */
  *list(...states: number[]): Generator<number> {
    for (let index = 1, end = this.end(); index < end; index++) {
      const owner = this.ownerAt(index);
      if (owner !== 0 && states.includes(this.stateOf(owner))) yield owner;
    }
  }

  /** Running agents whose parent is dead: the system ends them, and nobody may be told. */
  *orphans(): Generator<number> {
    for (const owner of this.list(AGENT_RUNNING)) {
      const parent = this.get(owner, A_PARENT);
      if (parent !== 0 && !this.alive(parent)) yield owner;
    }
  }

  children(parent: number): number[] {
    return [...this.list(AGENT_STARTING, AGENT_RUNNING, AGENT_DEAD, AGENT_ENDED)].filter((owner) =>
      this.get(owner, A_PARENT) === parent
    );
  }
}

/** Finds a free line and makes it a starting agent's; the caller holds the table lock, or is alone. */
export function allocateLine(control: Int32Array, parent: number): number {
  for (let index = 1; index < MAX_AGENTS; index++) {
    const line = C_AGENTS + index * AGENT_WORDS;
    const word = Atomics.load(control, line + A_STATE);
    if ((word & 0xf) !== AGENT_FREE) continue;
    // 22 bits, never 0; an owner id stays a positive 32-bit integer
    const generation = (((word >>> 4) + 1) & 0x3f_ffff) || 1;
    control.fill(0, line + 1, line + AGENT_WORDS);
    control[line + A_PARENT] = parent;
    // A waker that saw this bell word at 0 before can't be confused: rings only grow it.
    Atomics.store(control, line + A_BELL_WORD, 0);
    if (Atomics.load(control, C_AGENTS_END) <= index) Atomics.store(control, C_AGENTS_END, index + 1);
    Atomics.store(control, line + A_STATE, generation << 4 | AGENT_STARTING);
    return generation << 8 | index;
  }
  throw new MisuseError(
    `Cannot start another process: a family has at most ${
      MAX_AGENTS - 1
    } members at a time; join() one that ends first`,
  );
}
