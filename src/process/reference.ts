/** References: how a function is named so that another process can find it. Code never travels. */

import { MisuseError, TargetError } from "../errors.ts";
import { runtime } from "../runtime/current.ts";
import { callerModule } from "./caller.ts";

// deno-lint-ignore no-explicit-any -- the public contract: a target may take and return anything
type AnyFunction = (...args: any[]) => unknown;

/** What another process can be told to run: a function that it can import, or a URL whose hash names the export. */
// deno-lint-ignore no-explicit-any -- a target whose arguments aren't known
export type Target<A extends readonly unknown[] = any[], R = unknown> = ((...args: A) => R | Promise<R>) | URL;

/** How a module says which one it is: `import.meta`, its URL, its path, or CommonJS's `module`. */
export type ModuleRef = string | URL | ImportMeta | { readonly filename: string };

/** A function's name as it travels. */
export interface Reference {
  /**
   * "task": registered by task() in `modules[0]`. "export": an export of the first of `modules` that has it. "class": the same,
   * a subclass of Process.
   */
  readonly kind: "task" | "export" | "class";
  readonly modules: readonly string[];
  readonly name: string;
  /** Tells two functions of one name apart; only compared on the runtime that made it. */
  readonly text?: string;
  readonly runtime?: string;
}

/** Functions that name themselves: made by task(), or taken from targets(). */
const known = new WeakMap<object, Reference>();
/** What task() registered, by module and name. */
const tasks = new Map<string, Map<string, AnyFunction>>();
/** Where functions without a reference were met first. */
const callers = new WeakMap<object, string>();

/** A module's URL. */
export function moduleUrl(module: ModuleRef): string {
  if (module instanceof URL) return module.href;
  if (typeof module === "string") return module.includes("://") ? module : pathToUrl(module);
  if (typeof module === "object" && module !== null) {
    if ("url" in module && typeof module.url === "string") return module.url;
    if ("filename" in module && typeof module.filename === "string") return pathToUrl(module.filename);
  }
  throw new MisuseError("Cannot tell which module is meant: pass import.meta (in CommonJS: module)");
}

function pathToUrl(path: string): string {
  return new URL(`file://${path.split("/").map(encodeURIComponent).join("/")}`).href;
}

/**
 * Registers `fn` as a target of its module when the module loads (no export needed) and returns it.
 *
 * `name` defaults to the function's own, else to the ordinal of this call in the module.
 * @throws {MisuseError} when the module has another task of that name, or `fn` is not a function
 *
 * @example
 * ```ts ignore
 * const square = task(import.meta, (x: number) => x * x);
 * await pool.map(square, [1, 2, 3]);
 * ```
 */
export function task<F extends AnyFunction>(module: ModuleRef, fn: F, name?: string): F {
  refuseUnfit(fn, "register as a task");
  const url = moduleUrl(module);
  let named = tasks.get(url);
  if (named === undefined) tasks.set(url, named = new Map());
  const key = name ?? (fn.name !== "" ? fn.name : `#${named.size}`);
  const before = named.get(key);
  if (before !== undefined && before !== fn && String(before) !== String(fn)) {
    throw new MisuseError(
      `Cannot register the task "${key}": ${url} has another one of that name; pass a third argument`,
    );
  }
  named.set(key, fn);
  known.set(fn, { kind: "task", modules: [url], name: key });
  return fn;
}

/** The function that task() registered; only after its module was imported. */
export function registeredTask(module: string, name: string): AnyFunction | undefined {
  return tasks.get(module)?.get(name);
}

/**
 * Typed targets of a module that the caller doesn't load. They can be handed over, not called.
 *
 * @example
 * ```ts ignore
 * const { square } = targets<typeof import("./tasks.ts")>(new URL("./tasks.ts", import.meta.url));
 * await pool.map(square, [1, 2, 3]);
 * ```
 */
export function targets<M>(
  module: URL,
  // deno-lint-ignore no-explicit-any -- picks the functions among a module's exports, whatever they take
): { readonly [K in keyof M as M[K] extends (...args: any[]) => unknown ? K : never]: M[K] } {
  if (!(module instanceof URL)) throw new MisuseError("Cannot take targets of a module: pass its URL as a URL object");
  const stubs = new Map<string, AnyFunction>();
  return new Proxy({}, {
    get(_target, key) {
      if (typeof key !== "string" || key === "then") return undefined;
      let stub = stubs.get(key);
      if (stub === undefined) {
        stub = () => {
          throw new MisuseError(
            `Cannot call ${key} here: it is a target of ${module.href}, to be run by another process`,
          );
        };
        known.set(stub, { kind: "export", modules: [module.href], name: key });
        stubs.set(key, stub);
      }
      return stub;
    },
  }) as never;
}

/** True for what `targets()` gives: it names a function of a module that isn't loaded here. */
export function isStub(target: object): boolean {
  return known.get(target)?.kind === "export";
}

/**
 * The reference of a target. `doing` says what for, in errors. Asks the stack for the caller's module, so it must be called
 * synchronously from the public function.
 * @throws {MisuseError} when it is neither a function nor a URL
 * @throws {TargetError} when it has no name to be found by, or is a generator or a class
 */
export function referenceTo(target: unknown, doing: string): Reference {
  if (target instanceof URL) {
    const hash = target.hash.slice(1);
    const module = new URL(target);
    module.hash = "";
    return { kind: "export", modules: [module.href], name: hash === "" ? "default" : decodeURIComponent(hash) };
  }
  if (typeof target !== "function") {
    throw new MisuseError(`Cannot ${doing}: the target is ${describe(target)}, it takes a function or a URL`);
  }
  const own = known.get(target);
  if (own !== undefined) return own;
  refuseUnfit(target, doing);
  if (target.name === "" || target.name.startsWith("bound ")) {
    throw new TargetError(
      `Cannot ${doing}: the function has no name that another process could find it by; ` +
        `export it by name, or wrap it: task(import.meta, ${firstLine(target)})`,
    );
  }
  return namedReference(target);
}

/** The reference of a subclass of Process; as referenceTo. TargetError when the class has no name. */
export function classReference(type: { readonly name: string }): Reference {
  const doing = "create a Process";
  if (type.name === "") {
    throw new TargetError(
      `Cannot ${doing}: its class has no name that another process could find it by; export it by name`,
    );
  }
  return { ...namedReference(type), kind: "class" };
}

/** Where to look for a function or class by its name. */
function namedReference(target: { readonly name: string }): Reference {
  let caller = callers.get(target);
  if (caller === undefined) {
    caller = callerModule() ?? "";
    callers.set(target, caller);
  }
  const modules = [...new Set([caller, mainModule()])].filter((url): url is string => url !== undefined && url !== "");
  return { kind: "export", modules, name: target.name, text: digest(target), runtime: runtime.name };
}

let rootMainModule: string | undefined;

/** The program's main module: in a child, the root's. */
export function mainModule(): string | undefined {
  return rootMainModule ?? runtime.mainModule;
}

/** In a child: what the root's main module is. */
export function setMainModule(url: string | undefined): void {
  rootMainModule = url;
}

/** Throws for what is no plain function, or an async one. */
export function refuseUnfit(fn: unknown, doing: string): void {
  if (typeof fn !== "function") throw new MisuseError(`Cannot ${doing}: ${describe(fn)} is not a function`);
  const kind = Object.prototype.toString.call(fn);
  if (/Generator/.test(kind)) {
    throw new TargetError(
      `Cannot ${doing}: ${fn.name || "it"} is a generator; return an array, or put items on a Queue`,
    );
  }
  if (/^class\b/.test(Function.prototype.toString.call(fn))) {
    throw new TargetError(`Cannot ${doing}: ${fn.name || "it"} is a class; pass a function that uses it`);
  }
}

/** A function's source, condensed: never run, only compared. */
export function digest(fn: object): string {
  const text = Function.prototype.toString.call(fn);
  let a = 0x811c9dc5, b = 0x01000193;
  for (let i = 0; i < text.length; i++) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(i), 0x85ebca6b);
  }
  return `${text.length}.${(a >>> 0).toString(36)}.${(b >>> 0).toString(36)}`;
}

function firstLine(fn: object): string {
  const line = Function.prototype.toString.call(fn).split("\n")[0] as string;
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}

function describe(value: unknown): string {
  return value === null
    ? "null"
    : typeof value === "object"
    ? "an object"
    : typeof value === "string"
    ? JSON.stringify(value)
    : String(value);
}
