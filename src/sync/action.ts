/** How functions that travel are named and found: the process layer knows, this layer only needs it for a barrier's action. */

// deno-lint-ignore no-explicit-any -- a function that takes nothing and may return anything
export type Action = ((...args: any[]) => unknown) | URL;

/** What the process layer provides. */
export interface ActionFinder {
  /** A function's name as plain data. MisuseError, TargetError when it can't have one. */
  nameOf(action: Action, doing: string): unknown;
  /** Whether it is a function that can be called here, without importing anything. */
  isHere(action: Action): action is () => unknown;
  /** The function of that name, imported. */
  find(name: unknown): Promise<() => unknown>;
}

let finder: ActionFinder | undefined;

export function provideActions(given: ActionFinder): void {
  finder = given;
}

export function actions(): ActionFinder {
  if (finder === undefined) throw new Error("No action can be found: the process layer isn't loaded");
  return finder;
}
