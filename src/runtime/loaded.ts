/** What this process knows of the modules that it has loaded. Apart from the rest: a child that starts none doesn't load it. */

import { runtime } from "./current.ts";
import { bunModules } from "./loaded_bun.ts";
import { denoModules } from "./loaded_deno.ts";
import { nodeModules } from "./loaded_node.ts";
import type { LoadedModules } from "./runtime.ts";

export const loaded: LoadedModules = { bun: bunModules, deno: denoModules, node: nodeModules }[runtime.name];
