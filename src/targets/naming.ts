/** Naming a function so that another process can find it. Code never travels. */

import { MisuseError, TargetError } from "../errors/base.ts";
import { describe } from "../base/words.ts";
import { isExported, placeOf } from "./identify.ts";
import type { AnyFunction } from "./plain_function.ts";
import { refuseUnfit } from "./plain_function.ts";
import type { Reference } from "./reference.ts";
import { known } from "./registered.ts";

/**
 * Typed targets of a module that the caller doesn't load. They can be handed over; here, to call one throws MisuseError.
 *
 * Of a module of the program's own: `targets<typeof import("./tasks.ts")>(new URL("./tasks.ts", import.meta.url))`.
 * @throws {MisuseError} when the module is no URL object
 *
 * @example
 * ```ts
 * import { Pool, targets } from "@manyproc/multiprocessing";
 *
 * const { basename } = targets<typeof import("node:path")>(new URL("node:path"));
 * await using pool = new Pool(2);
 * console.log(await pool.map(basename, ["/home/ada", "/home/grace"])); // [ "ada", "grace" ]
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
  if ((target.name === "" || target.name.startsWith("bound ")) && !isExported(target)) {
    throw new TargetError(
      `Cannot ${doing}: the function has no name that another process could find it by; ` +
        `export it by name, or wrap it: task(import.meta, ${firstLine(target)})`,
    );
  }
  return { kind: "export", ...placeOf(target) };
}

/** The reference of a class; as referenceTo. TargetError when the class has no name. */
export function classReference(type: { readonly name: string }, doing: string): Reference {
  if (type.name === "" && !isExported(type)) {
    throw new TargetError(
      `Cannot ${doing}: its class has no name that another process could find it by; export it by name`,
    );
  }
  return { kind: "class", ...placeOf(type) };
}

function firstLine(fn: object): string {
  const line = Function.prototype.toString.call(fn).split("\n")[0] as string;
  return line.length > 40 ? `${line.slice(0, 40)}…` : line;
}
