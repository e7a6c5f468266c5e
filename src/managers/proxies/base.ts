/** What all proxies have in common. */

import { type BlockOptions, limitOf } from "../../base/wait_options.ts";
import { makeFace, wear } from "../../objects/face.ts";
import type { ReferentEngine } from "../blocks.ts";
import { clientOf, gone, type ManagerClient, type Waiting } from "../client.ts";
import { type Seal, sealFor } from "../kept.ts";

/** What every proxy can do, whatever it stands for. CPython: `multiprocessing.managers.BaseProxy`. */
export interface BaseProxy extends Disposable {
  /**
   * Drops this process's proxy; the object on the server goes with the last one. Calls that are under way are done. What this
   * process has acquired stays acquired. Idempotent. CPython: what `del` does.
   */
  close(): void;
  /** As close(). */
  [Symbol.dispose](): void;
}

/** Makes the arguments of a call. */
export type Args = (seal: Seal) => readonly unknown[];

const none: Args = () => [];

/** Where a referent is asked. */
interface Place {
  readonly client: ManagerClient;
  readonly number: number;
}

function locate(engine: ReferentEngine, method: string): Place {
  const { server, requests, number } = engine.place;
  if (!engine.family.alive(server)) throw gone(method); // its queue may be gone too
  return { client: clientOf(engine.family, requests, server), number };
}

/** An object here that stands for one on a manager's server. It has no method that its type doesn't have, so no `then`. */
export class ProxyFace implements BaseProxy {
  readonly #engine: ReferentEngine;
  readonly #seal: Seal;
  /** From the first call on. */
  #place: Place | undefined;

  static {
    makeFace(this.prototype, (proxy) => #engine in proxy ? proxy.#engine : undefined);
  }

  constructor(engine: ReferentEngine) {
    this.#engine = wear(this, engine);
    this.#seal = sealFor(engine.family);
  }

  close(): void {
    this.#engine.close();
  }

  [Symbol.dispose](): void {
    this.#engine.close();
  }

  /** Calls a method of the referent. Static, as what is below: programs see the instances. */
  static ask(proxy: ProxyFace, method: string, args: Args = none, waiting?: Waiting): Promise<unknown> {
    const engine = proxy.#engine;
    try {
      if (!engine.isSeen) engine.ensureOpen(`call ${method} of`); // the text is made only then
      return ProxyFace.call(proxy, method, args, waiting);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** Runs `fn`; until it ends the referent stays, and can be called, whether or not the proxy is closed meanwhile. */
  static async keep<R>(proxy: ProxyFace, fn: () => Promise<R>): Promise<R> {
    const engine = proxy.#engine;
    engine.ensureOpen("use");
    engine.enter();
    try {
      return await fn();
    } finally {
      engine.leave();
    }
  }

  /** As ask, also of a proxy that was closed, while it is kept; what is wrong is thrown. */
  static call(proxy: ProxyFace, method: string, args: Args = none, waiting?: Waiting): Promise<unknown> {
    const engine = proxy.#engine, { client, number } = proxy.#place ??= locate(engine, method);
    engine.enter();
    return client.call(number, method, () => args(proxy.#seal), engine, waiting);
  }

  /** False after close(). */
  static isOpen(proxy: ProxyFace): boolean {
    return proxy.#engine.isSeen;
  }
}

/** Calls a method of what is behind a proxy. */
export const ask = ProxyFace.ask;

/**
 * Calls a method that waits; `args` are told whether it may. `undo` takes back what an answer gives that crosses an abort; a
 * method without it can't be taken back, and waits for the answer after an abort too.
 */
export async function askWaiting(
  proxy: ProxyFace,
  method: string,
  options: BlockOptions | undefined,
  args: (waits: boolean, seal: Seal) => readonly unknown[] = (waits) => [waits],
  undo?: Waiting["undo"],
): Promise<unknown> {
  const limit = limitOf(options), signal = options?.signal;
  signal?.throwIfAborted();
  if (limit === 0) return await ask(proxy, method, (seal) => args(false, seal));
  const waiting: Waiting = { limit, signal, ...(undo === undefined ? {} : { undo }) };
  return await ask(
    proxy,
    method,
    (seal) => args(true, seal),
    limit === Infinity && signal === undefined ? undefined : waiting,
  );
}

/** Takes nothing back: of a call that only looks there is nothing to be taken back. */
export function nothingToUndo(): undefined {}
