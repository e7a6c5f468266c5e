/** A module whose global queue has no name: every process that loads it has a queue of its own. */

import { mp } from "./context.ts";

const lost = new mp.Queue<string>(); // line 5

export function f(): void {
  lost.putNowait("nobody will see this");
}
