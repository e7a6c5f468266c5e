/** Native calls on Node: through the package koffi, else through Node's own node:ffi. */

import { SpawnError } from "../errors/base.ts";
import { builtin, nodeProcess } from "./node_builtins.ts";
import { bindLazily, type Libc, LIBC_FUNCTIONS } from "./libc.ts";
import type { Native } from "./linux_system.ts";

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
 * platform, with the same functions: koffi itself takes 7 ms to come to it.
 */
function loadKoffi(mainModule: string | undefined): Koffi | undefined {
  const { platform, arch } = nodeProcess();
  for (const from of [import.meta.url, mainModule]) {
    if (from === undefined) continue;
    const require = builtin("node:module").createRequire(from);
    for (const name of [`@koromix/koffi-${platform}-${arch}`, "koffi"]) {
      try {
        const koffi = asKoffi(require(name));
        binary = Object.keys(require.cache).find((path) => path.endsWith("koffi.node"));
        if (koffi !== undefined) return koffi;
      } catch {
        // not there, or not for this platform
      }
    }
  }
  return undefined;
}

/** Binds libc. Throws SpawnError when there is no way to. `known`: the parent's koffiBinary(). */
export function loadNodeNative(mainModule: string | undefined, known?: string): Omit<Native, "bellReader"> {
  const koffi = (known === undefined ? undefined : loadBinary(known)) ?? loadKoffi(mainModule);
  if (koffi !== undefined) {
    const library = koffi.load(null);
    const libc = bindLazily((name) => {
      const { parameters, result } = LIBC_FUNCTIONS[name];
      return library.func(name, KOFFI_TYPES[result], parameters.map((type) => KOFFI_TYPES[type]));
    });
    return { libc, view: (address, length) => koffi.view(address, length) };
  }
  const ffi = builtin("node:ffi" as "node:fs") as unknown as NodeFfi | undefined;
  if (ffi === undefined) {
    throw new SpawnError(
      'Cannot use start method "process" on this Node: install the package koffi (npm install koffi), or use "worker"',
    );
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
