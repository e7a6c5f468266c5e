/** In a child: imports the module of a reference and finds the function in it. */

import { TargetError } from "../errors/base.ts";
import { isError, messageOf, safeString } from "../base/words.ts";
import { runtime } from "../runtime/current.ts";
import { importModule } from "./loading.ts";
import type { Reference } from "./reference.ts";
import type { AnyFunction } from "./fit.ts";
import { digest, refuseUnfit } from "./fit.ts";
import { registeredTask } from "./tasks.ts";

type Namespace = Readonly<Record<string, unknown>>;

interface Loaded {
  readonly url: string;
  readonly exports: Namespace;
}

/** Extensions of compiled packages, tried when a .ts module is not there. */
const COMPILED = [".js", ".mjs"];

/** The function that a reference names. TargetError that says what to write instead when it isn't there. */
export async function resolveReference(reference: Reference): Promise<AnyFunction> {
  const reasons: string[] = [];
  for (const module of reference.modules) {
    const loaded = await load(module, reference);
    const found = typeof loaded === "string" ? loaded : findIn(loaded, module, reference);
    if (typeof found === "function") return found;
    reasons.push(found);
  }
  throw notFound(reference, reasons);
}

function notFound({ modules, name }: Reference, reasons: readonly string[]): TargetError {
  const why = modules.length === 0
    ? `Cannot find ${name}: it is not known which module it is in; `
    : `Cannot find the target ${name}: ${reasons.map((reason, i) => `${modules[i]} ${reason}`).join("; ")}. `;
  return new TargetError(why + advice(name));
}

/** The function, or why it isn't there. */
function findIn({ url, exports }: Loaded, module: string, reference: Reference): AnyFunction | string {
  const { kind, name } = reference;
  if (kind === "task") {
    const task = registeredTask(url, name) ?? registeredTask(module, name);
    if (task !== undefined) return task;
    throw new TargetError(
      `Cannot find the task "${name}": ${url} didn't register it when it was loaded; call task() at its top level`,
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
  for (const value of direct) if (same(value)) return value;
  if (text !== undefined) {
    // Exported under another name.
    for (const value of [...Object.values(exports), ...Object.values(properties)]) {
      if (typeof value === "function" && value.name === name && same(value)) return value;
    }
  }
  const value = direct.find((one) => one !== undefined);
  if (value === undefined) return "doesn't export it";
  return typeof value === "function"
    ? "exports another function of that name"
    : `exports a ${typeof value} of that name`;
}

/** A module, or why the next one is to be looked at. */
async function load(module: string, { modules }: Reference): Promise<Loaded | string> {
  try {
    return { url: module, exports: await importModule(module) };
  } catch (error) {
    const others = loadCompiled(module, error);
    return await (modules.length > 1 ? others.catch((failed) => excuse(failed, module)) : others);
  }
}

/** Of several modules each is a guess, which may be wrong. */
function excuse(error: unknown, module: string): string {
  const { cause } = error as TargetError;
  if (!isMissing(cause, module)) throw error;
  return `can't be loaded (${reasonOf(cause)})`;
}

/** After `error`: what a TypeScript module that isn't there may have been compiled to. Else throws why it can't be loaded. */
async function loadCompiled(module: string, error: unknown): Promise<Loaded> {
  if (/\.[cm]?ts$/.test(module) && isMissing(error, module)) {
    for (const extension of COMPILED) {
      const url = module.replace(/\.[cm]?ts$/, extension);
      try {
        return { url, exports: await importModule(url) };
      } catch (second) {
        if (!isMissing(second, url)) throw cannotLoad(url, second);
      }
    }
  }
  throw cannotLoad(module, error);
}

/** Whether it is that module which isn't there, not one that it imports. */
function isMissing(error: unknown, module: string): boolean {
  const { message } = Object(error) as { message?: string }; // null can be thrown too
  const [, , missing] = /(?:Module not found|Cannot find module) (["'])(.*?)\1/.exec(String(message)) ?? [];
  return missing !== undefined && (missing === module || runtime.urlOfFile(missing) === module);
}

/** Says that a module of targets can't be loaded, and why. */
export function cannotLoad(module: string, cause: unknown): TargetError {
  return new TargetError(`Cannot load ${module}, the module of the target: ${reasonOf(cause)}`, { cause });
}

function reasonOf(cause: unknown): string {
  return isError(cause) ? `${cause.name}: ${messageOf(cause)}` : safeString(cause);
}
