/** Doing again, after a moment, what a stopped process stands in the way of. */

import { FIRST_RETRY_MS, impatiently, LAST_RETRY_MS } from "../memory/robust_lock.ts";
import { setTimeout } from "../base/originals.ts";

/** What `attempt` gives once no stopped process stands in its way: until then it is made again and again. */
export async function persist<T>(attempt: () => T): Promise<T> {
  for (let delay = FIRST_RETRY_MS;; delay = Math.min(2 * delay, LAST_RETRY_MS)) {
    let stands = false;
    const result = impatiently(attempt, undefined, () => stands = true);
    if (!stands) return result as T;
    await new Promise<void>((resolve) => void setTimeout(resolve, delay));
  }
}

/** Makes `attempt` now; if a stopped process stands in its way, then as soon as that goes on. */
export function eventually(attempt: () => void, delay = FIRST_RETRY_MS): void {
  impatiently(attempt, undefined, () => {
    setTimeout(() => eventually(attempt, Math.min(2 * delay, LAST_RETRY_MS)), delay);
  });
}
