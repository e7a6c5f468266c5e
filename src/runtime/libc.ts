/** The system calls of start method "process" on Linux, over a dozen functions of libc that an adapter binds. */

import { SpawnError } from "../errors.ts";
import type { Bell, SystemCalls } from "./runtime.ts";

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

const FALLOC_FL_KEEP_SIZE = 1;
const FALLOC_FL_PUNCH_HOLE = 2;

/** What an adapter gives. */
export interface Native {
  readonly libc: Libc;
  /** An ArrayBuffer over memory that nobody frees. */
  view(address: bigint, length: number): ArrayBuffer;
  /** Reads a bell through its read end, which is non-blocking at first and which the reader's `close` closes. */
  bellReader(readEnd: number, writeEnd: number): BellReader;
}

export type BellReader = Pick<Bell, "listen" | "rest" | "close">;

/** SystemCalls, plus what only the adapters need. */
export interface LinuxSystem extends SystemCalls {
  /** Children don't get this descriptor. */
  closeOnExec(fd: number): void;
  /** Where a symbolic link leads; undefined when there is none. */
  readLink(path: string): string | undefined;
  /** See Runtime.changeProcessor. */
  changeProcessor(): boolean;
  /** Ends this process, and nothing else: no destructor, no handler, no buffer of anyone is looked at. */
  exitNow(code: number): void;
}

const MFD_CLOEXEC = 1;
const PROT_READ_WRITE = 3;
const MAP_SHARED = 1;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const O_WRONLY = 1;
const O_NONBLOCK = 0o4000;
const O_CLOEXEC = 0o2000000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const POLLOUT = 4;
const POLLERR = 8;
const POLLNVAL = 32;
const PR_SET_PDEATHSIG = 1n;
const SIGKILL = 9n;
const EPERM = 1;
/** A set of processors, as large as the C library's own. */
const MASK_BYTES = 128;

/** Throws SpawnError where start method "process" doesn't exist. */
export function requireLinux(platform: string): void {
  if (platform !== "linux") {
    throw new SpawnError(
      `Cannot use start method "process": only Linux has it so far (this is ${platform}); use "worker"`,
    );
  }
}

function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** Builds the system calls. */
export function linuxSystem(native: Native): LinuxSystem {
  const { libc } = native;
  const oneByte = new Uint8Array([1]);
  const oneCount = 1n;
  const pollEntry = new Int32Array(2); // struct pollfd: int fd, short events, short revents
  const linkText = new Uint8Array(256);
  const mappings = new WeakMap<ArrayBuffer, { readonly address: bigint; readonly length: bigint }>();
  // A buffer that nobody can reach any more has no views either.
  const collected = new FinalizationRegistry<{ readonly address: bigint; readonly length: bigint }>(
    ({ address, length }) => void libc.munmap(address, length),
  );

  // Other calls may have come between on some runtimes: good for messages, nothing depends on it.
  function errno(): number {
    const value = new Int32Array(1);
    libc.memcpy(value, BigInt(libc.__errno_location()), 4n);
    return value[0]!;
  }

  function readLink(path: string): string | undefined {
    const length = libc.readlink(cString(path), linkText, BigInt(linkText.length));
    return length < 0 ? undefined : new TextDecoder().decode(linkText.subarray(0, length));
  }

  function closeFd(fd: number): void {
    libc.close(fd);
  }

  return {
    createMemory() {
      const fd = libc.memfd_create(cString("multiprocessing"), MFD_CLOEXEC);
      if (fd < 0) throw new SpawnError(`Cannot create a memory file: memfd_create failed (errno ${errno()})`);
      return fd;
    },

    resizeMemory(fd, bytes) {
      if (libc.ftruncate(fd, BigInt(bytes)) !== 0) {
        throw new RangeError(`Cannot resize the shared memory to ${bytes} bytes: ftruncate failed (errno ${errno()})`);
      }
    },

    map(fd, offset, length) {
      const size = BigInt(length);
      const address = BigInt.asUintN(
        64,
        BigInt(libc.mmap(0n, size, PROT_READ_WRITE, MAP_SHARED, fd, BigInt(offset))),
      );
      if (address === MAP_FAILED) {
        throw new RangeError(
          `Cannot map ${length} bytes of shared memory at ${offset}: mmap failed (errno ${errno()})`,
        );
      }
      const buffer = native.view(address, length);
      const mapping = { address, length: size };
      mappings.set(buffer, mapping);
      collected.register(buffer, mapping, buffer);
      return buffer;
    },

    unmap(buffer) {
      const mapping = mappings.get(buffer);
      if (mapping === undefined) return;
      mappings.delete(buffer);
      collected.unregister(buffer);
      buffer.transfer?.(); // detaches it: a stray view is empty, instead of a crash (not on Node 20)
      libc.munmap(mapping.address, mapping.length);
    },

    discardMemory(fd, offset, length) {
      return libc.fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, BigInt(offset), BigInt(length)) === 0;
    },

    createBell() {
      const ends = new Int32Array(2);
      if (libc.pipe2(ends, O_CLOEXEC | O_NONBLOCK) !== 0) {
        throw new SpawnError(`Cannot create a pipe: pipe2 failed (errno ${errno()})`);
      }
      const [fd, writeEnd] = [ends[0]!, ends[1]!];
      const inode = pipeInode(readLink(`/proc/self/fd/${fd}`));
      if (inode === undefined) throw new SpawnError("Cannot identify a pipe: /proc is not mounted");
      const reader = native.bellReader(fd, writeEnd);
      let closed = false;
      let handler: () => void = () => {};
      let listening = false;
      let missed = false; // a ring came at rest
      const rung = () => {
        if (listening) handler();
        else missed = true;
      };
      return {
        fd,
        inode,
        listen(onRing) {
          handler = onRing;
          listening = true;
          reader.listen(rung);
          if (!missed) return;
          missed = false;
          queueMicrotask(rung);
        },
        rest() {
          listening = false;
          reader.rest();
        },
        close() {
          listening = false;
          if (closed) return;
          closed = true;
          reader.close();
          closeFd(writeEnd); // held until now so that the reader never sees an end of file
        },
      };
    },

    openBell(pid, fd, inode) {
      const path = `/proc/${pid}/fd/${fd}`;
      const end = libc.open(cString(path), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
      if (end >= 0) {
        if (pipeInode(readLink(`/proc/self/fd/${end}`)) === inode) return end;
        closeFd(end);
        return null;
      }
      const reason = errno();
      if (pipeInode(readLink(path)) !== inode) return null;
      throw new SpawnError(`Cannot reach process ${pid}: open of its pipe failed (errno ${reason})`);
    },

    ring(fd) {
      if (libc.write(fd, oneByte, oneCount) === 1) return true;
      // Full (alive) or without a reader (dead): poll says which, and errno need not be trusted.
      pollEntry[0] = fd;
      pollEntry[1] = POLLOUT;
      libc.poll(pollEntry, 1n, 0);
      return ((pollEntry[1]! >> 16) & (POLLERR | POLLNVAL)) === 0;
    },

    close: closeFd,

    dieWithParent() {
      libc.prctl(Number(PR_SET_PDEATHSIG), SIGKILL, 0n, 0n, 0n);
    },

    kill(pid, signal) {
      return libc.kill(pid, signal) === 0 || errno() === EPERM;
    },

    readLink,
    closeOnExec(fd) {
      libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
    },

    changeProcessor() {
      const allowed = new Uint8Array(MASK_BYTES), size = BigInt(MASK_BYTES);
      if (libc.sched_getaffinity(0, size, allowed) < 0) return false;
      const here = libc.sched_getcpu(), others = allowed.slice();
      if (here < 0 || here >= MASK_BYTES * 8) return false;
      others[here >>> 3]! &= ~(1 << (here & 7)); // inside, as was just seen
      if (libc.sched_setaffinity(0, size, others) !== 0) return false; // there is no other
      libc.sched_setaffinity(0, size, allowed);
      return true;
    },

    exitNow(code) {
      libc._exit(code);
    },
  };
}

/** The inode in "pipe:[4711]". */
function pipeInode(link: string | undefined): bigint | undefined {
  return link?.startsWith("pipe:[") ? BigInt(link.slice("pipe:[".length, -1)) : undefined;
}
