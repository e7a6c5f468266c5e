/** In the program: which module a function is to be found in, and as what. Nothing is loaded to find that out. */

import { loaded } from "../runtime/loaded.ts";
import { runtime } from "../runtime/current.ts";
import { isFileless } from "../runtime/node_builtins.ts";
import { callerModules } from "./caller.ts";
import { digest } from "./plain_function.ts";
import { ImportsOf } from "./imports.ts";
import { mainModule } from "./main.ts";
import type { Reference } from "./reference.ts";

/** Where a function is, but for its kind. With `text` it is a guess: the child compares. */
type Place = Omit<Reference, "kind">;

/** A place that is no guess. */
const certain = (url: string, name: string): Place => ({ modules: [url], name, runtime: runtime.name });

/** What was found out of functions, when they were met first. */
const places = new WeakMap<object, Place>();

/** Where another process finds a function or class. Asks the stack: to be called synchronously from the public function. */
export function placeOf(fn: { readonly name: string }): Place {
  let place = places.get(fn);
  if (place === undefined) places.set(fn, place = find(fn));
  return place;
}

/** True when that very function is what its module exports. */
export function isExported(fn: { readonly name: string }): boolean {
  return placeOf(fn).text === undefined;
}

/** Cheap ways first: to ask for a function's script takes the longer, the more objects there are. */
function find(fn: { readonly name: string }): Place {
  const anywhere = amongAll(fn);
  if (anywhere !== undefined) return anywhere;
  const callers = callerModules(), main = mainModule(), [caller] = callers;
  const importers = main === undefined || isTool(main) ? callers : [...new Set([...callers, main])];
  const imported = importers.map((url) => importsOf(url, fn.name));
  const exporting = (urls: readonly string[]) => firstOf(urls, (url) => inModule(url, fn));
  const known = exporting(imported.flatMap(({ named, handed }) => [...named, ...handed])) ??
    (loaded.looksOnly ? exporting(callers) : undefined);
  if (known !== undefined) return known;
  if (caller !== undefined && imported[0]?.declares === true && !isFileless(caller)) return guessIn(caller, fn);
  const other = exporting(imported.flatMap(({ others }) => others));
  if (other !== undefined) return other;
  const script = loaded.scriptOf(fn);
  if (script === undefined || isFileless(script)) return guess(fn, guesses(fn.name, callers, imported));
  return inModule(script, fn) ?? guessIn(script, fn);
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

function guess(fn: { readonly name: string }, modules: readonly string[]): Place {
  return { modules, name: fn.name, text: digest(fn), runtime: runtime.name };
}

/** It is in that module. What a test runner has loaded, its own way, it has changed: its text says nothing then, its name may. */
function guessIn(url: string, fn: { readonly name: string }): Place {
  const isChanged = (loaded.textsDiffer || loaded.exportsOf(url) === "not loaded") &&
    sourceOf(url)?.definesOnce(fn.name) === true;
  return isChanged ? certain(url, fn.name) : guess(fn, [url]);
}

/** An export of any module that is loaded, where the runtime tells them; of the main module only if it is no other's. */
function amongAll(fn: object): Place | undefined {
  const main = mainModule();
  let inMain: Place | undefined;
  for (const [url, exports] of loaded.all()) {
    const name = exportNameIn(exports, fn);
    if (name === undefined) continue;
    if (url !== main) return certain(url, name);
    inMain = certain(url, name);
  }
  return inMain;
}

function inModule(url: string, fn: object): Place | undefined {
  const found = loaded.exportsOf(url);
  if (found === undefined || found === "not loaded") return undefined;
  const name = exportNameIn(found.exports, fn);
  return name === undefined ? undefined : certain(url, name);
}

/** By which name a child finds it among exports, or as a property of the default one. */
function exportNameIn(exports: unknown, fn: object): string | undefined {
  if (exports === fn) return "default";
  const name = nameIn(exports, fn);
  if (name !== undefined) return name;
  const inner = nameIn(valueOf(exports, "default"), fn);
  return inner === undefined || valueOf(exports, inner) !== undefined ? undefined : inner;
}

function nameIn(object: unknown, fn: object): string | undefined {
  if (object === null || (typeof object !== "object" && typeof object !== "function")) return undefined;
  return Reflect.ownKeys(object).find((name): name is string =>
    typeof name === "string" && valueOf(object, name) === fn
  );
}

/** A property's value. Getters aren't called: those of CommonJS may load something. */
function valueOf(object: unknown, name: string): unknown {
  try {
    return Object.getOwnPropertyDescriptor(object, name)?.value;
  } catch {
    return undefined; // not there yet: the module is running
  }
}

/** URLs of the modules that one imports. */
interface Imported {
  /** By a binding of the function's name. */
  readonly named: readonly string[];
  /** By one that is handed over somewhere. */
  readonly handed: readonly string[];
  /** All others, but where to look at them would load them: what is imported as a type only may never have been loaded. */
  readonly others: readonly string[];
  /** Whether the module has something of that name itself. */
  readonly declares: boolean;
}

function importsOf(url: string, name: string): Imported {
  const named: string[] = [], handed: string[] = [], others: string[] = [], source = sourceOf(url);
  const declares = source?.declares(name) === true;
  for (const { specifier, bindings } of source?.imports ?? []) {
    const module = resolve(specifier, url);
    if (module === undefined) continue;
    if (bindings.some(({ imported, local }) => imported === name || local === name)) named.push(module);
    else if (!declares && bindings.some(({ local }) => source?.handsOver(local))) handed.push(module);
    else if (loaded.looksOnly) others.push(module);
  }
  return { named, handed, others, declares };
}

function resolve(specifier: string, from: string): string | undefined {
  if (/^\.{0,2}\//.test(specifier)) return URL.canParse(specifier, from) ? new URL(specifier, from).href : undefined;
  if (specifier.startsWith("node:")) return undefined;
  return /^(?:file|https?|data|blob):/.test(specifier) ? specifier : loaded.resolve(specifier);
}

/** Sources that were read: those of modules that hand functions over, which are few. */
const sources = new Map<string, ImportsOf | undefined>();

function sourceOf(url: string): ImportsOf | undefined {
  if (!sources.has(url)) {
    const text = loaded.sourceOf(url);
    sources.set(url, text === undefined ? undefined : new ImportsOf(text));
  }
  return sources.get(url);
}

/** Whether a main module is a tool's, such as a test runner: no target is in it, and it isn't to run in a child. */
function isTool(main: string): boolean {
  return main.includes("/node_modules/");
}

/**
 * Where to look when nothing is known: what the callers import, then who called, then the program, since Bun may have lost who
 * called.
 */
function guesses(name: string, [caller]: readonly string[], imported: readonly Imported[]): string[] {
  const named = imported.flatMap((one) => one.named);
  if (named.length > 0) return [...new Set(named)];
  const main = mainModule();
  const mayHave = main !== undefined && !isTool(main) && loaded.sourceOf(main)?.includes(name) !== false;
  const all = [...imported.flatMap((one) => one.handed), caller, mayHave ? main : undefined];
  return [...new Set(all)].filter((url): url is string => url !== undefined && !isFileless(url));
}
