/** A pool's live figures. */

/** Live figures of a pool. */
export interface PoolStats {
  /** Tasks (of map: chunks) that no worker has begun. */
  readonly queued: number;
  /** Workers that have a task. */
  readonly running: number;
  /** Tasks that have a result, since the pool began. */
  readonly done: number;
  /** Tasks that have failed since; those that were withdrawn count in neither. */
  readonly failed: number;
  /** The workers that tasks can be given to. */
  readonly workers: readonly {
    /** OS process id (of the host process for a thread); 0 before it has one. */
    readonly pid: number;
    /** Tasks it has done. */
    readonly tasks: number;
    /** Whether it has a task. */
    readonly busy: boolean;
    /** Resident bytes; null for a thread, or where the system doesn't tell. */
    readonly rss: number | null;
  }[];
  /** Milliseconds from handing in to outcome, of the last 1 024 tasks: percentiles; 0 when there was none yet. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number };
}

const KEPT = 1024;

/** The last latencies, for percentiles. */
export class Latencies {
  readonly #kept = new Float64Array(KEPT);
  #count = 0;

  add(milliseconds: number): void {
    this.#kept[this.#count++ % KEPT] = milliseconds;
  }

  /** Percentiles; 0 when there is nothing yet. */
  percentiles(): PoolStats["latency"] {
    const sorted = this.#kept.slice(0, Math.min(this.#count, KEPT)).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
    return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
  }
}
