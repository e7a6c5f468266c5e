/** A module that fails after an await, and counts how often it is loaded. */

import { mp } from "../context.ts";

const loads = new mp.Value("i", 0, { name: "throws after await" });
loads.add(1);
await new Promise((resolve) => setTimeout(resolve, 5));

export function f(): void {}

throw new RangeError(`load ${loads.value}`);
