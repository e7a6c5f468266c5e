/** In a child: imports the module of a reference and finds the function in it. */

import { MisuseError, TargetError } from "../errors/base.ts";
import { isError, messageOf, safeString } from "../base/words.ts";
import { runtime } from "../runtime/current.ts";
import { importModule } from "./loading.ts";
import type { Reference } from "./reference.ts";
import type { AnyFunction } from "./plain_function.ts";
import { digest, refuseUnfit } from "./plain_function.ts";
import { registeredTask } from "./registered.ts";

type Namespace = Readonly<Record<string, unknown>>;

interface Loaded {
  readonly url: string;
  readonly exports: Namespace;
}

/** Extensions of compiled packages, tried when a .ts module is not there. */
const COMPILED = [".js", ".mjs"];

/** The function that a reference names. TargetError that says what to write instead when it isn't there. */
export async function resolveReference(reference: Reference): Promise<AnyFunction> {
  const { modules } = reference, reasons: string[] = [];
  let cause: unknown;
  for (const module of modules) {
    const loaded = await load(module);
    if (loaded instanceof Failure) {
      cause = loaded.cause;
      reasons.push(`can't be loaded (${reasonOf(cause)})`);
      const isMissed = isMissing(cause, loaded.module);
      // The first is told of by itself. When one is there, but fails, no other is tried in its place.
      if (modules.length === 1 || (!isMissed && reasons.length === 1)) {
        throw cannotLoad(loaded.module, cause, reference);
      }
      if (!isMissed) break;
    } else {
      const found = findIn(loaded, module, reference);
      if (typeof found === "function") return found;
      reasons.push(found);
    }
  }
  throw notFound(reference, reasons, cause);
}

function notFound({ modules, name }: Reference, reasons: readonly string[], cause: unknown): TargetError {
  const why = modules.length === 0
    ? `Cannot find the target ${name}: it is not known which module it is in, or that has no file. `
    : `Cannot find the target ${name}: ${reasons.map((reason, i) => `${modules[i]} ${reason}`).join("; ")}. `;
  return new TargetError(why + advice(name), cause === undefined ? undefined : { cause });
}

/** The function, or why it isn't there. */
function findIn({ url, exports }: Loaded, module: string, reference: Reference): AnyFunction | string {
  const { kind, name } = reference;
  if (kind === "task") {
    const task = registeredTask(url, name) ?? registeredTask(module, name);
    if (task !== undefined) return task;
    // One without a name is known by its number.
    const which = name.startsWith("#") ? `of call ${Number(name.slice(1)) + 1} of task()` : `"${name}"`;
    const otherwise = name.startsWith("#") ? ', or name it: task(import.meta, fn, "name")' : "";
    throw new TargetError(
      `Cannot find the task ${which}: ${url} didn't register it when it was loaded; call task() at its top level${otherwise}`,
    );
  }
  const found = findExport(exports, reference);
  // A subclass of Process is looked at by whoever revives it.
  if (typeof found === "function" && kind !== "class") refuseUnfit(found, "run the target");
  return found;
}

function advice(name: string): string {
  return `Export the function from the file that calls, or make it a task: const ${name} = task(import.meta, ${name}), ` +
    `or pass new URL("./module.ts#${name}", import.meta.url)`;
}

/** The function, or why it isn't there. */
function findExport(exports: Namespace, { name, text, runtime: madeOn }: Reference): AnyFunction | string {
  // Without a digest the name alone counts: the caller asked for exactly that export.
  const same = (value: unknown): value is AnyFunction =>
    typeof value === "function" && (text === undefined || madeOn !== runtime.name || digest(value) === text);
  const { default: fallback } = exports;
  const properties = (typeof fallback === "object" || typeof fallback === "function") && fallback !== null
    ? fallback as Namespace
    : {};
  const direct = [exports[name], properties[name]];
  if (text === undefined || madeOn !== runtime.name) {
    for (const value of direct) if (same(value)) return value;
  }
  if (text !== undefined) {
    // It may be exported under another name. Closures of one text aren't one function.
    const all = [
      ...direct,
      ...[...Object.values(exports), ...Object.values(properties)].filter((value) => isNamed(value, name)),
    ];
    const [first, second] = new Set(all.filter(same));
    if (second !== undefined) return "exports several functions of that name and text";
    if (first !== undefined) return first;
  }
  const value = direct.find((one) => one !== undefined);
  if (value === undefined) return "doesn't export it";
  return typeof value === "function"
    ? "exports another function of that name"
    : `exports a ${typeof value} of that name`;
}

function isNamed(value: unknown, name: string): boolean {
  return typeof value === "function" && value.name === name;
}

/** Why a module can't be loaded. */
class Failure {
  readonly module: string;
  readonly cause: unknown;

  constructor(module: string, cause: unknown) {
    this.module = module;
    this.cause = cause;
  }
}

async function load(url: string): Promise<Loaded | Failure> {
  try {
    return { url, exports: await importModule(url) };
  } catch (error) {
    return /\.[cm]?ts$/.test(url) && isMissing(error, url) ? await loadCompiled(url, error) : new Failure(url, error);
  }
}

/** What a TypeScript module that isn't there may have been compiled to. */
async function loadCompiled(module: string, error: unknown): Promise<Loaded | Failure> {
  for (const extension of COMPILED) {
    const url = module.replace(/\.[cm]?ts$/, extension);
    try {
      return { url, exports: await importModule(url) };
    } catch (second) {
      if (!isMissing(second, url)) return new Failure(url, second);
    }
  }
  return new Failure(module, error);
}

/** Whether it is that module which isn't there, not one that it imports. */
function isMissing(error: unknown, module: string): boolean {
  const { message } = Object(error) as { message?: string }; // null can be thrown too
  const [, , missing] = /(?:Module not found|Cannot find module) (["'])(.*?)\1/.exec(String(message)) ?? [];
  return missing !== undefined && (missing === module || runtime.urlOfFile(missing) === module);
}

/** Says that a module of targets can't be loaded, and why. */
export function cannotLoad(
  module: string,
  cause: unknown,
  { kind, runtime: madeOn }: Partial<Reference> = {},
): TargetError {
  // Who named the module by its URL means that one. An error of ours says what to do.
  const isByUrl = kind !== "task" && madeOn === undefined;
  const advice = isByUrl || cause instanceof MisuseError
    ? ""
    : "; if it is no module that a child can load, as a test runner's file is none, move the function to one and import it from there";
  return new TargetError(`Cannot load ${module}, the module of the target: ${reasonOf(cause)}${advice}`, { cause });
}

function reasonOf(cause: unknown): string {
  return isError(cause) ? `${cause.name}: ${messageOf(cause)}` : safeString(cause);
}
