/** The engine of an RLock: a lock that its own `with()` may enter again. The payload is Lock's. */

import type { AsyncLocalStorage } from "node:async_hooks";
import { MisuseError } from "../errors/base.ts";
import { type BlockOptions, limitOf, type WaitOptions } from "../base/wait_options.ts";
import { registerCare } from "../family/care.ts";
import { KIND_RLOCK } from "../memory/layout.ts";
import type { Attachment, Blueprint, Named } from "../objects/object.ts";
import { builtin } from "../runtime/node_builtins.ts";
import type { Held } from "./acquirable.ts";
import { LOCK_PAYLOAD_WORDS, lockCare, LockEngine } from "./lock_engine.ts";

const blueprint: Blueprint = { label: "RLock", kind: KIND_RLOCK, words: LOCK_PAYLOAD_WORDS };

/** How deep one run of `with()` is inside. */
interface Run {
  depth: number;
  readonly held: Held;
}

/**
 * JavaScript has no thread that could own it, so re-entrance is by call: everything that runs inside `with()`, across its
 * awaits, may acquire again. An `acquire` or `hold` outside of a `with()` is always a new owner.
 */
export class RLockEngine extends LockEngine {
  readonly #runs: AsyncLocalStorage<Run> = new (builtin("node:async_hooks").AsyncLocalStorage)<Run>();

  constructor(options?: Named | Attachment) {
    super(options, blueprint);
  }

  override acquire(options?: BlockOptions): Promise<boolean> {
    const run = this.#inside();
    return run === undefined ? super.acquire(options) : this.#acquireAgain(run, options);
  }

  async #acquireAgain(run: Run, options: BlockOptions | undefined): Promise<boolean> {
    this.#check(options);
    run.depth++; // before anything is awaited: the run may end meanwhile
    if (this.family.due()) await this.family.turn();
    return true;
  }

  override acquireNowait(): boolean {
    const run = this.#inside();
    if (run === undefined) return super.acquireNowait();
    this.ensureOpen("acquire");
    run.depth++;
    return true;
  }

  /** Takes one level back; of the outermost, gives it back. MisuseError inside a `with()` that has no level left but its own. */
  override release(): void {
    const run = this.#inside();
    if (run === undefined) return super.release();
    this.ensureOpen("release");
    if (run.depth === 1) {
      throw new MisuseError(`Cannot release ${this.title}: the with() around this call releases it`);
    }
    run.depth--;
  }

  /** The run's levels end with the lock, until it is acquired again: meanwhile nobody is inside. */
  override releaseFully(): () => Promise<void> {
    const run = this.#runs.getStore(), depth = run?.depth ?? 0;
    super.release();
    if (run !== undefined) run.depth = 0;
    return async () => {
      await super.acquire();
      if (run !== undefined) run.depth = depth;
    };
  }

  override async with<R>(fn: (held: Held) => R | Promise<R>, options?: WaitOptions): Promise<R> {
    this.ensureFunction(fn);
    const run = this.#inside();
    if (run !== undefined) {
      this.#check(options);
      const result = await fn(run.held);
      if (this.family.due()) await this.family.turn();
      return result;
    }
    return await super.with(async (held) => {
      const inside: Run = { depth: 1, held };
      try {
        return await this.#runs.run(inside, () => fn(held));
      } finally {
        // Levels that were acquired and never released end with the run.
        inside.depth = 0;
      }
    }, options);
  }

  /** The run of `with()` that this call is inside of. */
  #inside(): Run | undefined {
    const run = this.#runs.getStore();
    return run === undefined || run.depth === 0 ? undefined : run;
  }

  /** What holds for every acquisition holds for one that needn't wait. */
  #check(options: BlockOptions | undefined): void {
    limitOf(options);
    options?.signal?.throwIfAborted();
    this.ensureOpen("acquire");
  }
}

registerCare(KIND_RLOCK, lockCare);
