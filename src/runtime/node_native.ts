/** Native calls on Node: through the package koffi, else through Node's own node:ffi. */

import { SpawnError } from "../errors.ts";
import { builtin } from "./node_builtins.ts";
import { type Libc, LIBC_FUNCTIONS, type Native } from "./libc.ts";

interface Koffi {
  load(path: null): { func(name: string, result: string, parameters: string[]): unknown };
  view(address: bigint, length: number): ArrayBuffer;
}

interface NodeFfi {
  dlopen(path: null, functions: Record<string, { arguments: string[]; return: string }>): { functions: unknown };
  toArrayBuffer(address: bigint, length: number, copy: boolean): ArrayBuffer;
}

const KOFFI_TYPES = { i32: "int32", u32: "uint32", i64: "int64", u64: "uint64", buffer: "void *" } as const;

/** Loads koffi from beside this package, else from beside the program. */
function loadKoffi(mainModule: string | undefined): Koffi | undefined {
  for (const from of [import.meta.url, mainModule]) {
    if (from === undefined) continue;
    try {
      return builtin("node:module").createRequire(from)("koffi") as Koffi;
    } catch {
      // not there, or not for this platform
    }
  }
  return undefined;
}

/** Binds libc. Throws SpawnError when there is no way to. */
export function loadNodeNative(mainModule: string | undefined): Omit<Native, "bellReader"> {
  const koffi = loadKoffi(mainModule);
  if (koffi !== undefined) {
    const library = koffi.load(null);
    const libc = Object.fromEntries(
      Object.entries(LIBC_FUNCTIONS).map(([name, { parameters, result }]) => [
        name,
        library.func(name, KOFFI_TYPES[result], parameters.map((type) => KOFFI_TYPES[type])),
      ]),
    ) as unknown as Libc;
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
