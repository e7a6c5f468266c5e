/** What runs when a process ends: the functions that it registered. */

import { runtime } from "../runtime/current.ts";
import { nameOfThis } from "../family/identity.ts";
import { textOf } from "../base/words.ts";
import { clearTimeout, setTimeout } from "../base/originals.ts";

const EXIT_DEADLINE_MS = 5000;

const exitHooks = new Set<() => unknown>();

/** Called when the first exit hook of this process is registered; set by the module that ends it. */
let firstHook: (() => void) | undefined;
export function onFirstExitHook(fn: () => void): void {
  firstHook = fn;
}

function takeExitHooks(): (() => unknown)[] {
  const hooks = [...exitHooks].reverse();
  exitHooks.clear();
  return hooks;
}

function hookFailed(error: unknown): void {
  runtime.writeError(`${nameOfThis()}: an exit hook failed: ${textOf(error)}\n`);
}

/** Forgets what onExit() registered. */
export function dropExitHooks(): void {
  exitHooks.clear();
}

/** Runs what onExit() registered, last first, each at most once; gives up after the deadline. */
export function runExitHooks(): Promise<void> | undefined {
  const hooks = takeExitHooks();
  return hooks.length === 0 ? undefined : runAll(hooks);
}

async function runAll(hooks: readonly (() => unknown)[]): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined, late = false;
  const deadline = new Promise<void>((resolve) =>
    timer = setTimeout(() => {
      late = true;
      runtime.writeError(`${nameOfThis()}: gave up the exit hooks, which took longer than ${EXIT_DEADLINE_MS} ms\n`);
      resolve();
    }, EXIT_DEADLINE_MS)
  );
  const all = (async () => {
    for (const hook of hooks) {
      if (late) return;
      try {
        await hook();
      } catch (error) {
        hookFailed(error);
      }
    }
  })();
  await Promise.race([all, deadline]);
  clearTimeout(timer);
}

/** As runExitHooks, where nothing can be awaited any more. */
export function runExitHooksNow(): void {
  for (const hook of takeExitHooks()) {
    try {
      const done = hook();
      if (done instanceof Promise) done.catch(hookFailed);
    } catch (error) {
      hookFailed(error);
    }
  }
}

/** Registers an exit hook; the result withdraws it. */
export function addExitHook(fn: () => unknown): () => void {
  // A wrapper, so that the same function registered twice runs twice.
  const hook = () => fn();
  exitHooks.add(hook);
  firstHook?.();
  firstHook = undefined;
  return () => void exitHooks.delete(hook);
}
