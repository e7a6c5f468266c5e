/** The functions that are known as targets. */

import { copies } from "../base/copies.ts";
import type { AnyFunction } from "./plain_function.ts";
import type { Reference } from "./reference.ts";

/** Functions that name themselves: made by task(), or taken from targets(). */
export const known = new WeakMap<object, Reference>();

/** What task() registered, by module and name. */
export const tasks = (copies.tasks ??= new Map()) as Map<string, Map<string, AnyFunction>>;

/** The function that task() registered; only after its module was imported. */
export function registeredTask(module: string, name: string): AnyFunction | undefined {
  return tasks.get(module)?.get(name);
}
