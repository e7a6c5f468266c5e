/** The command line of a child process, for each runtime it may run on. */

import { MARKER } from "./boot.ts";
import { SpawnError } from "../errors/base.ts";
import { isConfigFlag } from "./deno_config.ts";
import type { ProcessSpawn } from "./runtime.ts";

export type RuntimeName = "deno" | "bun" | "node";

export interface Self {
  readonly name: RuntimeName;
  readonly executable: string;
  /** Flags for a child on the same runtime when the caller gave none. */
  readonly execArgv: readonly string[];
  /** What made this program into an executable of its own, if something did: it runs nothing else then. */
  readonly compiler?: string | undefined;
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
  if (self.compiler !== undefined && file === self.executable) throw compiled(self);
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

/** Why a program that was compiled into an executable starts no child. */
export function compiled({ name, compiler }: Pick<Self, "name" | "compiler">): SpawnError {
  return new SpawnError(
    `Cannot start a child of a program that was made by ${compiler}: it would run the program again; run its source with ${name}`,
  );
}

/** A file: URL's path, on systems that have start method "process". */
function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}

export function isPermissionFlag(flag: string): boolean {
  return /^(-[ARWNESIP]+\b|--allow-|--deny-|--permission-set)/.test(flag);
}

/** Keeps Node from running the tests of a module as it is loaded: no name is matched by this. */
export const NO_TESTS = "--test-name-pattern=(?!)";

/** Variables that are of this process alone: its channel to its parent, and as whose test it reports. */
const OWN_VARIABLES = ["NODE_TEST_CONTEXT", "NODE_CHANNEL_FD", "BUN_INSPECT", "BUN_INSPECT_NOTIFY"];
/** Flags in NODE_OPTIONS that open the debugger's port, which is taken. */
const DEBUGGER =
  /(^|\s)--(inspect|debug)(-brk|-wait)?(=\S*)?(?=\s|$)|(^|\s)--(inspect|debug)-(port|publish-uid)(=|\s+)\S+/g;

/** A parent's environment without what a child must not have; `added` by the caller, as it is. */
export function inheritedEnv(env: Variables, added: Variables = {}): Record<string, string | undefined> {
  const kept = { ...env };
  for (const name of OWN_VARIABLES) delete kept[name];
  if (kept["NODE_OPTIONS"] !== undefined) kept["NODE_OPTIONS"] = kept["NODE_OPTIONS"].replace(DEBUGGER, "").trim();
  return { ...kept, ...added };
}

type Variables = Readonly<Record<string, string | undefined>>;

const DROPPED =
  /^(-$|-e|-p|-pe|-i|-c|--eval|--print|--check|--interactive|--run|--watch|--hot|--test|--experimental-test|--inspect|--debug|--input-type|--entry-url|--build-|--experimental-sea-config|--build-sea|--cwd)/;
/** Dropped flags whose value is the next word. */
const WITH_VALUE =
  /^(-e|-p|-pe|--eval|--print|--run|--input-type|--inspect-port|--debug-port|--watch-path|--test-(name-pattern|skip-pattern|reporter|reporter-destination|concurrency|shard|timeout|isolation|global-setup|coverage-.*)|--build-sea|--experimental-sea-config|--cwd)$/;
/** Flags whose value is a module (then only "./x" is seen from the working directory) or a file. */
const WITH_PATH =
  /^(-r|--(require|import|preload|loader|experimental-loader)|-c|--(config|env-file|env-file-if-exists|tsconfig-override))$/;
const IS_FILE = /^(-c|--(config|env-file|env-file-if-exists|tsconfig-override))$/;

/**
 * A parent's interpreter flags without those that would make a child do something else than run its entry. Their relative paths
 * are of the folder that the parent was started in, `cwd`: a child may be started elsewhere.
 */
export function inheritedFlags(execArgv: readonly string[], cwd: string): string[] {
  const kept: string[] = [];
  for (let i = 0; i < execArgv.length; i++) {
    // noUncheckedIndexedAccess: inside
    const flag = execArgv[i] as string, [name = "", value] = flag.split(/=(.*)/s, 2);
    if (DROPPED.test(flag) && flag !== NO_TESTS) {
      if (WITH_VALUE.test(flag)) i++;
    } else if (value !== undefined) kept.push(`${name}=${absolute(name, value, cwd)}`);
    else {
      kept.push(flag);
      if (WITH_PATH.test(flag) && i + 1 < execArgv.length) kept.push(absolute(name, execArgv[++i] as string, cwd));
    }
  }
  return kept;
}

/** `flags` without those that are `refused`, and their values. */
export function withoutFlags(flags: readonly string[], refused: readonly string[]): string[] {
  let isOut = false; // a value is, when its flag is
  return flags.filter((flag) => {
    if (flag.startsWith("-")) isOut = refused.includes(flag);
    return !isOut;
  });
}

/** The value of a flag; one that is the path of a module or file is absolute then. */
function absolute(flag: string, value: string, cwd: string): string {
  const isRelative = WITH_PATH.test(flag) && (/^\.\.?\//.test(value) || IS_FILE.test(flag) && !/^(\/|$)/.test(value));
  return isRelative ? `${cwd}/${value}` : value;
}
