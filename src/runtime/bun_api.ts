/** The part of Bun's own API that is used. */

import type { Stdio } from "./runtime.ts";

export interface BunSubprocess {
  readonly pid: number;
  readonly exited: Promise<number>;
  readonly exitCode: number | null;
  readonly signalCode: string | null;
  readonly stdout: ReadableStream<Uint8Array> | undefined;
  readonly stderr: ReadableStream<Uint8Array> | undefined;
  kill(signal: number): void;
  unref(): void;
}

export interface BunApi {
  readonly version: string;
  readonly main: string;
  readonly isStandaloneExecutable: boolean;
  readonly isMainThread: boolean;
  fileURLToPath(url: string): string;
  spawn(
    command: string[],
    options: { cwd?: string; env: Record<string, string | undefined>; stdio: [Stdio, Stdio, Stdio, number] },
  ): BunSubprocess;
  file(fd: number): { stream(): ReadableStream<Uint8Array> };
}
