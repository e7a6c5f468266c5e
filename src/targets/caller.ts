/** Which module called: a hint, read from a stack trace, where to look for a function. */

import { runtime } from "../runtime/current.ts";

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
  // A URL, or a path as Bun and CommonJS have it. Not made before they are needed: every child loads this module.
  const place = String.raw`((?:file|https?|data|blob):.+?|/.+?|[A-Za-z]:[/\\].+?):(\d+)(?::\d+)?`;
  // Names and paths may have spaces and parentheses: what is before the place tells how it ends.
  const inFunction = new RegExp(String.raw`^at .*? \(${place}\)$`), elsewhere = new RegExp(`^at (?:async )?${place}$`);
  for (const line of stackLines()) {
    if (line.includes(" (eval at ")) continue; // whoever evaluates is on the stack too
    const [, module, at] = inFunction.exec(line) ?? elsewhere.exec(line) ?? [];
    if (module === undefined) continue;
    const url = runtime.urlInStack(module);
    if (!isOwn(url)) return { url, line: Number(at) };
  }
  return undefined;
}

function stackLines(): readonly string[] {
  const { stackTraceLimit } = Error;
  // Not by assignment, which throws where a program has frozen Error.
  Reflect.set(Error, "stackTraceLimit", 50);
  const { stack } = new Error();
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  // A program may have stacks made of what isn't text.
  return typeof stack === "string" ? stack.split("\n").map((line) => line.trim()) : [];
}
