/** Options of Value and Array. */

import type { Named } from "../memory/object.ts";
import type { Lock } from "../sync/lock.ts";
import type { RLock } from "../sync/rlock.ts";

/** Options of Value and Array. */
export interface SharedOptions extends Named {
  /** true (default): a new RLock. A lock: that one. false: none. */
  lock?: boolean | Lock | RLock;
}
