/** Native calls on Node: through the package koffi, else through Node's own node:ffi. */

import { SpawnError } from "../errors/base.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";
import { bindLazily, type Libc, LIBC_FUNCTIONS } from "./libc.ts";
import type { Native } from "./linux_system.ts";
import type { StartMethod } from "./runtime.ts";

/** Begins the word that tells a child which binary of koffi its parent has loaded. */
export const BINARY = "--koffi=";

interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: string[]): unknown };
  view(address: bigint, length: number): ArrayBuffer;
}

interface NodeFfi {
  dlopen(path: null, functions: Record<string, { arguments: string[]; return: string }>): { functions: unknown };
  toArrayBuffer(address: bigint, length: number, copy: boolean): ArrayBuffer;
}

const KOFFI_TYPES = { i32: "int32", u32: "uint32", i64: "int64", u64: "uint64", buffer: "void *" } as const;

/** Where the binary of koffi is that this process has loaded; a child that is told so need not look for it. */
let binary: string | undefined;

export function koffiBinary(): string | undefined {
  return binary;
}

function asKoffi(exports: unknown): Koffi | undefined {
  const { load, view } = exports as Partial<Koffi>;
  return typeof load === "function" && typeof view === "function" ? exports as Koffi : undefined;
}

/** Loads the binary that the parent has loaded. */
function loadBinary(path: string): Koffi | undefined {
  const module = { exports: {} };
  try {
    nodeProcess().dlopen(module, path);
  } catch {
    return undefined;
  }
  binary = path;
  return asKoffi(module.exports);
}

/**
 * Loads koffi from beside this package, else from beside the program. First the package that has its binary for this
 * platform, with the same functions: koffi itself takes 7 ms to come to it. `failures` gets why one that is there can't be.
 */
function loadKoffi(mainModule: string | undefined, failures: unknown[]): Koffi | undefined {
  const { platform, arch } = nodeProcess();
  for (const from of [import.meta.url as string | undefined, mainModule]) { // some bundlers leave none
    if (from === undefined) continue;
    const require = builtin("node:module").createRequire(from);
    for (const name of [`@koromix/koffi-${platform}-${arch}`, "koffi"]) {
      try {
        const koffi = asKoffi(require(name));
        binary = Object.keys(require.cache).find((path) => path.endsWith("koffi.node"));
        if (koffi !== undefined) return koffi;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "MODULE_NOT_FOUND") failures.push(error);
      }
    }
  }
  return undefined;
}

/** Flags that the start methods need of a Node that runs with --permission, by what they grant. */
const GRANTS = {
  process: { addon: "--allow-addons", child: "--allow-child-process" },
  worker: { worker: "--allow-worker" },
} as const;

function isGranted(scope: string): boolean {
  const { permission } = nodeProcess();
  return permission === undefined || permission.has(scope);
}

/** Throws SpawnError naming the flags that a start method lacks. */
export function requireGrants(method: StartMethod): void {
  // Only where it is needed: Node warns of an experimental feature when it is asked for node:ffi.
  const hasFfi = () => builtin("node:ffi" as "node:fs") !== undefined && isGranted("ffi");
  const missing = Object.entries(GRANTS[method])
    .filter(([scope]) => !isGranted(scope) && !(scope === "addon" && hasFfi())).map(([, flag]) => flag);
  if (missing.length === 0) return;
  throw new SpawnError(
    `Cannot use start method "${method}" without permission: run Node with ${missing.join(" ")} too`,
  );
}

function whatToDo(failures: readonly unknown[]): string {
  const [failure] = failures;
  if (failure === undefined) return "install the package koffi (npm install koffi)";
  if ((failure as NodeJS.ErrnoException).code === "ERR_DLOPEN_DISABLED") return "run it without --no-addons";
  return `the package koffi is there, but can't be loaded (${
    failure instanceof Error ? failure.message : String(failure)
  })`;
}

/** Binds libc. Throws SpawnError when there is no way to. `known`: the parent's koffiBinary(). */
export function loadNodeNative(mainModule: string | undefined, known?: string): Omit<Native, "bellReader"> {
  const failures: unknown[] = [];
  const koffi = (known === undefined ? undefined : loadBinary(known)) ?? loadKoffi(mainModule, failures);
  if (koffi !== undefined) {
    const library = koffi.load(null);
    const libc = bindLazily((name) => {
      const { parameters, result } = LIBC_FUNCTIONS[name];
      return library.func(name, KOFFI_TYPES[result], parameters.map((type) => KOFFI_TYPES[type]));
    });
    return { libc, view: (address, length) => koffi.view(address, length) };
  }
  const ffi = builtin("node:ffi" as "node:fs") as unknown as NodeFfi | undefined;
  if (ffi === undefined || !isGranted("ffi")) {
    requireGrants("process");
    throw new SpawnError(`Cannot use start method "process" on this Node: ${whatToDo(failures)}, or use "worker"`);
  }
  const { functions } = ffi.dlopen(
    null,
    Object.fromEntries(
      Object.entries(LIBC_FUNCTIONS).map(([name, { parameters, result }]) => [
        name,
        { arguments: [...parameters], return: result },
      ]),
    ),
  );
  return { libc: functions as Libc, view: (address, length) => ffi.toArrayBuffer(address, length, false) };
}
