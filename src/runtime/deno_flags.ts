/** The flags of a Deno command line that a child should have too. */

/** Their value, if any, follows "=". */
const PLAIN =
  /^--(unstable|no-config|no-lock|lock|frozen|node-modules-dir|vendor|no-npm|no-remote|cached-only|v8-flags=|env-file|unsafely-ignore-certificate-errors|(config|import-map|location|seed|cert|preload|import|require|conditions)=)/;
/** Their value is the next word. */
const WITH_VALUE = /^(-c|--(config|import-map|location|seed|cert|preload|import|require|conditions))$/;

const COMMANDS = new Set(["run", "test", "bench", "serve", "eval", "repl", "jupyter"]);

/** Their value is a file's path, seen from where the process was started. */
const WITH_PATH = /^(-c|--(config|import-map|lock|env-file|cert|preload|import|require))$/;
/** Hosts from which modules may come; it can't be asked for. */
const IMPORTS = /^(--(allow|deny)-import|-I)(=|$)/;

/** What a command line of Deno says. */
export interface DenoLine {
  /** To pass on. */
  readonly flags: readonly string[];
  /** As `flags`: permissions that a process can't find out that it has. */
  readonly imports: readonly string[];
  /** What it runs; undefined when that can't be told. */
  readonly script: string | undefined;
}

/**
 * What `words` say, a process's command line after the executable: `run --config x main.ts …`. `cwd`: where it was started; a
 * child may be started elsewhere.
 */
export function readDenoLine(words: readonly string[], cwd: string): DenoLine {
  const flags: string[] = [], imports: string[] = [];
  let i = COMMANDS.has(words[0] ?? "") ? 1 : 0;
  for (; words[i]?.startsWith("-") === true; i++) {
    const flag = words[i] as string;
    if (WITH_VALUE.test(flag)) flags.push(flag, resolved(flag, words[++i] ?? "", cwd));
    else if (PLAIN.test(flag)) {
      const [name = "", value] = flag.split(/=(.*)/s, 2);
      flags.push(value === undefined ? flag : `${name}=${resolved(name, value, cwd)}`);
    } else if (IMPORTS.test(flag)) imports.push(flag);
  }
  return { flags, imports, script: words[i] };
}

function resolved(flag: string, value: string, cwd: string): string {
  const isFile = WITH_PATH.test(flag) && value !== "" && !/^([/@]|[a-z][a-z+.-]*:)/i.test(value);
  return isFile ? `${cwd}/${value}` : value;
}
