/** The end of a process: exit hooks first, then its children, then the code that the parent sees. */

import { lineOf } from "../family/agents.ts";
import { A_EXITCODE, A_EXITED } from "../memory/layout.ts";
import { runtime } from "../runtime/current.ts";
import { endChildren, killChildren, livingChildren } from "./children.ts";
import { birthOfThis } from "../family/identity.ts";
import { dropExitHooks, runExitHooks } from "./hooks.ts";

let leaving: Promise<never> | undefined;

/** Notes the exit code in the family table, where the parent of a worker reads it. */
export function recordExit(code: number): void {
  const birth = birthOfThis();
  if (birth === undefined) return;
  const { control } = birth.family.arena, line = lineOf(birth.family.self);
  if (Atomics.load(control, line + A_EXITED) !== 0) return;
  Atomics.store(control, line + A_EXITCODE, code);
  Atomics.store(control, line + A_EXITED, 1);
}

/** Whether this process or worker has begun to end; a thread of Deno runs on for a moment after its exit. */
export function isEnding(): boolean {
  const birth = birthOfThis();
  return birth !== undefined && birth.family.agents.get(birth.family.self, A_EXITED) !== 0;
}

/** Ends this process in order: exit hooks, daemons terminated, other children awaited, output flushed. Once. */
export function leave(code: number): Promise<never> {
  return leaving ??= (async () => {
    await undefined; // first the caller of exit() unwinds
    // The hooks may tell the children to come to an end.
    await runExitHooks();
    await endChildren();
    return await vanish(code);
  })();
}

/** Ends this process now. */
export function vanish(code: number): Promise<never> {
  noteExit(code);
  return runtime.exit(code);
}

let announced = false;

/**
 * This process or worker is about to end by itself. As the last act of a worker, its line is marked dead and its parent rung:
 * not every runtime tells of a thread's end.
 */
export function noteExit(code: number): void {
  recordExit(code);
  const birth = birthOfThis();
  if (birth?.family.method !== "worker" || announced) return;
  announced = true;
  const { family, parent } = birth;
  runtime.onExit(() => {
    family.end();
    family.bells.ring(parent.owner);
  });
}

let obeying = false;

/**
 * Ends this worker as its parent asked: no exit hook runs, as with a signal. Its own workers end first: nobody else can stop
 * them, and what a dead worker's workers hold is given to others.
 */
export function obey(signal: number): void {
  if (obeying) return;
  obeying = true;
  dropExitHooks();
  recordExit(-signal);
  if (livingChildren().length === 0) void vanish(-signal);
  else void killChildren().then(() => vanish(-signal));
}

/** Thrown by exit() to unwind its caller; not an error for anyone to see. */
export class ExitSignal extends Error {
  readonly exitcode: number;
  readonly #isOne = true;
  constructor(exitcode: number) {
    super(`exit(${exitcode})`);
    this.name = "ExitSignal";
    this.exitcode = exitcode;
  }

  /** Whether that was thrown. Unlike `instanceof`, it asks nothing of what may throw when it is asked, as a revoked Proxy. */
  static is(thrown: unknown): thrown is ExitSignal {
    return typeof thrown === "object" && thrown !== null && #isOne in thrown;
  }
}
