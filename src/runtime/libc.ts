/** The functions of libc that an adapter binds. */

/** Types of arguments: integers and "buffer" (the address of a typed array's bytes). Addresses are "u64". */
export type NativeType = "i32" | "u32" | "i64" | "u64" | "buffer";
/** Only the low half of a byte count is looked at, so that it is a plain number everywhere. */
export type NativeResult = "i32" | "u64";

export interface NativeFunction {
  readonly parameters: readonly NativeType[];
  readonly result: NativeResult;
}

function declare<const R extends NativeResult, const P extends readonly NativeType[]>(result: R, ...parameters: P) {
  return { parameters, result };
}

/** What an adapter binds. The variadic ones (open, fcntl, prctl) have the same calling convention on Linux. */
export const LIBC_FUNCTIONS = {
  memfd_create: declare("i32", "buffer", "u32"),
  ftruncate: declare("i32", "i32", "i64"),
  mmap: declare("u64", "u64", "u64", "i32", "i32", "i32", "i64"),
  munmap: declare("i32", "u64", "u64"),
  fallocate: declare("i32", "i32", "i32", "i64", "i64"),
  memcpy: declare("u64", "buffer", "u64", "u64"),
  pipe2: declare("i32", "buffer", "i32"),
  open: declare("i32", "buffer", "i32"),
  readlink: declare("i32", "buffer", "buffer", "u64"),
  pread: declare("i32", "i32", "buffer", "u64", "i64"),
  write: declare("i32", "i32", "buffer", "u64"),
  poll: declare("i32", "buffer", "u64", "i32"),
  close: declare("i32", "i32"),
  fcntl: declare("i32", "i32", "i32", "i32"),
  prctl: declare("i32", "i32", "u64", "u64", "u64", "u64"),
  kill: declare("i32", "i32", "i32"),
  sched_getcpu: declare("i32"),
  sched_getaffinity: declare("i32", "i32", "u64", "buffer"),
  sched_setaffinity: declare("i32", "i32", "u64", "buffer"),
  _exit: declare("i32", "i32"),
  __errno_location: declare("u64"),
} as const satisfies Record<string, NativeFunction>;

type Argument<T> = T extends "i32" | "u32" ? number : T extends "buffer" ? Uint8Array | Int32Array : bigint;
type Arguments<P extends readonly NativeType[]> = { -readonly [K in keyof P]: Argument<P[K]> };
type Result<T> = T extends "i32" ? number : bigint | number;

/** The bound functions. */
export type Libc = {
  readonly [N in keyof typeof LIBC_FUNCTIONS]: (
    ...args: ParametersOf<(typeof LIBC_FUNCTIONS)[N]>
  ) => Result<(typeof LIBC_FUNCTIONS)[N]["result"]>;
};
type ParametersOf<F extends NativeFunction> = Arguments<F["parameters"]>;

/** Functions that are bound when they are first called: to bind one takes 0.1 ms, and a child needs half of them. */
export function bindLazily(bind: (name: keyof Libc) => unknown): Libc {
  const libc = {};
  for (const name of Object.keys(LIBC_FUNCTIONS) as (keyof Libc)[]) {
    Object.defineProperty(libc, name, {
      configurable: true,
      get() {
        const value = bind(name);
        Object.defineProperty(libc, name, { value });
        return value;
      },
    });
  }
  return libc as Libc;
}

/** Names under which a C library is found, for runtimes that can't look into their own process. */
export const LIBC_NAMES = ["libc.so.6", "libc.musl-x86_64.so.1", "libc.musl-aarch64.so.1", "libc.so"];
