/** Waiting for what happens to another agent: the bell is heard, and the family table is looked at. */

import { type Family, TICK_MS } from "../family/family.ts";
import type { WaitOptions } from "../base/wait_options.ts";
import { limited } from "../base/limited.ts";
import { clearInterval, setInterval } from "../base/originals.ts";

/** What `look()` gives, as soon as it isn't undefined: it is asked again after every ring. */
function watching<T>(family: Family, look: () => T | undefined): (tell: (value: T) => void) => () => void {
  return (tell) => {
    const stop = () => {
      if (family.listeners.delete(listener)) family.unattend();
    };
    const listener = () => {
      const found = look();
      if (found === undefined) return;
      stop();
      tell(found);
    };
    family.listeners.add(listener);
    family.attend();
    listener();
    return stop;
  };
}

/** Resolves with what `look()` gives, as soon as it isn't undefined: it is asked again after every ring. */
export function watch<T>(family: Family, look: () => T | undefined): Promise<T> {
  const now = look();
  return now !== undefined ? Promise.resolve(now) : new Promise((resolve) => void watching(family, look)(resolve));
}

/** Waits for the end of an agent; false when the limit ran out. */
export async function waitForEnd(family: Family, owner: number, options?: WaitOptions): Promise<boolean> {
  // A death is rung to everyone once it is found; this asks, in case nobody else does.
  const timer = setInterval(() => family.probe(owner), TICK_MS);
  try {
    return await limited(watching(family, () => family.alive(owner) ? undefined : true), options) ?? false;
  } finally {
    clearInterval(timer);
  }
}
