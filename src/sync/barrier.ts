/** Barrier, as programs see it; barrier_engine.ts does the work. */

import type { WaitOptions } from "../base/wait_options.ts";
import { makeFace, wear } from "../objects/face.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { BarrierEngine, type BarrierOptions } from "./barrier_engine.ts";

/**
 * A number of parties that wait for each other. CPython: `multiprocessing.Barrier`.
 *
 * A party that times out, is aborted or dies while it waits breaks the barrier for all, until reset().
 *
 * @example
 * ```ts
 * import { Barrier } from "@manyproc/multiprocessing";
 *
 * const start = new Barrier(2, { timeout: 5000 });
 * console.log(await Promise.all([start.wait(), start.wait()])); // [0, 1]
 * ```
 */
export class Barrier {
  readonly #engine: BarrierEngine;

  static {
    makeFace(this.prototype, (barrier) => #engine in barrier ? barrier.#engine : undefined);
  }

  /**
   * For `parties` parties.
   * @throws {RangeError} for a number of parties below 1
   * @throws {TargetError} when other processes could never find the action
   * @throws {MisuseError} when the name is another class's, or a barrier's for another number of parties
   */
  constructor(parties: number, options?: BarrierOptions);
  constructor(parties: number | BarrierEngine, options?: BarrierOptions) {
    this.#engine = wear(this, parties instanceof BarrierEngine ? parties : new BarrierEngine(parties, options));
  }

  /** How many it takes. CPython: `Barrier.parties`. */
  get parties(): number {
    return this.#engine.parties;
  }

  /** How many wait now. CPython: `Barrier.n_waiting`. */
  get nWaiting(): number {
    return this.#engine.nWaiting;
  }

  /** Whether waits are refused until reset(). CPython: `Barrier.broken`. */
  get broken(): boolean {
    return this.#engine.broken;
  }

  /**
   * Waits for the others; resolves to this party's index in the round, 0 to parties - 1. What the action throws is thrown in
   * the party that ran it. Rejects with `signal.reason` when aborted. CPython: `Barrier.wait()`.
   *
   * `timeout`: milliseconds; default: the barrier's own.
   * @throws {BrokenBarrierError} when the barrier is or gets broken: by a timeout (also this one's), an abort, a death, reset()
   * @throws {ClosedError} when this handle is closed
   */
  wait(options?: WaitOptions): Promise<number> {
    return this.#engine.wait(options);
  }

  /**
   * Back to empty and whole; those who wait get BrokenBarrierError. CPython: `Barrier.reset()`.
   * @throws {ClosedError} when this handle is closed
   */
  reset(): void {
    this.#engine.reset();
  }

  /**
   * Breaks it: those who wait, and who come, get BrokenBarrierError until reset(). CPython: `Barrier.abort()`.
   * @throws {ClosedError} when this handle is closed
   */
  abort(): void {
    this.#engine.abort();
  }

  /** Drops this process's handle; one that waits by it leaves, which breaks its round. Idempotent. */
  close(): void {
    this.#engine.close();
  }
}

registerSharedClass("Barrier", Barrier, BarrierEngine);
