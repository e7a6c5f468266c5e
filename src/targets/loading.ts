/** Importing modules in a child: what starts processes there is refused, and shared objects without a name are warned of. */

import { MisuseError } from "../errors/base.ts";
import { watchUnnamed } from "../objects/unnamed.ts";
import { runtime } from "../runtime/current.ts";
import { callerPlace } from "./caller.ts";
import { isMainProcess } from "../family/identity.ts";

/** True while a child imports the module of its target. */
let loading = false;
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
  loading = true;
  watchUnnamed((label) => {
    const place = callerPlace();
    runtime.writeError(
      `Warning: a ${label} without a name is created while a child loads its modules${
        place === undefined ? "" : ` (${place})`
      }: ` +
        "it is a new one, not the parent's; give it a name, or pass it\n",
    );
  });
}

function leave(): void {
  watchUnnamed(undefined);
  loading = false;
}

/** MisuseError while a child imports the module of its target: what starts a process there would do so in every child. */
export function refuseWhileLoading(doing: string): void {
  if (!loading) return;
  throw new MisuseError(
    `Cannot ${doing} while a child loads its modules: this code runs again in every child; ` +
      "put it behind if (isMain(import.meta)) { … }",
  );
}
