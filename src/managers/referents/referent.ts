/** What a manager's server holds, as the server sees it. */

import type { Family } from "../../family/family.ts";
import type { ReferentEngine } from "../blocks.ts";
import type { Call } from "../call.ts";

/** Methods by name. Each runs in one turn of the server's event loop, so it is atomic. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Methods that are told who calls, and may return LATER: then they answer by the call. */
export type CallMethods = Readonly<Record<string, (call: Call, ...args: never[]) => unknown>>;

/** An object on the server, with the methods that proxies may call. */
export interface Referent {
  readonly methods?: Methods;
  readonly callMethods?: CallMethods;
  /** That client has died, and waits for nothing any more: takes back what it holds. */
  left?(client: number): void;
  /** The last proxy is gone: gives up what it keeps. */
  dispose?(): void;
}

/** The server, as those see it that make referents. */
export interface Host {
  readonly family: Family;
  /** The referent of a proxy that came in a call; undefined when it is another server's. */
  referentOf(proxy: ReferentEngine): Referent | undefined;
}
