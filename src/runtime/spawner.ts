/** What starts children on the runtime that this program runs on. */

import { bunSpawner } from "./bun_spawn.ts";
import { runtime } from "./current.ts";
import { denoSpawner } from "./deno_spawn.ts";
import { nodeSpawner } from "./node_spawn.ts";
import type { Spawner } from "./runtime.ts";

export const spawner: Spawner = { bun: bunSpawner, deno: denoSpawner, node: nodeSpawner }[runtime.name];
