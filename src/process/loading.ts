/** Importing modules in a child: what starts processes there is refused, and shared objects without a name are warned of. */

import { watchUnnamed } from "../memory/unnamed.ts";
import { runtime } from "../runtime/current.ts";
import { callerFrame } from "./caller.ts";
import { isMainProcess, setLoading } from "./identity.ts";

let imports = 0;

/** Imports a module of targets. In a child its code runs once more, as it did in the program. */
export async function importModule(url: string): Promise<Readonly<Record<string, unknown>>> {
  if (isMainProcess()) return await import(url);
  if (imports++ === 0) enter();
  try {
    return await runtime.importModule(url);
  } finally {
    if (--imports === 0) leave();
  }
}

function enter(): void {
  setLoading(true);
  watchUnnamed((label) => {
    const frame = callerFrame();
    const place = frame === undefined ? "" : ` (${frame.url}:${frame.line})`;
    runtime.writeError(
      `Warning: a ${label} without a name is created while a child loads its modules${place}: ` +
        "it is a new one, not the parent's; give it a name, or pass it\n",
    );
  });
}

function leave(): void {
  watchUnnamed(undefined);
  setLoading(false);
}
