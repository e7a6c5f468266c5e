/** A module that awaits while it is loaded, and counts how often that happens. */

import { mp } from "../context.ts";

const loads = new mp.Value("i", 0, { name: "awaits at load" });
loads.add(1);
await new Promise((resolve) => setTimeout(resolve, 5));

/** Adds what it is given to the count. */
export function f(more: number): void {
  loads.add(more);
}
