/** A family: the root and all it starts, sharing one memory; this process's or worker's place in it. */

import type { Boot, StartMethod } from "../runtime/runtime.ts";
import { runtime } from "../runtime/current.ts";
import { AgentTable, allocateLine, indexOf } from "./agents.ts";
import type { Allocator } from "../memory/allocator.ts";
import { Arena } from "../memory/arena.ts";
import { type Backing, ProcessBacking, WorkerBacking } from "../memory/backing.ts";
import { type Bells, ProcessBells, WorkerBells } from "./bell.ts";
import { due, Lingering, turn } from "../base/event_loop.ts";
import { A_PID, A_THREAD, A_THREAD_ID, AGENT_DEAD, AGENT_RUNNING, C_DEATHS } from "../memory/layout.ts";
import type { Owners, RobustLock } from "../memory/robust_lock.ts";
import { clearInterval, queueMicrotask, setInterval } from "../base/originals.ts";

/** How often a waiting agent asks whether those it waits for are alive, in milliseconds. */
export const TICK_MS = 250;
/** How long after the last wait the bell is heard on, in milliseconds. */
const LINGER_MS = 4;

/** A queue of this agent's waits, as its family asks it; see futex.ts. */
export interface Waits {
  /** Whether anybody waits there. */
  readonly busy: boolean;
  /** The bell rang; `force`: whether or not this queue was meant. */
  poke(force: boolean): void;
  /** Looks whether what is waited for is there. */
  serve(): void;
  /** Owner ids whose death would change something. */
  blockers(): Iterable<number>;
}

/** What is done about the dead; see deaths.ts. */
export interface Deaths {
  /** Somebody was found dead: deals with it when whoever found it is done. */
  noticed(): void;
  /** Looks for the dead. */
  look(): void;
  /** A child of this agent has ended and all is read from its line: recovers what it held, and gives the line back. */
  bury(owner: number): void;
}

/** What it takes to change a family's memory. A child that only runs its target does without, and doesn't load it. */
export interface Changes {
  readonly allocator: Allocator;
  /** Guards the agents' lines, when one is given out or taken back, and recovery. */
  readonly tableLock: RobustLock;
  /** Gives back the locks of sections that a throw has ended before they could. */
  giveBackLeft(): void;
}

let makeChanges: ((family: Family) => Changes) | undefined;

/** Says how a family's memory is changed; see changes.ts. */
export function changesComeFrom(make: (family: Family) => Changes): void {
  makeChanges = make;
}

/** One agent's view of its family. There is at most one for each start method in a process or worker. */
export class Family implements Owners {
  readonly method: StartMethod;
  readonly arena: Arena;
  readonly agents: AgentTable;
  /** This agent's owner id. */
  readonly self: number;
  /**
   * Objects that this agent has open, by address and generation: a handle that comes twice is one object. Several are those
   * that it made by one name.
   */
  readonly objects: Map<string, readonly WeakRef<object>[]> = new Map();
  readonly bells: Bells;
  /** Called after each ring, e.g. to look for requests of the parent. */
  readonly listeners: Set<() => void> = new Set();

  #changes: Changes | undefined;
  readonly #waiting = new Set<Waits>();
  readonly #deaths: Deaths;
  #attention = 0;
  #pending = 0;
  #tick: ReturnType<typeof setInterval> | undefined;
  readonly #lingering = new Lingering(LINGER_MS, () => this.#pending > 0, () => {
    clearInterval(this.#tick);
    this.#tick = undefined;
    this.unattend();
  });
  #deathsSeen = 0;
  #pokeScheduled = false;
  #isOver = false;

  private constructor(backing: Backing, self: number | undefined, deaths: (family: Family) => Deaths) {
    this.#deaths = deaths(this);
    this.method = backing.method;
    this.arena = new Arena(backing, self === undefined);
    this.self = self ?? allocateLine(this.arena.control, 0);
    this.agents = new AgentTable(this.arena.control);
    this.bells = this.method === "process"
      ? new ProcessBells(runtime.system(), this.agents)
      : new WorkerBells(this.arena.control, this.agents, this.self);
    if (self !== undefined && this.method === "worker") this.agents.set(self, A_THREAD_ID, runtime.threadId());
    if (!this.agents.announce(this.self, runtime.pid, this.bells.own)) {
      throw new Error("Cannot join the family: its parent has died");
    }
    this.#deathsSeen = Atomics.load(this.arena.control, C_DEATHS);
  }

  /** A new family with this agent as its root. SpawnError when the method can't be had here. */
  static create(method: StartMethod, deaths: (family: Family) => Deaths): Family {
    const backing = method === "process" ? new ProcessBacking(runtime.system()) : new WorkerBacking();
    return new Family(backing, undefined, deaths);
  }

  /** The family that this child was born into. */
  static join(boot: Boot, self: number, deaths: (family: Family) => Deaths): Family {
    if (boot.method === "process") {
      const system = runtime.system();
      system.dieWithParent();
      return new Family(new ProcessBacking(system, boot.memoryFd), self, deaths);
    }
    return new Family(new WorkerBacking(boot.memory), self, deaths);
  }

  /** What hands out blocks of its memory. */
  get allocator(): Allocator {
    return (this.#changes ?? this.#change()).allocator;
  }

  /** See Changes. */
  get tableLock(): RobustLock {
    return (this.#changes ?? this.#change()).tableLock;
  }

  #change(): Changes {
    if (makeChanges === undefined) throw new Error("What changes a family's memory wasn't loaded");
    return this.#changes = makeChanges(this);
  }

  // ── who is alive ──

  alive(owner: number): boolean {
    return this.agents.alive(owner);
  }

  nameOf(owner: number): string {
    const kind = this.agents.get(owner, A_THREAD) === 0 ? "process" : "worker";
    return `${kind} ${this.identOf(owner, this.agents.get(owner, A_PID))}`;
  }

  probe(owner: number): void {
    if (owner === this.self || !this.agents.alive(owner)) return;
    if (!this.bells.probe(owner)) this.died(owner);
  }

  /** That agent has ended: recovers what it held, once this call's caller is done and all kinds of objects are known. */
  died(owner: number): void {
    if (this.agents.declareDead(owner) || this.agents.stateOf(owner) === AGENT_DEAD) this.#deaths.noticed();
  }

  /** See Deaths. */
  bury(owner: number): void {
    this.#deaths.bury(owner);
  }

  /** "4711", or "4711:2" for a worker. */
  identOf(owner: number, pid: number): string {
    const thread = this.agents.get(owner, A_THREAD);
    return thread === 0 ? String(pid) : `${pid}:${thread}`;
  }

  /**
   * The last act of this agent: from now on others may have what it held. Its thread may have work of this very turn of the
   * event loop before it, and Deno does it, whatever exit says: so nothing that waits here goes on any more.
   */
  end(): void {
    this.#isOver = true;
    this.agents.declareDead(this.self);
  }

  /** Whether this agent has ended, though its thread still runs. */
  get isOver(): boolean {
    return this.#isOver;
  }

  // ── ringing and being rung ──

  /** Wakes whoever has that index; false = nobody alive has it. */
  ringIndex(index: number): boolean {
    if (index === indexOf(this.self)) {
      this.#schedulePoke();
      return true;
    }
    const owner = this.agents.ownerAt(index);
    if (owner === 0 || !this.agents.alive(owner)) return false;
    if (this.bells.ring(owner)) return true;
    this.died(owner);
    return false;
  }

  /** After a death: everybody looks at everything again. */
  ringAll(): void {
    Atomics.add(this.arena.control, C_DEATHS, 1);
    for (const owner of this.agents.list(AGENT_RUNNING)) this.ringIndex(indexOf(owner));
  }

  #schedulePoke(): void {
    if (this.#pokeScheduled) return;
    this.#pokeScheduled = true;
    queueMicrotask(() => {
      this.#pokeScheduled = false;
      this.#rung();
    });
  }

  readonly #rung = (): void => {
    if (this.#isOver) return;
    this.#changes?.giveBackLeft(); // somebody may ring because of one
    const deaths = Atomics.load(this.arena.control, C_DEATHS);
    const force = deaths !== this.#deathsSeen;
    this.#deathsSeen = deaths;
    if (force) this.bells.forgetDead(); // somebody else has recovered them
    for (const queue of [...this.#waiting]) queue.poke(force);
    for (const listener of [...this.listeners]) listener();
  };

  // ── waiting ──

  /** A wait begins: until it ends, the bell is heard and the process stays alive. */
  beginWait(queue: Waits): void {
    this.#waiting.add(queue);
    this.#pending++;
    if (this.#tick !== undefined) return;
    this.attend();
    this.#tick = setInterval(() => this.#ask(), TICK_MS);
  }

  endWait(queue: Waits): void {
    if (!queue.busy) this.#waiting.delete(queue);
    if (--this.#pending > 0) return;
    this.#lingering.used();
  }

  /** Hears the bell until `unattend`, without keeping the process alive for it. */
  attend(): void {
    if (this.#attention++ === 0) this.bells.listen(this.#rung);
  }

  unattend(): void {
    if (--this.#attention === 0) this.bells.rest();
  }

  #ask(): void {
    if (this.#isOver) return;
    this.#changes?.giveBackLeft();
    for (const queue of this.#waiting) {
      for (const owner of queue.blockers()) this.probe(owner);
    }
    for (const owner of this.agents.orphans()) this.probe(owner);
    this.#deaths.look();
    // Whoever should have woken us may have been killed before it did, and nobody have noticed.
    for (const queue of [...this.#waiting]) queue.serve();
  }

  /** After an attempt that took no time, also one in vain: must the event loop get a turn now? Then await `turn()`. */
  due(): boolean {
    return due();
  }

  /** One turn of the event loop: timers, signals and aborts get through. Nothing goes on here that has ended. */
  async turn(): Promise<void> {
    await turn();
    if (this.#isOver) await new Promise<never>(() => {});
  }
}
