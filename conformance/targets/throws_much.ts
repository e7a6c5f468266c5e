/** A module that can't be loaded, and has much to say about it, with a shared object. */

import { mp } from "./context.ts";

export function f(): void {}

const event = new mp.Event({ name: "in a report" });
throw Object.assign(new RangeError("w".repeat(300_000)), { event });
