/** Which modules called: hints, read from the stack, where to look for a function. */

import { runtime } from "../runtime/current.ts";

/** What V8 and JavaScriptCore tell of a call. */
interface CallSite {
  /** Of the source, where the runtime applies source maps to stacks. */
  getFileName(): string | null;
  getLineNumber(): number | null;
  /** Of what runs. */
  getScriptNameOrSourceURL(): string | null;
}

/** Whether that module is this package's. */
function isOwn(url: string): boolean {
  const sources = import.meta.url.replace(/[^/]+\/[^/]+$/, "");
  return url.startsWith(sources) || url.startsWith(sources.replace(/src\/$/, "mod."));
}

/** URLs of the modules on the stack that are not this package's, innermost first; none when the runtime doesn't tell. */
export function callerModules(): readonly string[] {
  return [...new Set(foreignSites().map(({ url }) => url))];
}

/** File and line of the innermost call that is not this package's, as the program's author knows them. */
export function callerPlace(): string | undefined {
  const [first] = foreignSites();
  return first && `${runtime.urlInStack(first.site.getFileName() ?? first.url)}:${first.site.getLineNumber()}`;
}

function foreignSites(): readonly { readonly url: string; readonly site: CallSite }[] {
  return callSites().flatMap((site) => {
    // What is evaluated has no name, or that of its own comment; whoever evaluates it is on the stack too.
    const name = site.getScriptNameOrSourceURL();
    if (!name || !/^(?:(?:file|https?|data|blob):|\/|[A-Za-z]:[/\\])/.test(name)) return [];
    const url = runtime.urlInStack(name);
    return isOwn(url) ? [] : [{ url, site }];
  });
}

function callSites(): readonly CallSite[] {
  const { stackTraceLimit, prepareStackTrace } = Error as { stackTraceLimit?: number; prepareStackTrace?: unknown };
  // Not by assignment, which throws where a program has frozen Error: nothing is told there.
  Reflect.set(Error, "stackTraceLimit", 50);
  Reflect.set(Error, "prepareStackTrace", (_error: unknown, sites: unknown) => sites);
  const { stack } = new Error() as { readonly stack?: unknown };
  Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  Reflect.set(Error, "prepareStackTrace", prepareStackTrace);
  return Array.isArray(stack) ? stack : [];
}
