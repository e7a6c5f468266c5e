/** Names on a manager's server: of methods that proxies may call, and of the types that every server has. */

/** What every object has, and what would make a proxy something else: never exposed. */
const hidden = new Set([...Object.getOwnPropertyNames(Object.prototype), "then", "toJSON"]);

/** Whether a method of that name can be called by proxies at all. */
export function isExposable(name: unknown): name is string {
  return typeof name === "string" && !hidden.has(name);
}

/** SyncManager's types, by the names that CPython's register() gives them. */
export const typeIds = [
  ...["dict", "list", "set", "Namespace", "Lock", "RLock", "Semaphore", "BoundedSemaphore", "Condition"] as const,
  ...["Event", "Barrier", "Queue", "JoinableQueue", "Value", "Array"] as const,
] as const;

/** The name of a type. */
export type TypeId = typeof typeIds[number];

/** Whether SyncManager has a type of that name. */
export function isTypeId(name: string): name is TypeId {
  return (typeIds as readonly string[]).includes(name);
}
