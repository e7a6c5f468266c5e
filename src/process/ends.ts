/** How programs end themselves: exit(), and the ends of the root and of those that have exit hooks, of which they aren't told. */

import { isMainProcess } from "../family/identity.ts";
import { runtime } from "../runtime/current.ts";
import { textOf } from "../base/words.ts";
import { ExitSignal, leave, recordExit } from "./exit.ts";
import { onFirstExitHook, runExitHooks, runExitHooksNow } from "./hooks.ts";

/**
 * Ends this process or worker with a code that its parent sees (0 to 255: `code` modulo 256), on every runtime and with
 * either start method; in the root, the program. The default is 0. CPython: `sys.exit()`.
 *
 * It throws, so that its caller doesn't go on and `finally` blocks run. What it throws is no error for anyone to see; to
 * catch it doesn't stop the end. Then what `onExit()` registered runs, daemons are terminated and other children awaited.
 * @throws {TypeError} when `code` is not an integer
 *
 * @example
 * ```ts
 * import { exit, isMain, Process } from "@manyproc/multiprocessing";
 *
 * export function check(size: number) {
 *   if (size < 0) exit(3);
 * }
 *
 * if (isMain(import.meta)) {
 *   const child = new Process({ target: check, args: [-1] });
 *   await child.start();
 *   console.log(await child.join()); // 3
 * }
 * ```
 */
export function exit(code = 0): never {
  if (!Number.isInteger(code)) throw new TypeError(`Cannot exit with code ${String(code)}: it takes an integer`);
  const exitcode = code & 0xff;
  recordExit(exitcode);
  if (isMainProcess()) watchUncaught();
  void leave(exitcode);
  throw new ExitSignal(exitcode);
}

let watched = false;

/** In the root: an error that nobody catches ends it in order too, and what exit() throws isn't one. */
function watchUncaught(): void {
  if (watched) return;
  watched = true;
  runtime.onUncaught((error) => {
    if (ExitSignal.is(error)) return void leave(error.exitcode);
    runtime.writeError(`${textOf(error)}\n`);
    void leave(1);
  });
}

// A child is told when it ends; the root has to find out.
onFirstExitHook(() => {
  // The last moment where code runs, e.g. of process.exit(): hooks can't be awaited any more.
  runtime.onExit(runExitHooksNow);
  if (!isMainProcess()) return;
  runtime.onIdle(() => runExitHooks() !== undefined);
  watchUncaught();
});
