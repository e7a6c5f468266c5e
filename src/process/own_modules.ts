/** The modules of this package that its children are told to load, from the sources as from the npm package. */

import { SpawnError } from "../errors/base.ts";
import { compiled } from "../runtime/child_command.ts";
import { runtime } from "../runtime/current.ts";
import { loaded } from "../runtime/loaded.ts";
import { spawner } from "../runtime/spawner.ts";
import { ownScript } from "../targets/caller.ts";

/** Where the package's code is, in the sources and in the npm package (scripts/build_npm.mjs). */
const PLACE = /^((?:file|https?):\/\/.*\/src)\/(?:[a-z]+\/\w+\.(ts)|parts\/\w+\.(js))(?:\?.*)?$/;

/**
 * URL of a module of this package, which its children load. SpawnError where a bundler has taken the package in: its modules
 * are no more there then. If they were, the package that a child has and that in the bundle would not know of each other.
 */
function own(name: string): URL {
  // What runs is asked first: a bundler may have left to import.meta the URL that a source had.
  const here = ownScript() ?? (import.meta.url as string | undefined);
  const [, folder, ts, js] = PLACE.exec(here ?? "") ?? [];
  if (folder === undefined) throw bundled(`into ${here ?? "a file"}`);
  const url = `${folder}/${name}.${ts ?? js}`;
  if (loaded.lacks(url)) throw bundled(`without ${url}`);
  return new URL(url);
}

function bundled(how: string): SpawnError {
  const { compiler } = spawner;
  if (compiler !== undefined) return compiled({ name: runtime.name, compiler });
  return new SpawnError(
    `Cannot start a child: a bundler has taken this package in, ${how}, and a child can't load it from there; name ` +
      '"@manyproc/multiprocessing" as external to the bundler (--external:, external, externals, serverExternalPackages), ' +
      "and have it installed where the bundle runs",
  );
}

let child: URL | undefined;
let rest: URL | undefined;

/** The entry of every child. SpawnError where this package was bundled. */
export function childEntry(): URL {
  return child ??= own("child");
}

/** An export of child_rest.ts, as a target. SpawnError where this package was bundled. */
export function ownTarget(name: string): URL {
  return new URL(`#${name}`, rest ??= own("child_rest"));
}
