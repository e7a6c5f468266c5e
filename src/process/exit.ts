/** The end of a process: children first, then exit hooks, then the code that the parent sees. */

import { lineOf } from "../memory/agents.ts";
import { A_EXITCODE, A_EXITED } from "../memory/layout.ts";
import { runtime } from "../runtime/current.ts";
import { endChildren } from "./children.ts";
import { birthOfThis, runExitHooks } from "./current.ts";

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

/** Ends this process in order: exit hooks, daemons terminated, other children awaited, output flushed. Once. */
export function leave(code: number): Promise<never> {
  return leaving ??= (async () => {
    await endChildren();
    await runExitHooks();
    return await vanish(code);
  })();
}

/** Ends this process now; as the last act of a thread that the runtime doesn't tell about, its line is marked dead. */
export async function vanish(code: number): Promise<never> {
  recordExit(code);
  const birth = birthOfThis();
  if (birth?.family.method === "worker") {
    const { family, parent } = birth;
    runtime.onExit(() => {
      family.agents.declareDead(family.self);
      family.bells.ring(parent.owner);
    });
  }
  return await runtime.exit(code);
}

/**
 * Ends this process or worker with a code the parent sees, on every runtime and start method. CPython: `sys.exit()`.
 * Exit hooks run and children are seen to, in the background; the caller doesn't go on.
 */
export function exit(code = 0): never {
  if (!Number.isInteger(code)) throw new TypeError(`Cannot exit with code ${String(code)}: it takes an integer`);
  const exitcode = code & 0xff;
  recordExit(exitcode);
  void leave(exitcode);
  throw new ExitSignal(exitcode);
}

/** Thrown by exit() to unwind its caller; not an error for anyone to see. */
export class ExitSignal extends Error {
  readonly exitcode: number;
  constructor(exitcode: number) {
    super(`exit(${exitcode})`);
    this.name = "ExitSignal";
    this.exitcode = exitcode;
  }
}
