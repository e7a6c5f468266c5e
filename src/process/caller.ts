/** Which module called: a hint, read from a stack trace, where to look for a function. */

/** Whether that module is this package's. */
function isOwn(url: string): boolean {
  const sources = import.meta.url.replace(/[^/]+\/[^/]+$/, "");
  return url.startsWith(sources) || url.startsWith(sources.replace(/src\/$/, "mod."));
}

/** URL of the innermost module on the stack that is not this package's; undefined when the runtime doesn't tell. */
export function callerModule(): string | undefined {
  return callerFrame()?.url;
}

/** As callerModule, with the line. */
export function callerFrame(): { readonly url: string; readonly line: number } | undefined {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 50;
  const stack = new Error().stack ?? "";
  Error.stackTraceLimit = stackTraceLimit;
  for (const text of stack.split("\n")) {
    const found = /((?:file|https?|data|blob|ext|jsr|npm):\/\/[^\s()]+?|\/[^\s():]+?):(\d+)(?::\d+)?\)?$/.exec(
      text.trim(),
    );
    if (found === null) continue;
    const place = found[1] as string;
    const url = place.startsWith("/") ? `file://${encodeURI(place)}` : place;
    if (!isOwn(url)) return { url, line: Number(found[2]) };
  }
  return undefined;
}
