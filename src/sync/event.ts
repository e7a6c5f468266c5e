/** Event, as programs see it; event_engine.ts does the work. */

import type { WaitOptions } from "../base/wait_options.ts";
import { makeFace, wear } from "../objects/face.ts";
import type { Named } from "../objects/object.ts";
import { registerSharedClass } from "../wire/handles.ts";
import { EventEngine } from "./event_engine.ts";

/**
 * A flag that processes wait for. CPython: `multiprocessing.Event`.
 *
 * @example
 * ```ts
 * import { Event } from "@manyproc/multiprocessing";
 *
 * const ready = new Event({ name: "my-package/ready" });
 * ready.set(); // in another process, say
 * if (await ready.wait({ timeout: 1000 })) console.log("set");
 * ```
 */
export class Event {
  readonly #engine: EventEngine;

  static {
    makeFace(this.prototype, (event) => #engine in event ? event.#engine : undefined);
  }

  /**
   * Not set at first, unless it exists already: the same name in one family is the same event.
   * @throws {MisuseError} when the name is another class's
   */
  constructor(options?: Named);
  constructor(options?: Named | EventEngine) {
    this.#engine = wear(this, options instanceof EventEngine ? options : new EventEngine(options));
  }

  /**
   * Sets the flag and wakes everyone who waits. CPython: `Event.set()`.
   * @throws {ClosedError} when this handle is closed
   */
  set(): void {
    this.#engine.set();
  }

  /**
   * Takes the flag back. CPython: `Event.clear()`.
   * @throws {ClosedError} when this handle is closed
   */
  clear(): void {
    this.#engine.clear();
  }

  /**
   * Whether the flag is set now. CPython: `Event.is_set()`.
   * @throws {ClosedError} when this handle is closed
   */
  isSet(): boolean {
    return this.#engine.isSet();
  }

  /**
   * Waits until it is set (a set that is cleared again at once counts); false when `timeout` milliseconds (default: no limit)
   * ran out first. Rejects with `signal.reason` when aborted. CPython: `Event.wait()`.
   * @throws {ClosedError} when this handle is closed
   */
  wait(options?: WaitOptions): Promise<boolean> {
    return this.#engine.wait(options);
  }

  /** Drops this process's handle; the event goes with the last one. Idempotent. */
  close(): void {
    this.#engine.close();
  }
}

registerSharedClass("Event", Event, EventEngine);
