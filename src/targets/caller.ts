/** Which modules called: hints, read from the stack, where to look for a function. */

import { runtime } from "../runtime/current.ts";
import { isLoadable } from "../runtime/node_builtins.ts";

/** What V8 and JavaScriptCore tell of a call. */
interface CallSite {
  /** Of the source, where the runtime applies source maps to stacks. */
  getFileName(): string | null;
  getLineNumber(): number | null;
  getFunctionName(): string | null;
  /** Of what runs. */
  getScriptNameOrSourceURL(): string | null;
}

/** Where the modules of this package are; undefined where a bundler has emptied `import.meta`. */
const sources = (import.meta.url as string | undefined)?.replace(/[^/]+\/[^/]+$/, "");

/** Whether that module is this package's. */
function isOwn(url: string): boolean {
  return sources !== undefined && (url.startsWith(sources) || url.startsWith(sources.replace(/src\/$/, "mod.")));
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

/** URL of the script that this very code runs in: a bundler's, where that has taken this package in. */
export function ownScript(): string | undefined {
  return sites()[0]?.url;
}

/** The innermost on the stack that is not this package's, even if it is what a bundler calls a module that it evaluates. */
export function asker(): string | undefined {
  return sites().find(({ url }) => !isOwn(url))?.url;
}

function foreignSites(): readonly Site[] {
  return sites().filter(({ url }) => isLoadable(url) && !isOwn(url));
}

interface Site {
  readonly url: string;
  readonly site: CallSite;
}

function sites(): readonly Site[] {
  return callSites().flatMap((site) => {
    // What is evaluated has no name, or that of its own comment; whoever evaluates it is on the stack too.
    const name = site.getScriptNameOrSourceURL();
    return name && /^(?:[\w+.-]+:\/\/|(?:data|blob):|\/|[A-Za-z]:[/\\])/.test(name)
      ? [{ url: runtime.urlInStack(name), site }]
      : [];
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
  const sites: readonly CallSite[] = Array.isArray(stack) ? stack : [];
  // Above this function is the constructor of what a program has put in the place of Error.
  return sites.slice(Math.max(0, sites.findIndex((site) => site.getFunctionName() === callSites.name)));
}
