/** Native calls on Deno. */

import { SpawnError } from "../errors/base.ts";
import type { DenoApi } from "./deno_api.ts";
import { requirePermissions } from "./deno_permissions.ts";
import { bindLazily, type Libc, LIBC_FUNCTIONS, LIBC_NAMES } from "./libc.ts";
import { LinuxSystem, requireLinux } from "./linux_system.ts";
import { pullBellReader, type PullSource } from "./pull_bell.ts";

const F_SETFL = 4;
/** A pipe holds at most this much by default. */
const PIPE_BYTES = 65_536;
/** A byte that is no ring: written by the reader itself, to get its pending read back. */
const RETURN = 0;
const RING = 1;

type Read = (fd: number, into: Uint8Array, length: bigint) => Promise<number>;

/** A pipe read by a thread that waits in `read`; nothing of Node's modules, which cost a Deno child 15 ms to load. */
function blockingSource(libc: Libc, read: Read, readEnd: number, writeEnd: number): PullSource {
  const bytes = new Uint8Array(PIPE_BYTES);
  const returnByte = new Uint8Array([RETURN]);
  let returned = false;
  libc.fcntl(readEnd, F_SETFL, 0); // blocking; the write end stays as it is
  return {
    async next() {
      if (returned) return returned = false;
      const count = await read(readEnd, bytes, BigInt(bytes.length));
      const got = bytes.subarray(0, Math.max(count, 0));
      const rung = got.includes(RING);
      returned = rung && got.includes(RETURN); // both in one read: first the ring, next time the end
      return rung;
    },
    cancel() {
      libc.write(writeEnd, returnByte, 1n);
    },
    lossy: false,
    close() {
      libc.close(readEnd);
    },
  };
}

/**
 * Binds libc. Throws SpawnError when there is no way to. `isChild`: function by function, so that a child starts faster; in a
 * program's own process all at once, where Deno's tests take each binding for a leak of the test that happens to need it.
 */
export function openDenoSystem(deno: DenoApi, isChild: boolean): LinuxSystem {
  requireLinux(deno.build.os);
  requirePermissions(deno, ["ffi"]);
  for (const library of LIBC_NAMES) {
    const bind = (functions: Record<string, unknown>) => deno.dlopen(library, functions).symbols;
    const read = { parameters: ["i32", "buffer", "u64"], result: "i32", nonblocking: true };
    let symbols: Readonly<Record<string, unknown>>;
    try {
      symbols = bind({ read, ...(isChild ? {} : LIBC_FUNCTIONS) });
    } catch {
      continue;
    }
    const libc = isChild
      ? bindLazily((name) => bind({ [name]: LIBC_FUNCTIONS[name] })[name])
      : symbols as unknown as Libc;
    return new LinuxSystem({
      libc,
      view(address, length) {
        // Only address 0, where nothing is ever mapped, has no pointer.
        return deno.UnsafePointerView.getArrayBuffer(deno.UnsafePointer.create(address)!, length);
      },
      bellReader: (readEnd, writeEnd) =>
        pullBellReader(blockingSource(libc, symbols["read"] as Read, readEnd, writeEnd)),
    });
  }
  throw new SpawnError('Cannot use start method "process": the C library can\'t be loaded; use "worker"');
}
