/** Callbacks run in the context of whoever gave them: what AsyncLocalStorage says there is what it said to the caller. */

import { builtin } from "../runtime/node_builtins.ts";

/** `fn`, to be called later, in the contexts that are current now. */
export function bound<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  const { AsyncResource } = builtin("node:async_hooks");
  return AsyncResource.bind(fn) as (...args: A) => R;
}
