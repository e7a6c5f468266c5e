/** The flags of a Deno command line that a child should have too. */

/** Their value, if any, follows "=". */
const PLAIN =
  /^--(unstable|no-config|no-lock|lock|frozen|node-modules-dir|vendor|no-npm|no-remote|cached-only|v8-flags=|env-file|unsafely-ignore-certificate-errors|(config|import-map|location|seed|cert|preload|import|require|conditions)=)/;
/** Their value is the next word. */
const WITH_VALUE = /^(-c|--(config|import-map|location|seed|cert|preload|import|require|conditions))$/;

const COMMANDS = new Set(["run", "test", "bench", "serve", "eval", "repl", "jupyter"]);

/** What to pass on from `words`, a process's command line after the executable: `run --config x main.ts …`. */
export function denoFlags(words: readonly string[]): string[] {
  const flags: string[] = [];
  let at = COMMANDS.has(words[0] ?? "") ? 1 : 0;
  for (let flag = words[at]; flag?.startsWith("-"); flag = words[++at]) {
    if (WITH_VALUE.test(flag)) flags.push(flag, words[++at] ?? "");
    else if (PLAIN.test(flag)) flags.push(flag);
  }
  return flags;
}
