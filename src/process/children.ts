/** The children of this process that are alive. */

import { runtime } from "../runtime/current.ts";
import { keptAlive } from "../base/event_loop.ts";

/** What is kept of a child. */
export interface Child {
  readonly daemon: boolean;
  readonly isThread: boolean;
  /** A stopped process keeps it from being born: it never is, if this one ends first. */
  readonly isUnborn: boolean;
  readonly sentinel: Promise<number>;
  terminate(): void;
  kill(): void;
}

const alive = new Set<Child>();
let watching = false;

/** A child was started; until `childEnded` it is alive. */
export function childStarted(child: Child): void {
  alive.add(child);
  if (watching) return;
  watching = true;
  // The last moment where code runs: a process that ends takes its daemons with it.
  runtime.onExit(() => {
    for (const one of alive) if (one.daemon) one.terminate();
  });
}

export function childEnded(child: Child): void {
  alive.delete(child);
}

/** Children that haven't ended. */
export function livingChildren(): readonly Child[] {
  return [...alive];
}

/**
 * Whether a daemon may never end, and needn't be waited for: one that isn't born, or a thread, where one that computes can't be
 * stopped. It goes with the process, which ends with this thread if this is the main one.
 */
function mayStay({ daemon, isThread, isUnborn }: Child): boolean {
  return daemon && (isUnborn || isThread && !runtime.stopsThreads && !runtime.isThread);
}

/** Before the end of a process: daemons are terminated, the others awaited. */
export function endChildren(): Promise<unknown> | undefined {
  for (const child of alive) if (child.daemon) child.terminate();
  const awaited = [...alive].filter((child) => !mayStay(child));
  if (awaited.length === 0) return undefined; // and no timer: on Deno, the first in a process takes 7 ms
  return keptAlive(Promise.all(awaited.map((child) => child.sentinel)));
}

/** Ends all children, daemons or not, and waits until they have ended. */
export async function killChildren(): Promise<void> {
  for (const child of alive) child.kill();
  await keptAlive(Promise.all([...alive].filter(({ isUnborn }) => !isUnborn).map((child) => child.sentinel)));
}
