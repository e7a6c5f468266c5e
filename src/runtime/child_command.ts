/** The command line of a child process, for each runtime it may run on. */

import { MARKER } from "./boot.ts";
import { isConfigFlag } from "./deno_config.ts";
import type { ProcessSpawn } from "./runtime.ts";

export type RuntimeName = "deno" | "bun" | "node";

export interface Self {
  readonly name: RuntimeName;
  readonly executable: string;
  /** Flags for a child on the same runtime when the caller gave none. */
  readonly execArgv: readonly string[];
  /** Deno: flags that give a child what this process may do, unless the caller's flags speak of permissions. */
  readonly permissions?: readonly string[];
  /** Deno: flags that give a child this program's configuration, unless the caller's flags speak of one. */
  readonly config?: readonly string[];
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
}

/** The runtime behind an executable, by its name; unknown names are taken for this runtime under another name. */
export function runtimeOf(executable: string, self: RuntimeName): RuntimeName {
  const name = executable.replace(/^.*[/\\]/, "").toLowerCase();
  for (const runtime of ["deno", "bun", "node"] as const) if (name.startsWith(runtime)) return runtime;
  return self;
}

/** What to execute for a child. */
export function childCommand(options: ProcessSpawn, self: Self): Command {
  const file = options.executable ?? self.executable;
  const runtime = runtimeOf(file, self.name);
  const same = runtime === self.name;
  const flags = options.execArgv ?? (same ? self.execArgv : []);
  const words = [MARKER, ...options.args];
  switch (runtime) {
    case "deno": {
      const permissions = flags.some(isPermissionFlag) ? [] : (same ? self.permissions : undefined) ?? ["-A"];
      const config = same && !flags.some(isConfigFlag) ? self.config ?? [] : [];
      // A child of another runtime has no lock file to keep in step with, and should not create one.
      const lock = same ? [] : ["--no-lock"];
      return {
        file,
        args: [
          "run",
          "--no-prompt",
          "--quiet",
          ...lock,
          ...permissions,
          ...config,
          ...flags,
          options.entry.href,
          ...words,
        ],
      };
    }
    case "bun":
      return { file, args: [...flags, pathOf(options.entry), ...words] };
    case "node": {
      const path = pathOf(options.entry);
      // Node 22 warns once per process that it strips types: the parent's warning is enough.
      const quiet = path.endsWith(".ts") ? ["--disable-warning=ExperimentalWarning"] : [];
      return { file, args: [...quiet, ...flags, path, ...words] };
    }
  }
}

/** A file: URL's path, on systems that have start method "process". */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}

export function isPermissionFlag(flag: string): boolean {
  return /^(-[ARWNESIP]+\b|--allow-|--deny-|--permission-set)/.test(flag);
}

const DROPPED =
  /^(-e|-p|-pe|-i|-c|--eval|--print|--check|--interactive|--run|--watch|--hot|--test|--experimental-test|--inspect|--debug|--input-type|--entry-url|--build-|--experimental-sea-config|--build-sea)/;
/** Dropped flags whose value is the next word. */
const WITH_VALUE =
  /^(-e|-p|-pe|--eval|--print|--run|--input-type|--inspect-port|--debug-port|--watch-path|--test-(name-pattern|skip-pattern|reporter|reporter-destination|concurrency|shard|timeout|isolation|global-setup|coverage-.*)|--build-sea|--experimental-sea-config)$/;

/** A parent's interpreter flags without those that would make a child do something else than run its entry. */
export function inheritedFlags(execArgv: readonly string[]): string[] {
  const kept: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    const flag = execArgv[i]!;
    if (!DROPPED.test(flag)) kept.push(flag);
    else if (WITH_VALUE.test(flag)) i++;
  }
  return kept;
}
