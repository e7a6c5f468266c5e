/** Options of Value and Array. */

import type { Named } from "../objects/object.ts";
import { ensureOptions } from "../base/options.ts";
import type { Lock } from "../sync/lock.ts";
import type { RLock } from "../sync/rlock.ts";

/** Options of Value and SharedArray. */
export interface SharedOptions extends Named {
  /**
   * true: a new RLock. A lock: that one. false: none.
   * @default true
   */
  lock?: boolean | Lock | RLock;
}

/** The lock that is asked for. MisuseError for options that aren't an object. `what`: "a Value". */
export function lockIn(options: SharedOptions | undefined, what: string): SharedOptions["lock"] {
  ensureOptions(options, `create ${what}`, { boolean: "lock", string: "name" });
  return options?.lock;
}

/** The options of what has no lock, as of what may have one. */
export function withoutLock(options: Named | undefined, what: string): SharedOptions {
  ensureOptions(options, `create ${what}`, { string: "name" });
  return { ...options, lock: false };
}
