/** The conformance cases as tests of Deno: `MP_METHOD=worker deno test -A conformance/drivers/deno.ts`. */

import { install } from "../install.ts";

/** The little of Deno's types that is used here, for compilers that don't have them. */
declare const Deno: {
  readonly version: { readonly deno: string };
  readDirSync(path: string): Iterable<{ readonly name: string }>;
  readLinkSync(path: string): string;
  readTextFileSync(path: string): string;
  test(options: {
    readonly name: string;
    readonly fn: () => Promise<void>;
    readonly ignore: boolean;
    readonly sanitizeOps: boolean;
    readonly sanitizeResources: boolean;
    readonly sanitizeExit: boolean;
  }): void;
};

/** What a thread waits for, as the kernel calls it; "0" = nothing: it runs, or would if there were a processor. */
function waitsFor(thread: string): string {
  try {
    return Deno.readTextFileSync(`/proc/self/task/${thread}/wchan`);
  } catch {
    return "end"; // it has just ended
  }
}

/** Threads of this process, but for this one, that read a pipe, or may be about to or just have. */
function mayRead(): number {
  try {
    const here = Deno.readLinkSync("/proc/thread-self").split("/").at(-1);
    const others = [...Deno.readDirSync("/proc/self/task")].filter(({ name }) => name !== here);
    return others.filter(({ name }) => /pipe_read|^0$/.test(waitsFor(name))).length;
  } catch {
    return 0; // there is no /proc
  }
}

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Milliseconds after which a read of the bell is a leak. */
const PATIENCE = 5000;

/**
 * The package keeps a read of its bell for some milliseconds after the last wait, in case that another follows; Deno would take
 * it for a leak of the case.
 */
async function bellAtRest(): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  // Again and again: a read that has just come back may be followed by another.
  for (let times = 0; times < 4 && performance.now() < deadline; times++) {
    await sleep(10);
    if (mayRead() > 0) times = 0;
  }
}

await install({
  runtime: "deno",
  runtimeVersion: Deno.version.deno,
  test(name, { skip, first }, run) {
    const fn = async () => {
      await run();
      await bellAtRest();
    };
    Deno.test({ name, fn, ignore: skip, sanitizeOps: !first, sanitizeResources: !first, sanitizeExit: true });
  },
});
