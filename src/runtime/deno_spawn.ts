/** Starting children on Deno. */

import { childCommand } from "./child_command.ts";
import type { DenoApi } from "./deno_api.ts";
import { denoFlags } from "./deno_flags.ts";
import { commandLine, permissionFlags, requirePermissions } from "./deno_permissions.ts";
import { spawnDenoWorker } from "./deno_worker.ts";
import { requireLinux } from "./linux_system.ts";
import { spawnWithNode } from "./node_process.ts";
import { LEAST_DENO, requireVersion } from "./versions.ts";
import type { ProcessHandle, ProcessSpawn, Spawner } from "./runtime.ts";

const api = () => (globalThis as unknown as { Deno: DenoApi }).Deno;

function spawnProcess(options: ProcessSpawn): ProcessHandle {
  const deno = api();
  requireVersion("Deno", deno.version.deno, LEAST_DENO);
  requireLinux(deno.build.os);
  requirePermissions(deno, ["run", "env"]);
  const command = childCommand(options, {
    name: "deno",
    executable: deno.execPath(),
    execArgv: denoFlags(commandLine(deno).slice(1)),
    permissions: permissionFlags(deno),
  });
  return spawnWithNode(command, options, { ...deno.env.toObject(), ...options.env });
}

export const denoSpawner: Spawner = { spawnProcess, spawnWorker: (options) => spawnDenoWorker(api(), options) };
