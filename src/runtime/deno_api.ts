/** What the adapter uses of Deno: type declarations that the other runtimes' compilers know too. */

export type PermissionName = "read" | "write" | "net" | "env" | "run" | "ffi" | "sys";

/** The part of `Deno` that the adapter uses. */
export interface DenoApi {
  readonly pid: number;
  readonly ppid: number;
  readonly args: readonly string[];
  readonly mainModule: string | undefined; // none in a worker
  readonly build: { readonly os: string; readonly standalone: boolean };
  readonly version: { readonly deno: string };
  exitCode: number;
  exit: (code?: number) => never;
  execPath(): string;
  memoryUsage(): { readonly rss: number };
  kill(pid: number, signal: "SIGINT"): void;
  addSignalListener(signal: "SIGINT", handler: () => void): void;
  removeSignalListener(signal: "SIGINT", handler: () => void): void;
  cwd(): string;
  readTextFileSync(path: string): string;
  statSync(path: string): { readonly isFile: boolean };
  readonly env: { toObject(): Record<string, string> };
  readonly stdin: object;
  readonly stderr: { writeSync(bytes: Uint8Array): number };
  readonly permissions: {
    querySync(
      descriptor: { name: PermissionName; path?: string },
    ): { readonly state: string; readonly partial: boolean };
  };
  dlopen(name: string, functions: Record<string, unknown>): { readonly symbols: Readonly<Record<string, unknown>> };
  readonly UnsafePointer: { create(address: bigint): object | null };
  readonly UnsafePointerView: { getArrayBuffer(pointer: object, length: number): ArrayBuffer };
}

/** The part of Web Locks that is used. They belong to the whole process, and a thread's come back when it has ended. */
interface Locks {
  request(name: string, granted: () => Promise<never> | void): Promise<unknown>;
}

/** Deno's own types lack them. */
export function locks(): Locks {
  return (navigator as unknown as { locks: Locks }).locks;
}
