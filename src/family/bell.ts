/** The two bells: a pipe for a process, a private word with `Atomics.waitAsync` for a worker. */

import { runtime } from "../runtime/current.ts";
import type { Bell, SystemCalls } from "../runtime/runtime.ts";
import { type AgentTable, lineOf } from "./agents.ts";
import { A_BELL_WORD, A_PID, A_THREAD_ID, AGENT_RUNNING } from "../memory/layout.ts";
import { queueMicrotask, setTimeout } from "../base/originals.ts";

/** How the agents of one family ring each other. */
export interface Bells {
  /** The own bell's descriptor and inode, for others ("process"). */
  readonly own: { readonly fd: number; readonly inode: bigint } | null;
  /** Wakes an agent. False = it is dead. Synchronous. */
  ring(owner: number): boolean;
  /** The same, asking more thoroughly whether it is dead. */
  probe(owner: number): boolean;
  /** From now on `onRing` is called for rings; one that came before is not lost. */
  listen(onRing: () => void): void;
  /** Rings needn't be heard for now; afterwards nothing of this keeps the process alive. */
  rest(): void;
  /** Forgets what is known of agents that are dead by now. */
  forgetDead(): void;
}

/** How long after a bell couldn't be opened it is tried again, in milliseconds. */
const AGAIN_MS = 20;

/** Bells of start method "process". */
export class ProcessBells implements Bells {
  readonly own: Bell;
  readonly #system: SystemCalls;
  readonly #agents: AgentTable;
  readonly #descriptors = new Map<number, number>();
  /** Those that are still to be rung: there was no descriptor left for their bells. */
  readonly #unrung = new Set<number>();

  constructor(system: SystemCalls, agents: AgentTable) {
    this.#system = system;
    this.#agents = agents;
    this.own = system.createBell();
  }

  ring(owner: number): boolean {
    let fd = this.#descriptors.get(owner);
    if (fd === undefined) {
      // A starting agent has no bell yet, and looks at everything when it has.
      if (this.#agents.stateOf(owner) !== AGENT_RUNNING) return this.#agents.alive(owner);
      const opened = this.#open(owner);
      if (opened === null) return false;
      if (opened === undefined) return true; // it finds out at its next look
      // Whatever it is rung for is done: this must not fail.
      if (opened === "later") return this.#ringLater(owner);
      this.forgetDead(); // of some deaths nobody tells us: so there are never more descriptors than agents
      this.#descriptors.set(owner, fd = opened);
    }
    return this.#system.ring(fd);
  }

  /** A descriptor of its bell; null = it is dead, undefined = it is alive, but out of reach; "later" = there is none left. */
  #open(owner: number): number | null | undefined | "later" {
    const { fd, inode } = this.#agents.bellOf(owner), pid = this.#agents.get(owner, A_PID);
    for (;;) {
      try {
        return this.#system.openBell(pid, fd, inode);
      } catch {
        // Those of others can be opened again.
        const [other] = this.#descriptors;
        if (other === undefined) return "later";
        this.#descriptors.delete(other[0]);
        this.#system.close(other[1]);
      }
    }
  }

  #ringLater(owner: number): true {
    this.#unrung.add(owner);
    if (this.#unrung.size === 1) {
      setTimeout(() => {
        const owners = [...this.#unrung];
        this.#unrung.clear();
        for (const owner of owners) this.ring(owner); // one that is dead is noticed by whoever waits for it
      }, AGAIN_MS);
    }
    return true;
  }

  probe(owner: number): boolean {
    return this.ring(owner);
  }

  listen(onRing: () => void): void {
    this.own.listen(onRing);
  }

  rest(): void {
    this.own.rest();
  }

  forgetDead(): void {
    for (const [owner, fd] of this.#descriptors) {
      if (this.#agents.alive(owner)) continue;
      this.#descriptors.delete(owner);
      this.#system.close(fd);
    }
  }
}

/** Bells of start method "worker". */
export class WorkerBells implements Bells {
  readonly own = null;
  readonly #control: Int32Array;
  readonly #agents: AgentTable;
  readonly #at: number;
  #onRing: (() => void) | undefined;
  #armed = false;
  #heard = 0;

  constructor(control: Int32Array, agents: AgentTable, self: number) {
    this.#control = control;
    this.#agents = agents;
    this.#at = lineOf(self) + A_BELL_WORD;
  }

  ring(owner: number): boolean {
    if (!this.#agents.alive(owner)) return false;
    const at = lineOf(owner) + A_BELL_WORD;
    Atomics.add(this.#control, at, 1);
    Atomics.notify(this.#control, at);
    return true;
  }

  probe(owner: number): boolean {
    if (!this.ring(owner)) return false;
    const id = this.#agents.get(owner, A_THREAD_ID);
    return id === 0 || runtime.threadRuns(id);
  }

  listen(onRing: () => void): void {
    this.#onRing = onRing;
    this.#arm();
  }

  /** The outstanding wait stays (an abandoned one would swallow a notify); it doesn't keep the worker alive. */
  rest(): void {}

  forgetDead(): void {}

  #arm(): void {
    if (this.#armed) return;
    this.#armed = true;
    const result = Atomics.waitAsync(this.#control, this.#at, this.#heard);
    if (result.async) result.value.then(this.#rung);
    else queueMicrotask(this.#rung);
  }

  readonly #rung = (): void => {
    this.#armed = false;
    this.#heard = Atomics.load(this.#control, this.#at);
    this.#onRing?.();
    this.#arm();
  };
}
