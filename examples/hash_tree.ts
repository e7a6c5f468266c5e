/**
 * A real job: SHA-256 of every file below a directory, on a pool of workers.
 *
 * ```sh
 * deno run -A examples/hash_tree.ts DIRECTORY    # or bun, or node
 * node examples/hash_tree.ts --list DIRECTORY > sums.txt && sha256sum --quiet -c sums.txt
 * ```
 *
 * Symbolic links are not followed, large files are read piece by piece, and files that can't be read are reported at the end.
 */

import { createHash } from "node:crypto";
import type { Dirent } from "node:fs";
import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { cpuCount, isMain, Pool } from "../mod.ts";

/** What is known of a file afterwards. */
export interface Hashed {
  readonly path: string;
  readonly bytes: number;
  /** SHA-256 in hexadecimal. */
  readonly digest?: string;
  /** Why there is none. */
  readonly error?: string;
}

const PIECE = 256 * 1024;
let piece: Uint8Array<ArrayBuffer> | undefined;

/** The task: hashes one file. Never throws: a file that can't be read is a result like any other. */
export async function hashFile(path: string): Promise<Hashed> {
  let bytes = 0;
  const buffer = piece ?? new Uint8Array(PIECE);
  piece = undefined; // ours until we give it back
  try {
    const hash = createHash("sha256");
    const file = await open(path, "r");
    try {
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, PIECE, null);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        bytes += bytesRead;
      }
    } finally {
      await file.close();
    }
    return { path, bytes, digest: hash.digest("hex") };
  } catch (error) {
    return { path, bytes, error: reasonOf(error) };
  } finally {
    piece = buffer;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/,? \w+ '.*'$/, "") : String(error);
}

/** All regular files below a directory, and what can't be looked into. */
async function filesBelow(directory: string, unreadable: Hashed[]): Promise<string[]> {
  const files: string[] = [];
  for (const folders = [directory]; folders.length > 0;) {
    const folder = folders.pop() as string;
    let entries: Dirent[];
    try {
      entries = await readdir(folder, { withFileTypes: true });
    } catch (error) {
      unreadable.push({ path: folder, bytes: 0, error: reasonOf(error) });
      continue;
    }
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) folders.push(path);
      else if (entry.isFile()) files.push(path);
    }
  }
  return files.sort();
}

/** What is shown while it goes on: a bar on a terminal, else a line every tenth of the way. */
interface Progress {
  update(done: number, bytes: number): void;
  stop(): void;
}

async function startProgress(total: number): Promise<Progress> {
  if (process.stderr.isTTY) {
    const { default: cliProgress } = await import("cli-progress");
    const bar = new cliProgress.SingleBar({
      format: "{bar} {percentage} % | {value} of {total} files | {size}",
      hideCursor: true,
      clearOnComplete: true,
    });
    bar.start(total, 0, { size: "0 MB" });
    return { update: (done, bytes) => bar.update(done, { size: megabytes(bytes) }), stop: () => bar.stop() };
  }
  let next = 0.1;
  return {
    update(done, bytes) {
      if (done < next * total || total < 100) return;
      console.error(`${String(Math.floor(100 * done / total)).padStart(3)} %  ${done} files, ${megabytes(bytes)}`);
      while (done >= next * total) next += 0.1;
    },
    stop() {},
  };
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const rate = (bytes: number, milliseconds: number): string => `${(bytes / 1e3 / milliseconds).toFixed(0)} MB/s`;
const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const [directory] = words.filter((word) => !word.startsWith("--"));
  if (directory === undefined) {
    console.error("Usage: hash_tree.ts [--list] DIRECTORY");
    process.exitCode = 2;
    return;
  }
  const failed: Hashed[] = [];
  const files = await filesBelow(directory, failed);

  const workers = cpuCount();
  const results = new Map<string, Hashed>();
  let bytes = 0;
  const progress = await startProgress(files.length);
  await using pool = new Pool(workers);
  await pool.apply(hashFile, [import.meta.filename ?? ""]); // the workers are there when the clock starts
  const started = performance.now();
  for await (const hashed of pool.imapUnordered(hashFile, files, { chunksize: 8 })) {
    results.set(hashed.path, hashed);
    bytes += hashed.bytes;
    progress.update(results.size, bytes);
  }
  const together = performance.now() - started;
  progress.stop();

  const tree = createHash("sha256");
  for (const path of files) {
    const hashed = results.get(path) as Hashed;
    if (hashed.digest === undefined) failed.push(hashed);
    const line = `${hashed.digest ?? "-".repeat(64)}  ${path}`;
    tree.update(`${line}\n`);
    if (words.includes("--list") && hashed.digest !== undefined) console.log(line);
  }
  if (files.length === 0 && failed.length > 0) process.exitCode = 1;
  for (const { path, error } of failed) console.error(`Cannot read ${path}: ${error}`);

  // The same files once more, in this process alone. It finds them in the system's cache, so it is not at a disadvantage.
  const again = performance.now();
  for (const path of files) await hashFile(path);
  const alone = performance.now() - again;

  const say = words.includes("--list") ? console.error : console.log;
  say(
    `${files.length} files, ${megabytes(bytes)}, ${failed.length} unreadable; hash of the whole ${tree.digest("hex")}`,
  );
  say(`${workers} workers     ${seconds(together).padStart(8)}  ${rate(bytes, together).padStart(9)}`);
  say(`one process   ${seconds(alone).padStart(8)}  ${rate(bytes, alone).padStart(9)}`);
}

if (isMain(import.meta)) await main();
