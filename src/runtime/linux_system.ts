/** The system calls of start method "process" on Linux, over a dozen functions of libc that an adapter binds. */

import { SpawnError } from "../errors/base.ts";
import type { Libc } from "./libc.ts";
import type { Bell, SystemCalls } from "./runtime.ts";
import { queueMicrotask, TextDecoder, TextEncoder } from "../base/originals.ts";

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

interface Mapping {
  readonly address: bigint;
  readonly length: bigint;
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
const O_RDONLY = 0;
const PR_SET_PDEATHSIG = 1;
const PR_GET_DUMPABLE = 3;
/** May look into any process. */
const CAP_SYS_PTRACE = 19n;
const SIGKILL = 9n;
const EPERM = 1;
/** Bytes of a symbolic link's text that are looked at. */
const MAX_LINK = 256;
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

/** The system calls, over what an adapter gives, and a few that only adapters need. */
export class LinuxSystem implements SystemCalls {
  readonly #native: Native;
  readonly #libc: Libc;
  readonly #oneByte = new Uint8Array([1]);
  readonly #pollEntry = new Int32Array(2); // struct pollfd: int fd, short events, short revents
  readonly #mappings = new WeakMap<ArrayBuffer, Mapping>();
  // A buffer that nobody can reach any more has no views either.
  readonly #collected = new FinalizationRegistry<Mapping>(({ address, length }) => {
    this.#libc.munmap(address, length);
  });

  constructor(native: Native) {
    this.#native = native;
    this.#libc = native.libc;
  }

  // Other calls may have come between on some runtimes: good for messages, nothing depends on it.
  #errno(): number {
    const value = new Int32Array(1);
    this.#libc.memcpy(value, BigInt(this.#libc.__errno_location()), 4n);
    return value[0] as number; // noUncheckedIndexedAccess
  }

  createMemory(): number {
    const fd = this.#libc.memfd_create(cString("multiprocessing"), MFD_CLOEXEC);
    if (fd < 0) throw new SpawnError(`Cannot create a memory file: memfd_create failed (errno ${this.#errno()})`);
    return fd;
  }

  resizeMemory(fd: number, bytes: number): void {
    if (this.#libc.ftruncate(fd, BigInt(bytes)) === 0) return;
    throw new RangeError(
      `Cannot resize the shared memory to ${bytes} bytes: ftruncate failed (errno ${this.#errno()})`,
    );
  }

  map(fd: number, offset: number, length: number): ArrayBuffer {
    const size = BigInt(length);
    const address = BigInt.asUintN(
      64,
      BigInt(this.#libc.mmap(0n, size, PROT_READ_WRITE, MAP_SHARED, fd, BigInt(offset))),
    );
    if (address === MAP_FAILED) {
      throw new RangeError(
        `Cannot map ${length} bytes of shared memory at ${offset}: mmap failed (errno ${this.#errno()})`,
      );
    }
    const buffer = this.#native.view(address, length);
    const mapping = { address, length: size };
    this.#mappings.set(buffer, mapping);
    this.#collected.register(buffer, mapping, buffer);
    return buffer;
  }

  unmap(buffer: ArrayBuffer): void {
    const mapping = this.#mappings.get(buffer);
    if (mapping === undefined) return;
    this.#mappings.delete(buffer);
    this.#collected.unregister(buffer);
    buffer.transfer?.(); // detaches it: a stray view is empty, instead of a crash (not on Node 20)
    this.#libc.munmap(mapping.address, mapping.length);
  }

  discardMemory(fd: number, offset: number, length: number): boolean {
    const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    return this.#libc.fallocate(fd, mode, BigInt(offset), BigInt(length)) === 0;
  }

  requireReach(): void {
    if (this.readLink("/proc/self") === undefined) {
      throw new SpawnError('Cannot use start method "process": /proc is not mounted; mount it, or use "worker"');
    }
    if (this.#libc.prctl(PR_GET_DUMPABLE, 0n, 0n, 0n, 0n) === 1) return;
    const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(this.readText("/proc/self/status") ?? "")?.[1] ?? "0";
    if ((BigInt(`0x${capabilities}`) >> CAP_SYS_PTRACE & 1n) === 1n) return; // its children can, if they have it too
    throw new SpawnError(
      'Cannot use start method "process": no other process may look into this one, which is not dumpable (its executable ' +
        'has capabilities or is set-user-ID, it has changed its user, or PR_SET_DUMPABLE was cleared); use "worker"',
    );
  }

  createBell(): Bell {
    this.requireReach();
    const ends = new Int32Array(2);
    if (this.#libc.pipe2(ends, O_CLOEXEC | O_NONBLOCK) !== 0) {
      throw new SpawnError(`Cannot create a pipe: pipe2 failed (errno ${this.#errno()})`);
    }
    const [fd, writeEnd] = ends as Iterable<number> as readonly [number, number]; // noUncheckedIndexedAccess
    const inode = pipeInode(this.readLink(`/proc/self/fd/${fd}`));
    if (inode === undefined) throw new SpawnError(`Cannot identify a pipe: /proc doesn't tell of descriptor ${fd}`);
    const reader = this.#native.bellReader(fd, writeEnd);
    // The write end is held until then so that the reader never sees an end of file.
    return new PipeBell(fd, inode, reader, () => this.close(writeEnd));
  }

  openBell(pid: number, fd: number, inode: bigint): number | null | undefined {
    const path = `/proc/${pid}/fd/${fd}`;
    const end = this.#libc.open(cString(path), O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (end >= 0) {
      if (pipeInode(this.readLink(`/proc/self/fd/${end}`)) === inode) return end;
      this.close(end);
      return null;
    }
    const reason = this.#errno();
    const link = this.readLink(path);
    if (link !== undefined && pipeInode(link) === inode) {
      throw new SpawnError(`Cannot reach process ${pid}: open of its pipe failed (errno ${reason})`);
    }
    return link === undefined && this.#isHidden(pid) ? undefined : null;
  }

  /** Whether a process runs whose descriptors can't be seen. Of one that has ended, but isn't reaped, they can't either. */
  #isHidden(pid: number): boolean {
    const folder = this.#libc.open(cString(`/proc/${pid}/fd`), O_RDONLY | O_CLOEXEC);
    if (folder >= 0) this.close(folder);
    if (folder >= 0 || !this.kill(pid, 0)) return false;
    const stat = this.readText(`/proc/${pid}/stat`);
    return stat === undefined || !/^[ZX]/.test(stat.slice(stat.lastIndexOf(")") + 2));
  }

  readText(path: string): string | undefined {
    const fd = this.#libc.open(cString(path), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return undefined;
    const decoder = new TextDecoder(), bytes = new Uint8Array(4096);
    let text = "", at = 0, count: number;
    while ((count = this.#libc.pread(fd, bytes, BigInt(bytes.length), BigInt(at))) > 0) {
      text += decoder.decode(bytes.subarray(0, count), { stream: true });
      at += count;
    }
    this.close(fd);
    return count < 0 ? undefined : text + decoder.decode();
  }

  ring(fd: number): boolean {
    if (this.#libc.write(fd, this.#oneByte, 1n) === 1) return true;
    // Full (alive) or without a reader (dead): poll says which, and errno need not be trusted.
    this.#pollEntry[0] = fd;
    this.#pollEntry[1] = POLLOUT;
    this.#libc.poll(this.#pollEntry, 1n, 0);
    return ((this.#pollEntry[1] >> 16) & (POLLERR | POLLNVAL)) === 0;
  }

  close(fd: number): void {
    this.#libc.close(fd);
  }

  dieWithParent(): void {
    this.#libc.prctl(PR_SET_PDEATHSIG, SIGKILL, 0n, 0n, 0n);
  }

  kill(pid: number, signal: number): boolean {
    return this.#libc.kill(pid, signal) === 0 || this.#errno() === EPERM;
  }

  /** Where a symbolic link leads; undefined when there is none. */
  readLink(path: string): string | undefined {
    const text = new Uint8Array(MAX_LINK);
    const length = this.#libc.readlink(cString(path), text, BigInt(text.length));
    return length < 0 ? undefined : new TextDecoder().decode(text.subarray(0, length));
  }

  /** Children don't get this descriptor. */
  closeOnExec(fd: number): void {
    this.#libc.fcntl(fd, F_SETFD, FD_CLOEXEC);
  }

  /** See Runtime.changeProcessor. */
  changeProcessor(): boolean {
    const allowed = new Uint8Array(MASK_BYTES), size = BigInt(MASK_BYTES);
    if (this.#libc.sched_getaffinity(0, size, allowed) < 0) return false;
    const here = this.#libc.sched_getcpu(), others = allowed.slice();
    if (here < 0 || here >= MASK_BYTES * 8) return false;
    others[here >>> 3]! &= ~(1 << (here & 7)); // inside, as was just seen
    if (this.#libc.sched_setaffinity(0, size, others) !== 0) return false; // there is no other
    this.#libc.sched_setaffinity(0, size, allowed);
    return true;
  }

  /** Ends this process, and nothing else: no destructor, no handler, no buffer of anyone is looked at. */
  exitNow(code: number): void {
    this.#libc._exit(code);
  }
}

/** A bell whose reader the adapter has made. */
class PipeBell implements Bell {
  readonly fd: number;
  readonly inode: bigint;
  readonly #reader: BellReader;
  readonly #onClose: () => void;
  #handler: () => void = () => {};
  #listening = false;
  /** A ring came at rest. */
  #missed = false;
  #closed = false;

  constructor(fd: number, inode: bigint, reader: BellReader, onClose: () => void) {
    this.fd = fd;
    this.inode = inode;
    this.#reader = reader;
    this.#onClose = onClose;
  }

  listen(onRing: () => void): void {
    this.#handler = onRing;
    this.#listening = true;
    this.#reader.listen(this.#rung);
    if (!this.#missed) return;
    this.#missed = false;
    queueMicrotask(this.#rung);
  }

  rest(): void {
    this.#listening = false;
    this.#reader.rest();
  }

  close(): void {
    this.#listening = false;
    if (this.#closed) return;
    this.#closed = true;
    this.#reader.close();
    this.#onClose();
  }

  readonly #rung = (): void => {
    if (this.#listening) this.#handler();
    else this.#missed = true;
  };
}

/** The inode in "pipe:[4711]". */
function pipeInode(link: string | undefined): bigint | undefined {
  return link?.startsWith("pipe:[") ? BigInt(link.slice("pipe:[".length, -1)) : undefined;
}
