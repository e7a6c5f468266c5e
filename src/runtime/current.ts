/** The runtime this program runs on: the only file that asks which one it is. */

import { createBunRuntime } from "./bun.ts";
import { createDenoRuntime } from "./deno.ts";
import { createNodeRuntime } from "./node.ts";
import type { Runtime } from "./runtime.ts";

function chooseRuntime(): Runtime {
  if ("Deno" in globalThis) return createDenoRuntime();
  if ("Bun" in globalThis) return createBunRuntime();
  return createNodeRuntime();
}

export const runtime: Runtime = chooseRuntime();
